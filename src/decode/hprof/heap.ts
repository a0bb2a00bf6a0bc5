// The heap of a dump: its classes and roots, and any object by its id. HotSpot writes objects mostly in the order of their addresses, so an object's segment is
// told by the first ids of all segments; what is not found so is looked for by passing all of them once, which tells the ids of every piece. Found
// is only what was read, never what is supposed.

import type { HeapBytes } from './heap-bytes.js';
import { ROOT } from './layout.js';
import type { Head } from './prefix.js';
import { hasWithin } from '../../base/sorted.js';
import { isObject, type Segment, type Segments } from './segments.js';
import { SubRecords, Wanted, type ClassDump } from './sub-records.js';

const CHUNK = 1024 * 1024;
/** A segment as HotSpot writes them since JDK 15; of a larger one that is no single array nothing is known by its beginning. */
const LARGEST_KNOWN = 16 * 1024 * 1024;

export interface HeapObjectData {
  readonly tag: number;
  readonly classOrType: number;
  readonly data: Uint8Array;
}

/** Roots of threads, each a row. */
export interface Roots {
  readonly threads: { readonly id: number; readonly serial: number; readonly trace: number }[];
  /** Objects in frames: of which thread and frame, in the order of slots. */
  readonly objects: number[];
  readonly serials: number[];
  readonly frames: number[];
}

interface Block {
  readonly at: number;
  readonly length: number;
  readonly least: number;
  greatest: number;
}

function noRoots(): Roots {
  return { threads: [], objects: [], serials: [], frames: [] };
}

export class Heap {
  readonly classes = new Map<number, ClassDump>();
  roots: Roots = noRoots();
  readonly damage: string[] = [];
  mode: 'sparse' | 'full' = 'sparse';
  private readonly bytes: HeapBytes;
  private readonly segments: readonly Segment[];
  /** Objects that were asked for, as far as they were found. */
  readonly found = new Map<number, HeapObjectData>();
  private readonly records: SubRecords;
  private readonly buffer = Buffer.allocUnsafe(CHUNK);
  private blocks: Block[] = [];
  private takesRoots = true;
  private segmentAt = 0;
  private lastRootIn = Infinity;

  constructor(bytes: HeapBytes, { idSize }: Head, { list }: Segments) {
    this.bytes = bytes;
    this.segments = list;
    this.records = new SubRecords(idSize, {
      root: (tag, id, serial, detail) => this.takesRoots && this.takeRoot(tag, id, serial, detail),
      classDump: (dump) => this.takesRoots && this.classes.set(dump.id, dump),
      object: (id, tag, classOrType, data) => this.found.set(id, { tag, classOrType, data }),
    });
  }

  /** Reads the segments in which classes and roots may be; all of them with `isFull`, or where their beginnings tell too little. */
  async open(isFull: boolean): Promise<void> {
    const { segments } = this;
    this.roots = noRoots();
    this.takesRoots = true;
    const isUnknown = ({ length, firstLength }: Segment): boolean =>
      length > LARGEST_KNOWN && firstLength < length - LARGEST_KNOWN;
    if (isFull || segments.some(isUnknown)) return this.passAll();
    const heads: Block[] = [];
    for (const [each, segment] of segments.entries()) {
      const next = segments[each + 1];
      const isKnown = isObject(segment.tag) && next !== undefined && isObject(next.tag);
      if (isKnown) heads.push({ at: segment.at, length: segment.length, least: segment.firstId, greatest: Infinity });
      else await this.pass(segment, (block) => this.blocks.push(block));
    }
    // Within a rising run the next segment's first object bounds this one's.
    heads.forEach((block, each) => {
      const next = heads[each + 1];
      if (next && next.least > block.least) block.greatest = next.least;
    });
    this.blocks.push(...heads);
    this.takesRoots = false;
    return undefined;
  }

  /** Objects stand behind the roots of threads, so that none of these is missing where the file ends early. */
  get areRootsPassed(): boolean {
    return this.segments.some(({ at, tag }) => at > this.lastRootIn && isObject(tag));
  }

  /** Adds the objects with these ids to `found`, as far as the dump has them: by passing all of it, where some are not where they should be. */
  async find(ids: Iterable<number>): Promise<void> {
    const missing = new Set<number>();
    for (const id of ids) if (id !== 0 && !this.found.has(id) && !this.classes.has(id)) missing.add(id);
    await this.look(missing);
    if (this.mode === 'sparse' && missing.size > 0) {
      await this.passAll();
      await this.look(missing);
    }
  }

  /** Looks for them in the blocks that may hold them; what is found is taken from `missing`. */
  private async look(missing: Set<number>): Promise<void> {
    if (missing.size === 0) return;
    let wanted = new Wanted(missing);
    let left = missing.size;
    for (const { at, length, least, greatest } of this.blocks) {
      if (!hasWithin(wanted.sorted, least, greatest)) continue;
      await this.pass({ at, length, isCut: true }, undefined, wanted);
      for (const id of missing) if (this.found.has(id)) missing.delete(id);
      if (missing.size === 0) return;
      if (missing.size < left / 2) {
        wanted = new Wanted(missing);
        left = missing.size;
      }
    }
  }

  private async passAll(): Promise<void> {
    this.mode = 'full';
    this.blocks = [];
    this.damage.length = 0;
    for (const segment of this.segments) await this.pass(segment, (block) => this.blocks.push(block));
    this.takesRoots = false;
  }

  /** Passes the sub-records of a stretch of the file, a piece at a time. Where it is cut, its last record need not be whole. */
  private async pass(
    { at: from, length, isCut }: Pick<Segment, 'at' | 'length' | 'isCut'>,
    tell?: (block: Block) => void,
    wanted?: Wanted,
  ): Promise<void> {
    const { records, buffer } = this;
    const end = from + length;
    let at = from;
    let isWhole = true;
    this.segmentAt = from;
    while (at < end && isWhole) {
      const asked = Math.min(CHUNK, end - at);
      const bytes = buffer.subarray(0, await this.bytes.readAt(buffer.subarray(0, asked), at));
      records.restart();
      const next = records.walk(bytes, wanted);
      // With all of its last object, which is looked for here.
      tell?.({ at, length: Math.min(next, end - at), least: records.least, greatest: records.greatest });
      at += next;
      isWhole = !records.isDamaged && next > 0 && (bytes.length === asked || at >= end);
    }
    if (tell && (records.isDamaged || (at !== end && !isCut)))
      this.damage.push(
        `The segment at byte ${from} can’t be followed from byte ${at} on, ${end - at} bytes before its end.`,
      );
  }

  private takeRoot(tag: number, id: number, serial: number, detail: number): void {
    const { roots } = this;
    if (tag === ROOT.threadObject || tag === ROOT.javaFrame || tag === ROOT.jniLocal) this.lastRootIn = this.segmentAt;
    if (tag === ROOT.threadObject) roots.threads.push({ id, serial, trace: detail });
    else if (tag === ROOT.javaFrame || tag === ROOT.jniLocal) {
      roots.objects.push(id);
      roots.serials.push(serial);
      roots.frames.push(detail);
    }
  }
}
