// What a flight recording can't tell, in sentences: what of it was not read, what the JVM did not record, and what JFR never does.

import { bytes, count, counted, duration } from '../../base/format.js';
import { grouped } from '../../base/maps.js';
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
  live: 'still written, or never finished',
  cut: 'cut: the end is missing',
  damaged: 'damaged, and read up to there',
  undescribed: 'without what describes the events, so none of these could be read',
  raw: 'not compressed, and passed over',
};

/** Who writes a version that is not read. */
const WRITERS: Readonly<Record<number, string>> = { 0: 'Oracle’s JDK 7 and 8', 1: 'JDK 9 and 10' };
const READ = 'version 2 is read, of JDK 11 and later and of OpenJDK 8 from 8u262 on';

function versionText(version: number): string {
  const writers = WRITERS[version];
  return `of version ${version}${writers === undefined ? '' : ` of the format, as ${writers} write it`}`;
}

function faultText(fault: Fault, version: number): string {
  return fault === 'version' ? `${versionText(version)}, and passed over: ${READ}` : FAULTS[fault];
}

const SHOWN = 3;

/** What is at fault with chunks, those of which the same is told together, with the first one's place. */
function chunkSentences({ faults }: Coverage): string[] {
  const kinds = [...grouped(faults, ({ fault, version }) => faultText(fault, version))];
  const sentences = kinds.slice(0, SHOWN).map(([text, all]) => {
    const [first] = all;
    const place = first ? `at byte ${count(first.at)} of ${first.file}` : '';
    return all.length === 1
      ? `The chunk ${place} is ${text}.`
      : `${count(all.length)} chunks, the first one ${place}, are ${text}.`;
  });
  const more = kinds.slice(SHOWN).reduce((sum, [, all]) => sum + all.length, 0);
  return more > 0 ? [...sentences, `${counted(more, 'more chunk is', 'more chunks are')} not whole.`] : sentences;
}

/** Why nothing was read where all of it is of versions that are not; undefined where that is not why. */
export function whyUnread({ chunks, faults }: Coverage): string | undefined {
  const versions = new Set(faults.map(({ version }) => version));
  const [version] = versions;
  if (version === undefined || versions.size > 1 || faults.some(({ fault }) => fault !== 'version')) return undefined;
  if (faults.length < chunks) return undefined;
  return `Nothing of this recording is read: it is ${versionText(version)}; ${READ}. JDK Mission Control opens ${version < 2 ? 'such a one' : 'others'}; of a JVM that still waits \`threads --pid\` tells who holds the lock, and \`heap\` does of a heap dump.`;
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

export function hasVirtual({ threads }: Collector): boolean {
  return threads.list.some(({ virtual }) => virtual);
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
  // Nothing more is to be said of what is not read at all.
  if (whyUnread(coverage) !== undefined) return coverage.missing.slice();
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
    ...(hasVirtual(collector)
      ? [
          'Virtual threads are in use: JFR has no event of a wait for which one leaves its carrier, parked or, since JDK 24, for a monitor; `jcmd PID Thread.dump_to_file FILE` and a heap dump show who waits.',
        ]
      : []),
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
