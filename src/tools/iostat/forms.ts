// The form of the report that the options ask for, with what the environment says of it.

import { coloursOf } from './colours.js';
import { jsonLines, jsonReport } from './json.js';
import { isFine, type IostatOptions } from './options.js';
import type { Report } from './report.js';
import { textReport } from './text.js';
import { wideReport } from './wide.js';

/** `env` may hold S_TIME_FORMAT, S_COLORS and S_COLORS_SGR. Throws a UserError where --wide asks for a figure that there is not. */
export function reportFor(
  options: IostatOptions,
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Report {
  const { human, decimals } = options;
  const style = { human, decimals, colours: coloursOf(isTerminal, env['S_COLORS'], env['S_COLORS_SGR']) };
  const times = { isIso: env['S_TIME_FORMAT'] === 'ISO', isFine: isFine(options) };
  if (options.wide !== undefined) return wideReport(options, style, times.isFine);
  if (options.format === 'JSON') return jsonReport(options, times);
  return options.format === 'JSONL' ? jsonLines(options) : textReport(options, style, times);
}
