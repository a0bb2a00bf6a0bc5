// The thread that copies: a system call may hold it for as long as a disk hangs, while the main thread still hears signals and tells the time.

import { parentPort, workerData } from 'node:worker_threads';
import { monotonicNs } from '../../base/clock.js';
import { quotingFor } from '../../tools/dd/quoting.js';
import { sizeText } from '../../tools/dd/figures.js';
import { OutputClosed } from '../../tools/blkparse/output.js';
import { Calls, FROM, INPUT, LATER_FLAGS, OUTPUT, type End } from './calls.js';
import { Copy, memoryFor } from './copy.js';
import { DdFailure, openEnds, type Ends } from './ends.js';
import type { CopyTask, FromCopy } from './messages.js';
import { Meter } from './meter.js';
import { SharedState } from './shared-state.js';

const task: CopyTask = workerData;
const state = new SharedState(task.state);
const quoting = quotingFor(task.isUtf8);
const meter = task.meter && new Meter(task.meter);

const post = (message: FromCopy): void => parentPort?.postMessage(message);
const nowMs = (): number => Number(monotonicNs()) / 1e6;

/** The counts so far and the time that they took. */
function soFar() {
  const { counts, startMs } = state.read();
  return { counts, seconds: (nowMs() - startMs) / 1000 };
}

async function callsFor({ input, output }: Ends): Promise<Calls> {
  const { options, quick } = task;
  const bytes = memoryFor(options);
  try {
    return await Calls.on(input, output, Number(bytes), quick ? undefined : async () => undefined);
  } catch {
    const size = options.inputBlock;
    throw new DdFailure(`memory exhausted by input buffer of size ${size} bytes (${sizeText(size, 1024)})`, false);
  }
}

/** Sets what can be set on a standard stream that is open already. */
function setLaterFlags(calls: Calls, { options }: CopyTask): void {
  const ends: readonly (readonly [End, string | undefined, readonly string[]])[] = [
    [INPUT, options.input, options.inputFlags],
    [OUTPUT, options.output, options.outputFlags],
  ];
  for (const [end, file, flags] of ends) {
    const names = (['append', 'nonblock'] as const).filter((name) => flags.includes(name));
    if (file === undefined && names.length > 0)
      calls.setFlags(end, names.reduce((all, name) => all | LATER_FLAGS[name], 0));
  }
}

/** One copy, from opening to closing. */
async function copyOnce(): Promise<FromCopy> {
  state.restart(nowMs());
  let ends: Ends | undefined;
  try {
    ends = openEnds(task.options, quoting, (ms) => meter?.record('open', ms));
    const calls = await callsFor(ends);
    if (!calls.isQuick && task.quick) post({ kind: 'slow' });
    if (ends.input !== 0 && task.options.input === undefined) calls.seek(INPUT, ends.inputOffset, FROM.start);
    if (ends.output !== 1 && task.options.output === undefined) calls.seek(OUTPUT, ends.outputOffset, FROM.start);
    setLaterFlags(calls, task);
    state.restart(nowMs());
    const host = {
      tell: (text: string) => post({ kind: 'sentence', text }),
      showCounts: () => post({ kind: 'counts', ...soFar() }),
    };
    const copy = new Copy({ options: task.options, quoting, ends, calls, state, host, ...(meter && { meter }) });
    return { kind: 'copied', status: copy.run(), ...soFar() };
  } catch (error) {
    if (error instanceof OutputClosed) return { kind: 'closed' };
    if (!(error instanceof DdFailure)) throw error;
    post({ kind: 'sentence', text: error.message });
    const { counts, seconds } = soFar();
    return { kind: 'copied', status: 1, seconds, ...(error.hasBegun && { counts }) };
  } finally {
    ends?.close();
  }
}

async function copyAll(): Promise<void> {
  for (let round = 0; round < task.repeat && !state.isStopped; round += 1) {
    const made = await copyOnce();
    if (!state.isStopped) post(made);
    if (made.kind === 'closed' || (made.kind === 'copied' && made.status !== 0)) break;
  }
  post({ kind: 'end', isStopped: state.isStopped });
}

await copyAll();
