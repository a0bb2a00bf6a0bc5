// What the kernel tells every process at its start about the units it counts in: the auxiliary vector, /proc/self/auxv, of which two
// entries are read. A file of its own because no command and no setting tells them without starting another program.
//
//   u64 type | u64 value      6 AT_PAGESZ  bytes of a page      17 AT_CLKTCK  clock ticks a second (USER_HZ)      0 AT_NULL  ends it
//
// Source: getauxval(3); include/uapi/linux/auxvec.h. The numbers are in the machine's own byte order; Node runs on 64 bits only.

import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';

const ENTRY = 16;
const TYPE = { end: 0, pageBytes: 6, ticksPerSecond: 17 } as const;

export interface KernelUnits {
  /** Bytes of a page of memory. */
  readonly pageBytes?: number;
  /** Clock ticks a second in /proc's figures. */
  readonly ticksPerSecond?: number;
}

/** The units of an auxiliary vector; what it does not tell is absent. */
export function parseAuxv(vector: Buffer, order: 'LE' | 'BE'): KernelUnits {
  const word = (at: number) => Number(order === 'LE' ? vector.readBigUInt64LE(at) : vector.readBigUInt64BE(at));
  const values = new Map<number, number>();
  for (let at = 0; at + ENTRY <= vector.length && word(at) !== TYPE.end; at += ENTRY)
    values.set(word(at), word(at + 8));
  const pageBytes = values.get(TYPE.pageBytes);
  const ticksPerSecond = values.get(TYPE.ticksPerSecond);
  return {
    ...(pageBytes !== undefined && { pageBytes }),
    ...(ticksPerSecond !== undefined && { ticksPerSecond }),
  };
}

/** The units of the machine that this runs on. */
export function readKernelUnits(): KernelUnits {
  try {
    return parseAuxv(readFileSync('/proc/self/auxv'), endianness());
  } catch {
    return {};
  }
}
