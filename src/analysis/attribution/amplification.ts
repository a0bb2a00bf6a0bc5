// The bytes that reached a disk for each byte that programs wrote by their calls, and of what the disk's bytes consist.

import { bytes } from '../../base/format.js';
import type { Writer } from '../../model/diagnosis.js';
import { WHO } from '../../model/thresholds/attribution.js';
import { isOfBefore, type Who, type WhoProgram } from '../../model/who.js';

type Part = keyof NonNullable<Who['amplification']>['of'];

function partOf(row: Writer): Part {
  const { via, pid } = row;
  if (isOfBefore(row)) return 'before';
  if (via === 'journal' || via === 'unattributed') return via;
  // Through a device above they are told by their names alone.
  if (row.process.startsWith('journal (')) return 'journal';
  if (pid === null && row.process === 'filesystem') return 'metadata';
  // What a process queues of a filesystem's structures itself is metadata too.
  if (via === 'metadata') return 'metadata';
  return pid === null ? 'unattributed' : 'data';
}

/** `rows` are all of the disk's; null where no program was seen to write by calls. */
export function amplificationOf(
  rows: readonly Writer[],
  programs: readonly WhoProgram[],
  waitingBytes: number | undefined,
  hasLost: boolean,
): Who['amplification'] {
  const of = { data: 0, journal: 0, metadata: 0, before: 0, unattributed: 0 };
  for (const row of rows) of[partOf(row)] += row.writeBytes;
  const writing = programs.filter(({ writeBytes }) => writeBytes > 0);
  const called = writing.flatMap(({ calledWriteBytes }) => calledWriteBytes ?? []);
  const calledBytes = called.reduce((a, b) => a + b, 0);
  if (called.length === 0) return null;
  const deviceBytes = Object.values(of).reduce((a, b) => a + b, 0);
  const without = deviceBytes - of.before;
  const but: string[] = [];
  const unread = writing.filter(({ calledWriteBytes }) => calledWriteBytes === null);
  const isUnread = unread.reduce((sum, { writeBytes }) => sum + writeBytes, 0) > WHO.mostWaiting * of.data;
  if (isUnread) but.push(`${unread.length} of ${writing.length} programs had ended before their calls were counted`);
  const isMapped = calledBytes < WHO.leastCalled * of.data;
  if (isMapped) but.push('programs write here by memory maps or had written before, which no call of this time tells');
  const waits = waitingBytes ?? NaN;
  const isComing = !(waits <= WHO.mostWaiting * calledBytes);
  if (isComing) {
    const what = Number.isNaN(waits) ? 'what still waits is not known' : `${bytes(waits)} still wait to be written`;
    but.push(`${what}: look for longer than 30 s, or after \`sync\``);
  }
  if (hasLost) but.push('events were lost, so that what was dirtied before is not known');
  const isTold = !isMapped && !isComing && !isUnread && !hasLost;
  return { calledBytes, deviceBytes, of, ratio: isTold ? without / calledBytes : null, but };
}
