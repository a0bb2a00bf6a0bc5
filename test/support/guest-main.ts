// Boots a guest, says `booted RELEASE FOLDER`, and ends it when it is told anything: `guest-main.js JOURNALS SERIES PLACE`. For tests that kill it.

import path from 'node:path';
import { startGuest } from '../../src/run/guest/guest.js';
import { findKernel, KERNELS } from '../../src/run/guest/kernel.js';

const [undoFolder, series = '', folder = ''] = process.argv.slice(2);
const guest = await startGuest({
  kernel: findKernel(series, KERNELS),
  memoryBytes: 2 ** 30,
  cpus: 1,
  disks: [],
  folder,
  undoFolder,
  needs: [process.execPath, path.resolve(import.meta.dirname, '../../..')],
});
console.log(`booted ${guest.release} ${guest.shared}`);
await new Promise((settle) => process.stdin.once('data', settle));
await guest.shutDown();
process.stdin.destroy();
