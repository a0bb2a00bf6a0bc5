// The recorder of `npm run kernels`, in the guest: one process for all stalls, because an emulated CPU takes half a minute to start Node. It takes
// `PID NAME` a line from a named pipe, records that process for a while as `record` does, twice at once, and leaves the folders NAME.iow and, of counters
// alone, NAME-counted.iow beside the pipe, then NAME.done.

import { createReadStream, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../src/base/errors.js';
import { markOf } from '../../src/capture/process.js';
import { startRecording } from '../../src/start-recording.js';

const RECORD_MS = 6000;
const [asked = '', undoFolder] = process.argv.slice(2);
const place = (name: string) => path.join(path.dirname(asked), name);

async function record(pid: number, name: string, events: boolean): Promise<void> {
  const session = await startRecording({
    folder: place(`${name}.iow`),
    undoFolder,
    tool: '',
    plan: { command: 'record', hz: 5, events },
    victims: [markOf(pid)],
    watchBusiest: false,
    eventBudget: 400_000,
  });
  await pause(RECORD_MS);
  await session.end('time');
}

console.log('ready');
// Open for writing as well, it never ends.
for await (const line of createInterface({ input: createReadStream(asked, { flags: 'r+' }) })) {
  const [pid, name = ''] = line.split(' ');
  const made = [record(Number(pid), name, true), record(Number(pid), `${name}-counted`, false)];
  const why = await Promise.all(made).then(
    () => '',
    (error: unknown) => messageOf(error),
  );
  writeFileSync(place(`${name}.done`), why);
}
