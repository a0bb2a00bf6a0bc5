// A flight recording → its events, chunk by chunk: each is walked over once for what describes its events (metadata, checkpoints), and once more for the
// events. A chunk that is cut, damaged or still written gives what is whole of it; behind it the next one is looked for.

import { Allowance } from '../../base/allowance.js';
import type { FlightChunk, FlightEvent, FlightKind } from '../../model/flight.js';
import { CHECKPOINT, chunkAt, HEADER_BYTES, MAGIC, METADATA, nextChunkFrom, walk, type ChunkHeader } from './chunk.js';
import { Cursor, type ReadAt } from './cursor.js';
import { plansOf, readEvent } from './events.js';
import { readMetadata, type Types } from './metadata.js';
import { Pools } from './pools.js';
import { EventView } from './view.js';

const KNOWN_VERSION = 2;
/** What a chunk's pools may be remembered by: more than a million values. */
const ROOM = 64 * 1024 * 1024;
/** Where values are looked up of a chunk that the window does not hold. */
const LOOKUP_WINDOW = 64 * 1024;
const MOST_OF_EVENT = 1024 * 1024;
/** What a checkpoint's bounds take in memory. */
const BYTES_OF_BOUNDS = 64;

export interface FlightInput {
  readonly readAt: ReadAt;
  readonly bytes: number;
  /** Which events are handed on. */
  readonly wanted: (kind: FlightKind) => boolean;
  readonly take: (event: FlightEvent) => void;
  /** Told of each chunk, when it has been read. */
  readonly chunk: (chunk: FlightChunk) => void;
  /** The window's size, for tests. */
  readonly windowBytes?: number;
}

/** Whether bytes begin as a flight recording. */
export function isFlight(beginning: Uint8Array): boolean {
  return MAGIC.equals(beginning.subarray(0, MAGIC.length));
}

/** Tells how many bytes lie between chunks, or belong to none. */
export function readFlight(input: FlightInput): number {
  const cursor = new Cursor(input.readAt, input.windowBytes);
  let strange = 0;
  for (let at = 0; at < input.bytes;) {
    const header = chunkAt(cursor, at);
    if (header) at = readChunk(input, cursor, header);
    else {
      const next = nextChunkFrom(cursor, at + 1, input.bytes);
      strange += next - at;
      at = next;
    }
  }
  return strange;
}

/** The bounds of a chunk, and what is at fault with it by its header alone. */
interface Extent {
  readonly end: number;
  readonly fault?: NonNullable<FlightChunk['fault']>;
}

function extentOf(cursor: Cursor, header: ChunkHeader, fileBytes: number): Extent {
  const { at, bytes, version, compressed, finished } = header;
  const says = at + bytes;
  const end = bytes >= HEADER_BYTES && says <= fileBytes ? says : fileBytes;
  // The oldest version has its length elsewhere.
  if (version === 0) return { end: nextChunkFrom(cursor, at + 1, fileBytes), fault: 'version' };
  if (version !== KNOWN_VERSION) return { end, fault: 'version' };
  if (!compressed) return { end, fault: 'raw' };
  if (says > fileBytes) return { end, fault: 'cut' };
  return finished && bytes >= HEADER_BYTES ? { end } : { end, fault: 'live' };
}

/** Reads one and tells where the next may begin. */
function readChunk(input: FlightInput, cursor: Cursor, header: ChunkHeader): number {
  const { end, fault } = extentOf(cursor, header, input.bytes);
  const { at, startNs, version } = header;
  const report = { at, bytes: end - at, startNs, version, broken: 0, refused: 0 };
  if (fault === 'version' || fault === 'raw') {
    input.chunk({ ...report, walked: 0, events: 0, fault });
    return end;
  }
  const found = describe(input, cursor, header, end);
  const behind = found.walkedTo === end ? end : nextChunk(cursor, header, found.walkedTo, end, input.bytes);
  const broken = readEvents(input, cursor, header, found);
  const why = fault ?? (found.walkedTo < end ? 'damaged' : undefined);
  const isUndescribed = !found.types && found.events > 0;
  input.chunk({
    ...report,
    bytes: behind - header.at,
    walked: found.walkedTo - header.at,
    events: found.events,
    ...(isUndescribed ? { fault: 'undescribed' as const } : why && { fault: why }),
    broken: broken + (found.pools?.damaged ?? 0),
    refused: found.refused,
  });
  return behind;
}

