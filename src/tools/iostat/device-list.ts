// The disks of a run in the order in which they are shown, with the last two samples of each, as sysstat 12.6.1 keeps them (add_list_device in
// iostat.c): there a disk that goes and comes back meets the counts that it left two samples ago, and is new in forms of our own. Groups stand between the disks.

import { countsOf, isIdle, isReplaced, NOTHING, sumOf, wasUsed, type Counts } from './counts.js';

export type EntryKind = 'disk' | 'disk with partitions' | 'partition' | 'group';

export interface Entry {
  /** The kernel's name, or the group's. */
  readonly name: string;
  /** How it is shown. */
  readonly label: string;
  kind: EntryKind;
  isThere: boolean;
  /** In the sample before. */
  wasThere: boolean;
  readonly samples: [Counts, Counts];
}

/** A line of the report: two samples of one disk, or of a group. */
export interface Row {
  /** The kernel's name, or the group's. */
  readonly name: string;
  readonly label: string;
  readonly before: Counts;
  readonly now: Counts;
  /** Disks whose counts these are: more than one for a group. */
  readonly disks: number;
}

export interface RowChoice {
  /** Disks that never did anything are shown as well. */
  readonly withUnused: boolean;
  /** Those that did nothing since the sample before are left out. */
  readonly omitIdle: boolean;
  readonly groupsOnly: boolean;
  /** A disk that comes back is held against what it had counted when it went, as sysstat does. */
  readonly meetsOldCounts: boolean;
}

/** A disk with so long a name is passed over: MAX_NAME_LEN of sysstat's common.h. */
const MOST_NAME = 128;

export class DeviceList {
  readonly entries: Entry[] = [];
  private readonly labelOf: (name: string) => string;
  /** Which of an entry's two samples is filled now. */
  private slot: 0 | 1 = 1;

  constructor(labelOf: (name: string) => string = (name) => name) {
    this.labelOf = labelOf;
  }

  /** Begins the next sample: nothing is there until it is seen. */
  begin(): void {
    this.slot = this.slot === 1 ? 0 : 1;
    for (const entry of this.entries) entry.wasThere = entry.isThere;
    this.beginAgain();
  }

  /** Begins the same sample anew. */
  beginAgain(): void {
    for (const entry of this.entries) entry.isThere = false;
  }

  /**
   * Adds a disk or a group, or says that it is there. `atEnd` puts a new one behind all others, in whatever order they are read; otherwise
   * it goes in front of the first whose name is greater.
   */
  add(name: string, kind: EntryKind, atEnd: boolean): Entry | undefined {
    if (name.length >= MOST_NAME) return undefined;
    const at = this.entries.findIndex((entry) => entry.name === name || (!atEnd && entry.name > name));
    const known = this.entries[at];
    if (known?.name === name) {
      if (kind === 'disk with partitions' && known.kind === 'disk') known.kind = kind;
      known.isThere = true;
      return known;
    }
    const label = kind === 'group' ? name : this.labelOf(name);
    const entry: Entry = { name, label, kind, isThere: true, wasThere: false, samples: [NOTHING, NOTHING] };
    this.entries.splice(at < 0 ? this.entries.length : at, 0, entry);
    return entry;
  }

  /** Takes an entry's counters, in the order of DISK_FIELDS, for this sample. */
  take(entry: Entry, values: readonly number[]): void {
    entry.isThere = true;
    entry.samples[this.slot] = countsOf(values);
  }

  /** The lines of this sample: a group's comes behind those of its disks. A group without a disk has none. */
  rows(choice: RowChoice): Row[] {
    const rows: Row[] = [];
    let group: Entry | undefined;
    let disks = 0;
    const endGroup = (): void => {
      if (group && disks > 0) rows.push(...this.rowOf(group, disks, choice));
    };
    for (const entry of this.entries) {
      if (entry.kind === 'group') {
        endGroup();
        [group, disks] = [entry, 0];
        entry.samples[this.slot] = NOTHING;
      } else if (entry.isThere) {
        const now = entry.samples[this.slot];
        disks += 1;
        if (group && (choice.withUnused || wasUsed(now)))
          group.samples[this.slot] = sumOf(group.samples[this.slot], now);
        if (!group || !choice.groupsOnly) rows.push(...this.rowOf(entry, 1, choice));
      }
    }
    endGroup();
    return rows;
  }

  private rowOf({ name, label, kind, wasThere, samples }: Entry, disks: number, choice: RowChoice): Row[] {
    const { withUnused, omitIdle, meetsOldCounts } = choice;
    const now = samples[this.slot];
    const isNew = kind !== 'group' && !wasThere && !meetsOldCounts;
    const before = isNew ? NOTHING : samples[this.slot === 1 ? 0 : 1];
    if ((!withUnused && !wasUsed(now)) || (omitIdle && isIdle(before, now))) return [];
    return [{ name, label, now, disks, before: isReplaced(before, now) ? NOTHING : before }];
  }
}
