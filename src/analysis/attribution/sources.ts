// What is behind bytes: each combination of device, queuer, dirtier and inode that occurred is one source, and a bio's tag stands for its
// source, or for the shares of several in what a write-back puts into one bio.

import type { DeviceId } from '../../model/counters.js';

/** What is behind some bytes: one for each combination that occurred. */
export interface Source {
  /** The device that the bio named, which may be a partition; '' where no bio was seen. */
  readonly device: DeviceId;
  /** The thread that queued it; 0 where that was not seen. */
  readonly queuer: number;
  /** The thread that made the pages dirty; UNKNOWN where nobody was seen to, undefined where no page was written back. */
  readonly dirtier: number | undefined;
  /** Index into Inodes.keys; -1 for none. */
  readonly inode: number;
  /** The filesystem marked it as its own structure: REQ_META, the M in rwbs. */
  readonly meta: boolean;
}

/** A source's share of a bio; those of one bio sum to 1. */
export interface SourceShare {
  /** Index into Sources.list. */
  readonly source: number;
  readonly share: number;
}

const MOST_COMPARED = 16;
const NOBODY: Source = { device: '', queuer: 0, dirtier: undefined, inode: -1, meta: false };

export class Sources {
  readonly list: Source[] = [];
  private readonly byTag: (readonly SourceShare[])[] = [];
  /** The tag of a source alone, by source. */
  private readonly alone: number[] = [];
  /** By queuer and inode: of one file in one thread there are few as a rule, and they are compared. */
  private readonly index = new Map<number, Map<number, number[]>>();
  /** Those that came when there were many. */
  private readonly others = new Map<string, number>();
  private readonly nobody: readonly SourceShare[];

  /** How much is kept: sources and tags. */
  get size(): number {
    return this.list.length + this.byTag.length;
  }

  constructor() {
    this.nobody = [{ source: this.of(NOBODY), share: 1 }];
  }

  of(source: Source): number {
    const { device, queuer, dirtier, inode, meta } = source;
    let byInode = this.index.get(queuer);
    if (!byInode) this.index.set(queuer, (byInode = new Map()));
    let known = byInode.get(inode);
    if (!known) byInode.set(inode, (known = []));
    for (const index of known) {
      const one = this.list[index];
      if (one?.dirtier === dirtier && one?.device === device && one.meta === meta) return index;
    }
    const key = known.length < MOST_COMPARED ? '' : `${queuer} ${inode} ${dirtier} ${device} ${meta}`;
    const other = key === '' ? undefined : this.others.get(key);
    if (other !== undefined) return other;
    const index = this.list.push(source) - 1;
    if (key === '') known.push(index);
    else this.others.set(key, index);
    return index;
  }

  /** The tag of a bio that one source is behind. */
  tag(source: number): number {
    return (this.alone[source] ??= this.byTag.push([{ source, share: 1 }]) - 1);
  }

  /** The tag of a bio that several may be behind. */
  tagOf(shares: readonly SourceShare[]): number {
    const [first] = shares;
    return first && shares.length === 1 ? this.tag(first.source) : this.byTag.push(shares) - 1;
  }

  /** Who is behind a tag; nobody where no bio was seen. */
  behind(tag: number): readonly SourceShare[] {
    return this.byTag[tag] ?? this.nobody;
  }
}
