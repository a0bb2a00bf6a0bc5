// Counters thinned with age: figures of each second → a record a minute with all of them, and a record an hour with what is left of its minutes, each in
// a ring of fixed size, so that seconds reach back a day and minutes a month whatever else the disk is asked for.

import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as v from 'valibot';
import { isoMoment } from '../../base/format.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { minuteOf, MinuteSchema, SecondsSchema, type Minute, type Seconds } from '../../model/history.js';
import { readRing, RingFile, type RingOptions } from '../../recording/ring-file.js';

/** A minute of a machine with a handful of disks takes one block of 4 KiB, an hour's minutes two or three. */
const RINGS = {
  seconds: { name: 'seconds.ring', bytes: 8 * 1024 * 1024 },
  minutes: { name: 'minutes.ring', bytes: 12 * 1024 * 1024 },
} as const;
const MINUTE = 60;
/** No second stands further than this from when it was, as a minute has but the time of its first. */
const MOST_OFF_MS = 5000;
const MOST_INFLATED = 16 * 1024 * 1024;

export class History {
  private readonly seconds: RingFile;
  private readonly minutes: RingFile;
  private rows: { readonly atMs: number; readonly figures: ReadonlyMap<string, number> }[] = [];
  private hour: Minute[] = [];

  private constructor(seconds: RingFile, minutes: RingFile) {
    this.seconds = seconds;
    this.minutes = minutes;
  }

  static async open(folder: HeldFolder, told: Omit<RingOptions, 'bytes'>): Promise<History> {
    const [seconds, minutes] = [RINGS.seconds, RINGS.minutes];
    return new History(
      await RingFile.open(folder, seconds.name, { bytes: seconds.bytes, ...told }),
      await RingFile.open(folder, minutes.name, { bytes: minutes.bytes, ...told }),
    );
  }

  /** The figures of the second that ends at `atMs` of the wall clock. */
  add(atMs: number, figures: ReadonlyMap<string, number>): void {
    const [first] = this.rows;
    // The machine slept, nothing ran for a while, or the clock was set.
    if (first && Math.abs(atMs - first.atMs - this.rows.length * 1000) > MOST_OFF_MS) this.endMinute();
    this.rows.push({ atMs, figures });
    if (this.rows.length === MINUTE) this.endMinute();
  }

  private endMinute(): void {
    const [first] = this.rows;
    if (!first) return;
    const names = [...new Set(this.rows.flatMap(({ figures }) => [...figures.keys()]))];
    const minute: Seconds = {
      kind: 'seconds',
      from: isoMoment(first.atMs),
      seconds: this.rows.length,
      figures: Object.fromEntries(
        names.map((name) => [name, this.rows.map(({ figures }) => figures.get(name) ?? null)]),
      ),
    };
    this.seconds.add(packed(minute));
    this.hour.push(minuteOf(minute));
    this.rows = [];
    if (this.hour.length === MINUTE) this.endHour();
  }

  private endHour(): void {
    if (this.hour.length > 0) this.minutes.add(packed(this.hour));
    this.hour = [];
  }

  /** Writes what has gathered. */
  async close(): Promise<void> {
    this.endMinute();
    this.endHour();
    await this.seconds.close();
    await this.minutes.close();
  }
}

function packed(value: unknown): Buffer {
  return deflateRawSync(JSON.stringify(value));
}

function unpacked(payload: Buffer): unknown {
  try {
    return JSON.parse(inflateRawSync(payload, { maxOutputLength: MOST_INFLATED }).toString('utf8'));
  } catch {
    // Of another version, or damaged with a checksum that holds.
    return undefined;
  }
}

/** What is kept from `since` on, ms since 1970, the oldest first: all seconds that are, and the minutes from before them. Throws the system's error. */
export function readHistory(
  folder: HeldFolder,
  since = -Infinity,
): { readonly seconds: Seconds[]; readonly minutes: Minute[] } {
  const isLater = ({ from, seconds }: { readonly from: string; readonly seconds: number }) =>
    Date.parse(from) + seconds * 1000 >= since;
  const seconds = readRing(folder, RINGS.seconds.name).flatMap(({ payload }) => {
    const parsed = v.safeParse(SecondsSchema, unpacked(payload));
    return parsed.success && isLater(parsed.output) ? [parsed.output] : [];
  });
  const first = seconds[0]?.from;
  const minutes = readRing(folder, RINGS.minutes.name).flatMap(({ payload }) => {
    const parsed = v.safeParse(v.array(MinuteSchema), unpacked(payload));
    return parsed.success
      ? parsed.output.filter((one) => isLater(one) && (first === undefined || one.from < first))
      : [];
  });
  return { seconds, minutes };
}
