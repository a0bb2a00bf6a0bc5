// The thread that makes room among the recordings of a watch.

import { workerData } from 'node:worker_threads';
import { HeldFolder } from '../../base/held-folder.js';
import { tidy, type TidyTask } from './tidy.js';

const task: TidyTask = workerData;
tidy(HeldFolder.inherited(task.descriptor), task);
