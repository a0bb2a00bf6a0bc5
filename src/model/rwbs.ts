// The letters that tell what kind of I/O a block trace's record is about, in the order in which the kernel and blkparse write them:
// flush, direction or zone command, FUA, read-ahead, synchronous, metadata.
// Source: fill_rwbs in kernel/trace/blktrace.c (Linux 6.18) and in blkparse_fmt.c (blktrace 1.2.0), which agree.

import { CATEGORY } from './blktrace.js';

const ZONE: readonly (readonly [category: number, text: string])[] = [
  [CATEGORY.zoneAppend, 'ZA'],
  [CATEGORY.zoneReset, 'ZR'],
  [CATEGORY.zoneResetAll, 'ZRA'],
  [CATEGORY.zoneFinish, 'ZF'],
  [CATEGORY.zoneOpen, 'ZO'],
  [CATEGORY.zoneClose, 'ZC'],
];

function directionText(category: number, size: number): string {
  if ((category & CATEGORY.discard) !== 0) return 'D';
  const zone = ZONE.find(([bit]) => (category & bit) !== 0);
  if (zone) return zone[1];
  if ((category & CATEGORY.write) !== 0) return 'W';
  return size > 0 ? 'R' : 'N';
}

/** The letters of a record by the bits of its category and its size in bytes. */
export function rwbsText(category: number, size: number): string {
  return [
    (category & CATEGORY.flush) !== 0 ? 'F' : '',
    directionText(category, size),
    (category & CATEGORY.fua) !== 0 ? 'F' : '',
    (category & CATEGORY.ahead) !== 0 ? 'A' : '',
    (category & CATEGORY.sync) !== 0 ? 'S' : '',
    (category & CATEGORY.meta) !== 0 ? 'M' : '',
  ].join('');
}

const LETTER_BITS =
  CATEGORY.flush |
  CATEGORY.write |
  CATEGORY.discard |
  CATEGORY.fua |
  CATEGORY.ahead |
  CATEGORY.sync |
  CATEGORY.meta |
  ZONE.reduce((bits, [bit]) => bits | bit, 0);

/** A number that is the same for all records of the same letters, so that each text is made once. */
export function rwbsKey(category: number, size: number): number {
  return (category & LETTER_BITS) | (size > 0 ? CATEGORY.read : 0);
}

const FLAGS: Readonly<Record<string, number>> = {
  F: CATEGORY.fua,
  A: CATEGORY.ahead,
  S: CATEGORY.sync,
  M: CATEGORY.meta,
};

/** The other way round: the category of a record by its letters. Letters of older kernels that say nothing of the kind (B, a barrier) are passed over. */
export function categoryOf(letters: string): number {
  const flush = letters.startsWith('F') ? CATEGORY.flush : 0;
  const rest = flush === 0 ? letters : letters.slice(1);
  const zone = ZONE.toSorted((a, b) => b[1].length - a[1].length).find(([, text]) => rest.startsWith(text));
  const direction = zone?.[1] ?? rest.slice(0, 1);
  const ofDirection = { R: CATEGORY.read, W: CATEGORY.write, D: CATEGORY.discard }[direction] ?? 0;
  const flags = rest
    .slice(direction.length)
    .split('')
    .reduce((bits, letter) => bits | (FLAGS[letter] ?? 0), 0);
  return flush | (zone?.[0] ?? ofDirection) | flags;
}
