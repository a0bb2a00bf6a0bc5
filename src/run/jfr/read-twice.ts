// Files of a flight recording → the document of `jfr`. They are read twice, first for the waits, then for what those did that others waited for: to keep what
// everybody did until it is known who they are would take memory without an end.

import type { FlightChunk, FlightEvent } from '../../model/flight.js';
import type { Jfr } from '../../model/jfr.js';
import { readFlightFile, type FlightFile } from '../../open/flight.js';
import { meterOf, type ReadingProgress } from '../../open/reading-meter.js';
import { Collector, isCollected } from '../../tools/jfr/collector.js';
import { Deeds, isDeed } from '../../tools/jfr/deeds.js';
import { casesOf, jfrDocument, toldLocks } from '../../tools/jfr/document.js';
import type { KernelSide } from '../../tools/jfr/kernel.js';
import type { Coverage } from '../../tools/jfr/limits.js';

/** The document of all these files, as one recording. */
export function flightDocument(
  tool: string,
  files: readonly FlightFile[],
  progress?: ReadingProgress,
  kernel?: KernelSide,
): Jfr {
  const collector = new Collector();
  const { chunks, ...read } = firstReading(files, collector, progress);
  const told = toldLocks(collector);
  const cases = casesOf(told);
  const deeds = new Deeds(collector, cases);
  if (cases.length > 0) {
    const meter = meterFor(files, 1, progress);
    const take = (event: FlightEvent): void => deeds.take(event);
    for (const file of files) readFlightFile(file, { wanted: isDeed, take, chunk: () => {}, tell: meter(file) });
  }
  const sum = (of: (chunk: FlightChunk) => number): number => chunks.reduce((all, { chunk }) => all + of(chunk), 0);
  const coverage: Coverage = {
    ...read,
    files: files.length,
    chunks: chunks.length,
    bytes: files.reduce((all, { bytes }) => all + bytes, 0),
    readBytes: sum(({ walked }) => walked),
    events: sum(({ events }) => events),
    faults: chunks.flatMap(({ file, chunk: { at, fault, version } }) => (fault ? [{ file, at, fault, version }] : [])),
    broken: sum(({ broken }) => broken),
    refused: sum(({ refused }) => refused),
  };
  return jfrDocument(tool, { collector, told, deeds, kernel }, coverage);
}

interface FirstReading {
  readonly chunks: readonly { readonly file: string; readonly chunk: FlightChunk }[];
  readonly strange: number;
  readonly missing: readonly string[];
}

function firstReading(files: readonly FlightFile[], collector: Collector, progress?: ReadingProgress): FirstReading {
  const chunks: { file: string; chunk: FlightChunk }[] = [];
  const missing: string[] = [];
  let strange = 0;
  const meter = meterFor(files, 0, progress);
  for (const file of files) {
    const of = readFlightFile(file, {
      wanted: isCollected,
      take: (event) => collector.take(event),
      chunk: (chunk) => chunks.push({ file: file.name, chunk }),
      tell: meter(file),
    });
    if ('why' in of) missing.push(of.why);
    else strange += of.strange;
  }
  return { chunks, strange, missing };
}

/** What a reading of these files tells its places to: the first or the second of two. */
function meterFor(
  files: readonly FlightFile[],
  reading: 0 | 1,
  progress?: ReadingProgress,
): (file: FlightFile) => (bytes: number) => void {
  const paths = files.map(({ path }) => path);
  const meter = meterOf(paths, progress && ((share) => progress((reading + share) / 2)));
  return ({ path }) =>
    (bytes) =>
      meter?.(path, bytes);
}
