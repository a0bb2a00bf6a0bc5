// The form of the report that the options ask for, with what the environment says of it.

import { coloursOf } from './colours.js';
import { countsByTicks, withEventsTable } from './events.js';
import { jsonLines, jsonReport } from './json.js';
import { isFine, type IostatOptions } from './options.js';
import type { Report } from './report.js';
import { textReport } from './text.js';
import { wideReport } from './wide.js';

/** `release` is the kernel's; `env` may hold S_TIME_FORMAT, S_COLORS and S_COLORS_SGR. Throws a UserError where --wide asks for a figure that there is not. */
export function reportFor(
  options: IostatOptions,
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
  release: string,
): Report {
  const { human, decimals } = options;
  const style = { human, decimals, colours: coloursOf(isTerminal, env['S_COLORS'], env['S_COLORS_SGR']) };
  const times = { isIso: env['S_TIME_FORMAT'] === 'ISO', isFine: isFine(options) };
  if (options.wide !== undefined) return wideReport(options, style, times.isFine);
  if (options.format === 'JSON') return jsonReport(options, times);
  const hasTickedUtil = countsByTicks(release);
  if (options.format === 'JSONL') return jsonLines(options, hasTickedUtil);
  const report = textReport(options, style, times);
  return options.events ? withEventsTable(report, style, hasTickedUtil) : report;
}
