// Commands that show what the machine's journal says of a time of the recording: of a device the kernel's messages, of a freeze what took the
// snapshot. Without a time of day the newest lines have to do.

import { wallTime, type Case } from '../../model/case.js';
import type { Intervals } from '../../base/intervals.js';
import { look, type Command } from './advice.js';

/** What led to it stands before it, and messages of its end come late, ms. */
const AROUND_MS = 10_000;
/** As many lines as a screen has. */
const LINES = 50;

/** '2026-11-28 21:42:19 UTC', as systemd.time(7) takes it, in quotes. */
function moment({ manifest }: Case, ms: number): string | undefined {
  const iso = wallTime(manifest, ms);
  return iso && `'${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC'`;
}

/** The journal around these times; `kernel`: the kernel's messages alone. */
export function journalAround(input: Case, times: Intervals, kernel = false): Command {
  const from = moment(input, (times.from[0] ?? 0) - AROUND_MS);
  const to = moment(input, (times.to.at(-1) ?? input.durationMs) + AROUND_MS);
  const of = kernel ? 'journalctl -k' : 'journalctl';
  return look(from === undefined || to === undefined ? `${of} -n ${LINES}` : `${of} --since ${from} --until ${to}`);
}
