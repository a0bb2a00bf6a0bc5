// The machine's memory as `check` and `record` have it: the past goes into the recording when it begins, and what it shows of quiet time into the memory when
// it has ended. A recording that was diagnosed tells who was held up and when; of one that was not, counters alone are learnt from.

import { NO_INTERVALS, Intervals } from '../base/intervals.js';
import { addTo, entry } from '../base/maps.js';
import type { Case } from '../model/case.js';
import type { DeviceId } from '../model/counters.js';
import type { Diagnosis } from '../model/diagnosis.js';
import { openCase } from '../open/recording.js';
import type { Diagnosed } from '../pipeline.js';
import { Memory, type Lesson } from '../run/baseline/memory.js';
import { baselineFolder, warn } from './context.js';

/** Undefined for a user without a folder of his own. */
export function openMemory(): Memory | undefined {
  const folder = baselineFolder();
  return folder === undefined ? undefined : new Memory(folder, warn);
}

/** Disks of which a setting was changed meanwhile: under which of the two something was seen is not asked. */
function changedDisks({ changes, counters }: Case): Set<DeviceId> {
  const names = new Set(changes.map(({ what }) => /^\/sys\/block\/([^/]+)\//.exec(what)?.[1]));
  return new Set([...counters.diskNames].flatMap(([id, name]) => (names.has(name) ? [id] : [])));
}

function lessonFrom(input: Case, heldUp: Intervals): Lesson | undefined {
  const { start } = input.manifest;
  if (!start) return undefined;
  return {
    disks: input.counters.disks,
    within: { from: 0, to: input.durationMs },
    startMs: start.wallMs,
    heldUp,
    changed: changedDisks(input),
  };
}

/** Without what the tool itself wrote. */
function writersOf({ writers }: Diagnosis, { counters }: Case): Map<DeviceId, Map<string, number>> {
  const ids = new Map([...counters.diskNames].map(([id, name]) => [name, id]));
  const found = new Map<DeviceId, Map<string, number>>();
  for (const { device, process, writeBytes, via } of writers) {
    const id = ids.get(device);
    if (id === undefined || via === 'unattributed' || writeBytes === 0 || process.startsWith('iowitness')) continue;
    addTo(
      entry(found, id, () => new Map<string, number>()),
      process,
      writeBytes,
    );
  }
  return found;
}

/**
 * What teaches nothing. Time lost to the device itself is not among it: where the device has a past, what was slower than that is left out stretch by
 * stretch, and where it has none, it is a day's vote on what is usual.
 */
function heldUpIn({ diagnosis, compared }: Diagnosed): Intervals {
  const { cause } = diagnosis.verdict;
  if (cause === 'inconclusive') return Intervals.of([{ from: 0, to: compared.measures.input.durationMs }]);
  return cause === 'dev.slow' || cause === 'dev.capped' ? NO_INTERVALS : compared.shown.lost;
}

/** Learns from a recording of which the diagnosis is known. */
export function rememberDiagnosed(memory: Memory | undefined, diagnosed: Diagnosed): void {
  const { input } = diagnosed.compared.measures;
  const lesson = lessonFrom(input, heldUpIn(diagnosed));
  if (lesson) memory?.learn({ ...lesson, writers: writersOf(diagnosed.diagnosis, input) });
}

/** Learns from the counters of a recording. */
export async function rememberRecorded(memory: Memory | undefined, folder: string): Promise<void> {
  if (!memory) return;
  const lesson = lessonFrom(await openCase(folder, { events: false }), NO_INTERVALS);
  if (lesson) memory.learn(lesson);
}
