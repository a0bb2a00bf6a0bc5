// What memory a watch takes before a stall, while it records one, and behind it: a writer on a loop device whose cgroup is throttled for 24 s. Prints a line
// every four seconds; results go into bench/results/watch.md.
//
//   node scripts/build.mjs --all && sudo MALLOC_ARENA_MAX=1 node dist/bench/watch-memory.js [STALLS]

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { UndoJournal } from '../src/capture/undo.js';
import { LabCgroup } from '../src/lab/scenarios/cgroup.js';
import { makeLoopVolume } from '../src/lab/scenarios/loop-volume.js';
import { startWorkload } from '../src/lab/workload.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');
const MiB = 1024 ** 2;
const EVERY_MS = 4000;
const stages = { before: 3, stall: 6, behind: 15 } as const;

const [stalls = 1] = process.argv.slice(2).map(Number);
const folder = mkdtempSync('/var/tmp/iowitness-bench-');
const journal = UndoJournal.open('/var/lib/iowitness/undo');
try {
  const volume = makeLoopVolume(journal, { folder, name: 'memory', bytes: 256 * MiB });
  const group = LabCgroup.make(journal, 'blkio', 'memory');
  const file = path.join(volume.mountPoint, 'data');
  const work = { does: 'write', file, fileBytes: 64 * MiB, blockBytes: 4096, direct: true, restMs: 2 } as const;
  const victim = await startWorkload(journal, { name: 'victim', threads: [work] });
  group.enter(victim.pid);
  victim.go();
  const args = ['watch', '--cgroup', group.folder, '--dir', path.join(folder, 'store')];
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  const mib = (name: string) => {
    const text = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]) / 1024);
  };
  const tell = async (stage: keyof typeof stages) => {
    for (let count = 0; count < stages[stage]; count += 1) {
      await pause(EVERY_MS);
      console.log(JSON.stringify({ stage, rssMiB: mib('VmRSS'), ownMiB: mib('RssAnon'), mostMiB: mib('VmHWM') }));
    }
  };
  await tell('before');
  for (let stall = 0; stall < stalls; stall += 1) {
    group.limitIo(volume.device, { writeIops: 2 });
    await tell('stall');
    group.limitIo(volume.device, { writeIops: 100_000 });
    await tell('behind');
  }
  await victim.stop();
  child.kill('SIGTERM');
  await once(child, 'exit');
} finally {
  for (const sentence of journal.undoAll()) console.error(sentence);
  rmSync(folder, { recursive: true });
}
