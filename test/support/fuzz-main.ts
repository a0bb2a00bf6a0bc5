// One worker of the fuzzers, a thread of its own so that its memory has a limit that holds: it takes seeds, makes of each a damaged recording,
// trace or dump, and puts that through everything that reads one. It answers with how that ended; where it can't answer, its end is the finding.

import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import * as v from 'valibot';
import { UserError } from '../../src/base/errors.js';
import { DiagnosisSchema } from '../../src/model/diagnosis.js';
import { HeapSchema } from '../../src/model/heap.js';
import { JfrSchema } from '../../src/model/jfr.js';
import { ThreadsSchema } from '../../src/model/threads.js';
import { openHeapDump } from '../../src/open/heap-dump.js';
import { readThreadDumps } from '../../src/open/thread-dumps.js';
import { openCase } from '../../src/open/recording.js';
import { readBlockStats } from '../../src/open/block-stats.js';
import { diagnoseRecording, renderReport } from '../../src/pipeline.js';
import { renderBlockStats } from '../../src/present/blkstats/text.js';
import { renderJfr } from '../../src/present/jfr/text.js';
import { renderHeap } from '../../src/present/threads/heap.js';
import { renderThreads } from '../../src/present/threads/text.js';
import { heapDocument } from '../../src/tools/heap/document.js';
import { threadsDocument } from '../../src/tools/threads/document.js';
import { History } from '../../src/tools/threads/history.js';
import { renderJson } from '../../src/present/json.js';
import { renderText } from '../../src/present/text.js';
import { TERMINAL_CONTROLS } from './diagnosis.js';
import { mutatedTrace } from './blktrace-fuzz.js';
import { flightDocumentOf } from './flight.js';
import { mutatedFile } from './foreign-fuzz.js';
import { damagedRecording } from './recording-fuzz.js';
import { weightOf } from './weight.js';
import type { FuzzAnswer, FuzzTask } from './fuzz.js';

/** What a case may weigh: twice the allowances of open/recording.ts, as a column that grows may have twice the room that it needs. */
const BESIDES = 2 * (64 + 64) * 2 ** 20;
const TIMES = 2 * 40;
/** What a cause says where its code has thrown. */
const THROWN = /^the check itself failed/;
const WIDTH = 100;
const ASSETS = { js: '', css: '', causes: {} };

const task: FuzzTask = workerData;
mkdirSync(task.folder, { recursive: true });
let place = path.join(task.folder, task.kind === 'recording' ? 'fuzz.iow' : 'fuzz');

function make(seed: number): string {
  const base = task.bases[seed % task.bases.length];
  if (task.kind === 'recording') return damagedRecording(seed, base?.path ?? '', place);
  // What fio's logs are of, their names tell.
  if (task.kind !== 'trace') place = path.join(task.folder, base?.path ?? '');
  const bytes = base?.bytes;
  writeFileSync(place, task.kind === 'trace' || !bytes ? mutatedTrace(seed, bytes) : mutatedFile(seed, bytes));
  return base?.path ?? '';
}

function sizeOf(at: string): number {
  return statSync(at, { throwIfNoEntry: false })?.size ?? 0;
}

/** Bytes that bound what may be kept of it. */
function inputBytes(): number {
  if (task.kind !== 'recording') return sizeOf(place);
  return [
    'machine.log',
    'trace/machine.cpu0.log',
    'trace/machine.cpu1.log',
    'trace/victim.cpu0.log',
    'trace/victim.cpu1.log',
  ]
    .map((name) => sizeOf(path.join(place, name)))
    .reduce((sum, size) => sum + size, 0);
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

async function weigh(): Promise<void> {
  const weight = weightOf(await openCase(place));
  check(weight <= BESIDES + TIMES * inputBytes(), `the case weighs ${weight} bytes, of ${inputBytes()}`);
}

async function diagnose(): Promise<void> {
  const diagnosed = await diagnoseRecording(place, 'fuzz');
  const { diagnosis } = diagnosed;
  v.parse(DiagnosisSchema, JSON.parse(renderJson(diagnosis)));
  for (const { cause, why } of diagnosis.notChecked) check(!THROWN.test(why), `${cause}: ${why}`);
  check(
    !TERMINAL_CONTROLS.test(renderText(diagnosis, { colour: false, verbose: true })),
    'the text holds controls of a terminal',
  );
  const page = await renderReport(diagnosed, ASSETS);
  check(page.length < 20e6, `the page has ${page.length} letters`);
}

/** True where it was done, false where it was refused in one sentence. */
async function tried(step: () => Promise<void>): Promise<boolean> {
  try {
    await step();
    return true;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    check(/^[^\n]{1,2000}[.)]$/.test(error.message), `no sentence: ${error.message.slice(0, 300)}`);
    return false;
  }
}

/** What its command prints. */
async function jvmText(): Promise<string> {
  if (place.endsWith('.jfr')) return renderJfr(v.parse(JfrSchema, flightDocumentOf(readFileSync(place))), WIDTH);
  if (place.endsWith('.hprof')) {
    const heap = heapDocument('fuzz', 'fuzz', await openHeapDump(place, false));
    return renderHeap(v.parse(HeapSchema, heap), WIDTH);
  }
  const history = new History();
  await readThreadDumps(place, (dump) => history.take('fuzz', dump));
  return renderThreads(v.parse(ThreadsSchema, threadsDocument('fuzz', history, [])), WIDTH);
}

async function tellJvm(): Promise<void> {
  const text = await jvmText();
  check(!TERMINAL_CONTROLS.test(text), 'the text holds controls of a terminal');
}

async function examine(seed: number): Promise<FuzzAnswer> {
  let what = '';
  try {
    what = make(seed);
    if (task.kind === 'jvm') return { seed, what, ended: (await tried(tellJvm)) ? 'told' : 'refused' };
    await tried(weigh);
    const told = await tried(diagnose);
    await tried(async () => {
      check(!TERMINAL_CONTROLS.test(renderBlockStats(await readBlockStats(place, 'fuzz'))), 'controls of a terminal');
    });
    return { seed, what, ended: told ? 'told' : 'refused' };
  } catch (error) {
    return { seed, what, ended: 'error', error: error instanceof Error ? (error.stack ?? '') : String(error) };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

parentPort?.on('message', (seed: number) => {
  void examine(seed).then((answer) => parentPort?.postMessage(answer));
});
