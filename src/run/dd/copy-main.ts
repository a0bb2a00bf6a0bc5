// The thread that copies: a system call may hold it for as long as a disk hangs, while the main thread still hears signals and tells the time.

import { parentPort, workerData } from 'node:worker_threads';
import { quotingFor } from '../../tools/dd/quoting.js';
import { copyOnce } from './copy-once.js';
import type { CopyTask, FromCopy } from './messages.js';
import { Meter } from './meter.js';
import { SharedState } from './shared-state.js';

const task: CopyTask = workerData;
const state = new SharedState(task.state);
const meter = task.meter && new Meter(task.meter);
const post = (message: FromCopy): void => parentPort?.postMessage(message);
const { options, quick } = task;
const job = { options, quick, quoting: quotingFor(task.isUtf8), state, post, ...(meter && { meter }) };

for (let round = 0; round < task.repeat && !state.isStopped; round += 1) {
  const made = await copyOnce(job);
  if (!state.isStopped) post(made);
  if (made.kind === 'closed' || (made.kind === 'copied' && made.status !== 0)) break;
}
post({ kind: 'end', isStopped: state.isStopped });
