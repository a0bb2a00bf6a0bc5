// What an ordinary disk of its kind may take, for one request and for what was counted, and the classes of requests that are held against it
// apart. The norms are generous: a disk that is beyond them is slow for anybody.

import { DISK_LOAD } from '../../model/thresholds/requests.js';
import type { DiskWork } from '../machine/counted-work.js';
import { KIND } from './requests.js';

/** What an ordinary disk would need for a request, ms: a generous fixed part and a generous transfer rate, by kind of disk. */
export interface ServiceNorm {
  readonly fixedMs: number;
  readonly flushMs: number;
  readonly bytesPerMs: number;
}

/** `bytes`: what the disk has to move for it, for a flush what it has to empty its cache of. */
export function expectedMs(norm: ServiceNorm, kind: number, bytes: number): number {
  const fixedMs = kind === KIND.flush ? norm.flushMs : norm.fixedMs;
  return fixedMs + (kind === KIND.discard ? 0 : bytes / norm.bytesPerMs);
}

/** Kinds of requests that are judged apart: a disk may be fast for one and slow for another. */
export type RequestClass = 'small reads' | 'large reads' | 'small writes' | 'large writes' | 'flushes' | 'discards';

/** Of a read or a write; undefined for what moves nothing by itself. */
export function sizeOf(kind: number, bytes: number): 'small' | 'large' | undefined {
  if (kind === KIND.flush || kind === KIND.discard) return undefined;
  return bytes <= DISK_LOAD.smallBytes ? 'small' : 'large';
}

export function classOf(kind: number, bytes: number): RequestClass {
  const size = sizeOf(kind, bytes);
  if (size === undefined) return kind === KIND.flush ? 'flushes' : 'discards';
  return kind === KIND.read ? `${size} reads` : `${size} writes`;
}

/** What an ordinary disk may take for what was counted, one request after the other, ms. */
export function allowedFor(norm: ServiceNorm, { requests, bytes, flushes }: DiskWork): number {
  return requests * norm.fixedMs + bytes / norm.bytesPerMs + flushes * norm.flushMs;
}
