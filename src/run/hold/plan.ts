// How much memory may be held, and when it is given back: pure decisions, from figures of the machine.

import { UserError } from '../../base/errors.js';
import { binary, percent } from '../../base/format.js';
import type { Amount } from '../../base/typed.js';
import { parseMountinfo } from '../../base/procfs/mountinfo.js';
import type { Memory } from './memory.js';

/** What is left to everybody else unless told: a share of all memory, and this many bytes at least. */
const RESERVE_SHARE = 0.02;
const LEAST_RESERVE = 256 * 1024 ** 2;
/** Of the memory that is held, given back when all tasks wait for memory at once for so much of the time. */
const STALLED_SHARE = 0.5;
const STALLED_PART = 1 / 20;

export function usualReserve(total: number): number {
  return Math.max(LEAST_RESERVE, Math.round(total * RESERVE_SHARE));
}

/** The bytes to hold. Throws a UserError where fewer than `reserve` would be left to everybody else. */
export function bytesToHold(amount: Amount, { total, available }: Memory, reserve: number): number {
  const bytes = 'share' in amount ? Math.floor(total * amount.share) : amount.bytes;
  const most = available - reserve;
  if (bytes <= most) return bytes;
  const asked = 'share' in amount ? `${percent(amount.share)} (${binary(bytes)})` : binary(bytes);
  const instead =
    most <= 0
      ? 'free some memory, or lower --reserve'
      : `give ${'share' in amount ? `${Math.floor((most / total) * 100)}%` : `${Math.floor(most / 1024 ** 2)}M`} or less, or lower --reserve`;
  throw new UserError(
    `Of ${binary(total)} of memory ${binary(available)} are available, and ${asked} would leave less than the ${binary(reserve)} in reserve: ${instead}.`,
  );
}

export interface Pressure {
  readonly available: number;
  /** The share of the time since the last look in which all tasks waited for memory; absent where the kernel does not tell. */
  readonly stalledShare?: number;
}

/** Bytes of `held` to give back now; 0 for none. */
export function bytesToGiveBack({ available, stalledShare = 0 }: Pressure, held: number, reserve: number): number {
  const missing = Math.max(0, reserve - available);
  const stalled = stalledShare >= STALLED_SHARE ? held * STALLED_PART : 0;
  return Math.min(held, Math.ceil(Math.max(missing, stalled)));
}

/** Whether the tmpfs on this folder is mounted noswap, by the mountinfo of a process that sees it. Source: tmpfs(5). */
export function staysOutOfSwap(mountinfo: string, folder: string): boolean {
  const top = parseMountinfo(mountinfo).findLast(({ mountPoint }) => mountPoint === folder);
  return top?.options.split(',').includes('noswap') === true;
}
