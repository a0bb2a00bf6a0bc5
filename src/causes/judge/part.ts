// That a diagnosis is of a part of a recording, in the sentence that stands near its top.

import { bytes, duration } from '../../base/format.js';
import { judgedPart } from '../../analysis/victim/scope.js';
import type { Case } from '../../model/case.js';
import { wallTime } from '../../model/case.js';

/** Empty for a whole recording. Times are those that --from and --to take. */
export function partText(input: Case): string[] {
  const { part, manifest, durationMs } = input;
  if (!part) return lostText(input);
  const clock = (ms: number) => wallTime(manifest, ms)?.slice(11, 19) ?? '';
  const seconds = (ms: number) => String(Math.round(ms / 1000));
  const which = `${duration(durationMs)} of ${duration(part.wholeMs)} are told: ${clock(0)} to ${clock(durationMs)} UTC, seconds ${seconds(part.from)} to ${seconds(part.from + durationMs)}`;
  if (!part.chosen) return [`${which}, as asked for. Other times count from the part’s beginning.`];
  const { by, traceBytes } = part.chosen;
  return [
    `${which}, the worst by ${by}. All ${bytes(traceBytes)} of kernel events would not fit into memory; \`--from\` and \`--to\` choose another part. Other times count from the part’s beginning.`,
  ];
}

/** That a verdict is about the seconds that were lost, where a watch recorded them. */
function lostText(input: Case): string[] {
  const { lost, manifest, durationMs } = input;
  if (!lost) return [];
  const { from, to } = judgedPart(input, { from: 0, to: durationMs });
  const clock = (ms: number) => wallTime(manifest, ms)?.slice(11, 19) ?? '';
  const seconds = lost.seconds === 1 ? 'second' : 'seconds';
  return [
    `The verdict is about ${duration(to - from)} of ${duration(durationMs)}, ${clock(from)} to ${clock(to)} UTC, in which the watch saw ${lost.seconds} ${seconds} lost; \`--from 0\` judges the whole.`,
  ];
}