/** A chunk that can't be walked to its end is followed by the next one, where its header says so, or else wherever one begins. */
function nextChunk(cursor: Cursor, { at, bytes }: ChunkHeader, from: number, end: number, fileBytes: number): number {
  if (end === at + bytes && (end === fileBytes || chunkAt(cursor, end))) return end;
  return nextChunkFrom(cursor, from, end);
}

/** Of an event, from behind its type on. */
type Bounds = readonly [from: number, behind: number];

interface Description {
  readonly types: Types | undefined;
  readonly pools: Pools | undefined;
  readonly walkedTo: number;
  readonly events: number;
  readonly refused: number;
}

/** Finds what describes a chunk's events, wherever it stands among them. */
function describe(input: FlightInput, cursor: Cursor, header: ChunkHeader, end: number): Description {
  const checkpoints: Bounds[] = [];
  let types: Types | undefined;
  let events = 0;
  const allowance = new Allowance(ROOM);
  cursor.seek(header.at, Math.min(end - header.at, cursor.most));
  const walkedTo = walk(cursor, header.at + HEADER_BYTES, end, (type, start, behind) => {
    if (type === CHECKPOINT) {
      if (allowance.take(BYTES_OF_BOUNDS)) checkpoints.push([cursor.position, behind]);
    } else if (type === METADATA) {
      const place = cursor.position;
      cursor.seek(place, Math.min(behind - place, cursor.most));
      types = readMetadata(cursor, behind) ?? types;
    } else events += 1;
  });
  if (walkedTo < end) {
    types ??= metadataByHeader(cursor, header, end);
    checkpoints.push(...checkpointsByHeader(cursor, header, walkedTo, end));
  }
  if (!types) return { types, pools: undefined, walkedTo, events, refused: 0 };
  const isWithin = end - header.at <= cursor.most - LOOKUP_WINDOW;
  const lookups = isWithin ? cursor : new Cursor(input.readAt, LOOKUP_WINDOW);
  const pools = new Pools(cursor, lookups, types, allowance);
  for (const [from, behind] of checkpoints) pools.take(from, behind);
  return { types, pools, walkedTo, events, refused: allowance.refused };
}

/** What describes the events stands behind what is damaged, where the header leads to it. */
function metadataByHeader(cursor: Cursor, { at, metadata }: ChunkHeader, end: number): Types | undefined {
  if (metadata < HEADER_BYTES || at + metadata >= end) return undefined;
  cursor.seek(at + metadata, Math.min(end - at - metadata, cursor.most));
  const behind = at + metadata + cursor.long();
  return cursor.long() === METADATA && behind <= end ? readMetadata(cursor, behind) : undefined;
}

/** Checkpoints from the last one back, each of which tells how far before it the one before stands. */
function checkpointsByHeader(cursor: Cursor, { at, lastCheckpoint }: ChunkHeader, from: number, end: number): Bounds[] {
  const found: Bounds[] = [];
  let place = at + lastCheckpoint;
  while (place >= from && place < end) {
    cursor.seek(place, Math.min(end - place, LOOKUP_WINDOW));
    const behind = place + cursor.long();
    if (cursor.long() !== CHECKPOINT || behind > end) break;
    found.push([cursor.position, behind]);
    cursor.skipLongs(2);
    const distance = cursor.long();
    if (distance >= 0) break;
    place += distance;
  }
  return found.toReversed();
}

/** Hands on the events that are wanted; tells how many of them were broken. */
function readEvents(input: FlightInput, cursor: Cursor, header: ChunkHeader, found: Description): number {
  const { types, pools, walkedTo } = found;
  if (!types || !pools) return 0;
  const plans = plansOf(types, input.wanted);
  const view = new EventView({ header, types, pools, cursor });
  let broken = 0;
  walk(cursor, header.at + HEADER_BYTES, walkedTo, (type, _start, behind) => {
    const plan = plans.get(type);
    if (!plan) return;
    const from = cursor.position;
    cursor.seek(from, Math.min(behind - from, MOST_OF_EVENT));
    if (readEvent(cursor, plan, behind)) {
      view.kind = plan.kind;
      view.values = plan.values;
      input.take(view);
    } else broken += 1;
  });
  return broken;
}
