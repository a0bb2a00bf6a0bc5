// What a flight recording can't tell, in sentences: what of it was not read, what the JVM did not record, and what JFR never does.

import { bytes, count, duration } from '../../base/format.js';
import type { FlightChunk } from '../../model/flight.js';
import type { Jfr } from '../../model/jfr.js';
import type { Collector } from './collector.js';

/** What of the files was read. */
export interface Coverage {
  readonly files: number;
  readonly chunks: number;
  readonly bytes: number;
  readonly readBytes: number;
  readonly events: number;
  /** Chunks that were not read as a whole, with their file. */
  readonly faults: readonly ({ readonly file: string; readonly fault: Fault } & Pick<FlightChunk, 'at' | 'version'>)[];
  /** Bytes that belong to no chunk. */
  readonly strange: number;
  readonly broken: number;
  readonly refused: number;
  /** Files that were gone, or could not be read, and why. */
  readonly missing: readonly string[];
}

type Fault = NonNullable<FlightChunk['fault']>;

const FAULTS: Readonly<Record<Exclude<Fault, 'version'>, string>> = {
  live: 'still written, or was never finished',
  cut: 'cut: its end is missing',
  damaged: 'damaged, and is read up to there',
  undescribed: 'without what describes its events, so none of them could be read',
  raw: 'not compressed, and is passed over',
};

/** Who writes a version that is not read. */
const WRITERS: Readonly<Record<number, string>> = { 0: 'Oracle’s JDK 7 and 8', 1: 'JDK 9 and 10' };

function faultText(fault: Fault, version: number): string {
  if (fault !== 'version') return FAULTS[fault];
  const writers = WRITERS[version];
  return `of version ${version}${writers === undefined ? '' : ` of the format, as ${writers} write it`}, and is passed over: version 2 is read, of JDK 11 and later`;
}

const SHOWN = 3;

function chunkSentences({ faults }: Coverage): string[] {
  const shown = faults
    .slice(0, SHOWN)
    .map(
      ({ file, at, fault, version }) => `The chunk at byte ${count(at)} of ${file} is ${faultText(fault, version)}.`,
    );
  return faults.length > SHOWN ? [...shown, `${faults.length - SHOWN} more chunks are not whole.`] : shown;
}

function readSentences(coverage: Coverage): string[] {
  const { readBytes, strange, broken, refused, missing } = coverage;
  return [
    ...chunkSentences(coverage),
    ...(readBytes < coverage.bytes && coverage.faults.length > 0
      ? [`${bytes(readBytes)} of ${bytes(coverage.bytes)} could be read.`]
      : []),
    ...(strange > 0 ? [`${bytes(strange)} belong to no chunk.`] : []),
    ...(broken > 0 ? [`${count(broken)} events or tables of constants are damaged and left out.`] : []),
    ...(refused > 0 ? ['There are more names and stacks than can be kept, so some are missing.'] : []),
    ...missing,
  ];
}

function settingSentences({ settings }: Pick<Jfr, 'settings'>): string[] {
  const off = settings.filter(({ enabled }) => enabled === false).map(({ event }) => event);
  const thresholds = settings.filter(
    ({ enabled, threshold }) => enabled !== false && threshold !== null && !threshold.startsWith('0 '),
  );
  const byThreshold = new Map<string, string[]>();
  for (const { event, threshold } of thresholds)
    byThreshold.set(threshold ?? '', [...(byThreshold.get(threshold ?? '') ?? []), event]);
  const throttled = settings
    .filter(({ throttle }) => throttle !== null)
    .map(({ event, throttle }) => `${event} (${throttle})`);
  return [
    ...(off.length > 0 ? [`Not recorded at all: ${off.join(', ')}.`] : []),
    ...(byThreshold.size > 0
      ? [
          `What is shorter is not recorded: ${[...byThreshold].map(([threshold, events]) => `${threshold} of ${events.join(', ')}`).join('; ')}.`,
        ]
      : []),
    ...(throttled.length > 0 ? [`No more than so many were recorded: ${throttled.join(', ')}.`] : []),
  ];
}

type Counted = Pick<Jfr, 'settings' | 'monitors' | 'parks' | 'covers'>;

export function limitsOf(document: Counted, collector: Collector, coverage: Coverage): string[] {
  const { waits, threads, classes, methods, places } = collector;
  const tallies = [
    waits.byThread,
    waits.bySite,
    collector.parks,
    collector.parkers,
    collector.files,
    collector.sockets,
  ];
  const refused = [threads, classes, methods, places, ...tallies].reduce((sum, each) => sum + each.refused, 0);
  const { covers, monitors, parks } = document;
  return [
    ...readSentences({ ...coverage, refused: coverage.refused + refused }),
    ...(covers.lostBytes > 0 ? [`The JVM itself lost ${bytes(covers.lostBytes)} of events.`] : []),
    ...(covers.jvms.length > 1
      ? [`These are recordings of ${covers.jvms.length} JVMs: threads of the same name and numbers count as one.`]
      : []),
    ...(waits.leastKept > 0
      ? [
          `There are too many waits to follow each: who had the monitor before is told from those of more than ${duration(waits.leastKept / 1e6)}.`,
        ]
      : []),
    ...settingSentences(document),
    'A wait is recorded when it ends: what still waits at the end is not in it.',
    ...(monitors.some(({ owner }) => owner.grade === 'exact')
      ? [
          'A wait names who had the monitor last; that it was the same one all the time is not recorded, unless others waited as well.',
          'FileDescriptor.sync and MappedByteBuffer.force are no events of JFR: samples alone show them.',
        ]
      : []),
    ...(parks.some(({ lock }) => lock !== null)
      ? ['JFR records no owner of a java.util.concurrent lock: `threads` tells it of a live JVM.']
      : []),
  ];
}
