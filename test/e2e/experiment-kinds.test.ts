// What a plan may ask for, each run for real on a loop volume: the workloads snapshot and fio, memory that is held, changes of a mount, a queue and a control
// group, a run that ends as degraded, and what a person does at a terminal. Whatever was changed is seen while it is, and put back.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { findHierarchies } from '../../src/base/procfs/cgroups.js';
import { parseMountinfo } from '../../src/base/procfs/mountinfo.js';
import { mountAt } from '../../src/capture/undo-mounts.js';
import type { Experiment } from '../../src/model/experiment.js';
import { MAIN, refusal, run, start } from '../support/cli.js';
import { needsCommand, needsLoop } from '../support/requirements.js';

const skip = needsLoop() || needsCommand('mkfs.ext4');
const folder = mkdtempSync('/var/tmp/iowitness-kinds-');
const volume = path.join(folder, 'volume');
let disk = '';

function command(...[program, ...args]: [string, ...string[]]): string {
  return execFileSync(program, args, { encoding: 'utf8' }).trim();
}

before(() => {
  if (skip) return;
  const image = path.join(folder, 'image');
  command('truncate', '--size=256M', image);
  command('mkfs.ext4', '-q', image);
  const device = command('losetup', '--find', '--show', image);
  disk = path.basename(device);
  mkdirSync(volume);
  command('mount', '-o', 'strictatime', device, volume);
});

after(() => {
  if (mountAt(volume)) command('umount', volume);
  if (disk !== '') command('losetup', '-d', `/dev/${disk}`);
  rmSync(folder, { recursive: true });
});

function plan(name: string, workload: string, changes: string, more: string): string {
  const file = path.join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    `volume: ${volume}
workload: ${workload}
arms:
  - name: as it is
  - name: changed
    changes: [${changes}]
repeats: 1
settle: 2s
${more}
`,
  );
  return file;
}

/** The result of a plan that runs to its end; `look` is called again and again meanwhile. */
async function made(file: string, name: string, look: () => void = () => {}): Promise<Experiment> {
  const running = start(['experiment', file, '-o', path.join(folder, `${name}.exp`), '--json']);
  const looking = setInterval(look, 50);
  const { stdout, stderr } = await running.ended.finally(() => clearInterval(looking));
  assert.match(stdout, /"schema": "iowitness\.experiment/, stderr);
  return JSON.parse(stdout);
}

test(
  'snapshots are written whole under memory that is held, and a mount, a queue and a group are changed for their arm alone',
  { skip },
  async () => {
    const memory = findHierarchies(parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'))).find(
      ({ controller }) => controller === 'memory' || controller === '',
    );
    assert.ok(memory);
    const group = path.join(memory.mountPoint, 'iowitness-kinds');
    const limit = memory.controller === '' ? 'memory.high' : 'memory.soft_limit_in_bytes';
    mkdirSync(group);
    const ahead = `/sys/block/${disk}/queue/read_ahead_kb`;
    const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trim() : '');
    const held = () => Number(/^Shmem:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
    const [heldBefore, limitBefore, aheadBefore] = [held(), read(path.join(group, limit)), read(ahead)];
    const optionsBefore = mountAt(volume)?.options ?? '';
    const seen = { options: new Set<string>(), ahead: new Set<string>(), limit: new Set<string>(), held: 0 };
    try {
      const changes = [
        `{ mount: { at: ${volume}, options: noatime } }`,
        `{ queue: { disk: ${disk}, name: read_ahead_kb, value: 64 } }`,
        `{ cgroup: { group: iowitness-kinds, name: ${limit}, value: 67108864 } }`,
      ];
      const file = plan(
        'snapshots',
        '{ snapshot: { size: 8M, every: 300ms, readers: 2 } }',
        changes.join(', '),
        'pressure: { memory: 128M }\nrun: 3s\nwarm-up: 500ms\ninterval: 100ms',
      );
      const result = await made(file, 'snapshots', () => {
        seen.options.add(mountAt(volume)?.options ?? '');
        seen.ahead.add(read(ahead));
        seen.limit.add(read(path.join(group, limit)));
        seen.held = Math.max(seen.held, held() - heldBefore);
      });
      assert.equal(result.done, 2);
      for (const { outcome } of result.runs) {
        assert.ok(outcome && outcome.rate.mean > 1e5, JSON.stringify(outcome?.rate));
        assert.equal(outcome.because, 'time');
      }
      assert.deepEqual([...seen.ahead].sort(), ['64', aheadBefore].sort());
      assert.deepEqual([...seen.limit].sort(), ['67108864', limitBefore].sort());
      assert.ok([...seen.options].some((options) => options.includes('noatime')));
      assert.ok(seen.held > 100 * 1024 ** 2, `${seen.held} bytes were held`);
      assert.deepEqual(
        [read(ahead), read(path.join(group, limit)), mountAt(volume)?.options],
        [aheadBefore, limitBefore, optionsBefore],
      );
      assert.deepEqual(
        readdirSync(volume).filter((name) => name.includes('snapshot')),
        [],
        'no snapshot is left on the volume',
      );
    } finally {
      rmdirSync(group);
    }
  },
);

test('a job of fio is the workload', { skip: skip || needsCommand('fio') }, async () => {
  const job = path.join(folder, 'job.fio');
  writeFileSync(
    job,
    `[writer]\ndirectory=${volume}\nrw=write\nbs=16k\nsize=16m\nthinktime=2ms\ntime_based\nruntime=60\n`,
  );
  const file = plan(
    'fio',
    `{ fio: ${job} }`,
    '{ sysctl: { name: vm.dirty_writeback_centisecs, value: 300 } }',
    'run: 2s',
  );
  const result = await made(file, 'fio');
  for (const { outcome } of result.runs) {
    assert.ok(outcome && outcome.rate.mean > 1e5, JSON.stringify(outcome?.rate));
    assert.equal(outcome.because, 'time');
  }
  // Its jobs have sessions of their own.
  const { stdout } = spawnSync('ps', ['-C', 'fio', '-o', 'args='], { encoding: 'utf8' });
  assert.ok(!stdout.includes(job), stdout);
});

test('a run ends as degraded a while after its throughput has fallen for good', { skip }, async () => {
  // As much as the time since its last turn is worth, so that a turn that comes late makes no hole: 8 MB/s for 15 s, and a fortieth from then on.
  const worker = path.join(folder, 'worker.cjs');
  writeFileSync(
    worker,
    `const fs = require('node:fs');
    const file = fs.openSync('${volume}/work', 'w');
    const [began, block] = [performance.now(), Buffer.alloc(8e6)];
    let last = began;
    setInterval(() => {
      const now = performance.now();
      const rate = now - began < 15_000 ? 8000 : 200;
      fs.writeSync(file, block, 0, Math.min(block.length, Math.round((now - last) * rate)), 0);
      last = now;
    }, 10);`,
  );
  const file = plan(
    'degraded',
    `{ command: [${process.execPath}, ${worker}] }`,
    '{ sysctl: { name: vm.dirty_writeback_centisecs, value: 300 } }',
    'run: 40s\nstop: degraded\ninterval: 100ms',
  );
  const result = await made(file, 'degraded');
  for (const { outcome } of result.runs) {
    assert.ok(outcome);
    assert.equal(outcome.because, 'degraded');
    assert.ok(outcome.onsetSeconds !== null && outcome.onsetSeconds > 3 && outcome.onsetSeconds < 20);
    assert.ok(outcome.rateSince !== null && outcome.rateSince < outcome.rate.p50 / 2);
  }
  assert.deepEqual(
    result.arms.map(({ degraded }) => degraded),
    [1, 1],
  );
});

test(
  'what is done by hand is asked for before the run and after it',
  { skip: skip || needsCommand('script') },
  async () => {
    const file = plan('hand', `{ command: 'sleep 60' }`, '{ by-hand: plug it in }', 'run: 1s');
    const place = path.join(folder, 'hand.exp');
    const child = spawn(
      'script',
      ['-qec', `exec ${process.execPath} ${MAIN} experiment ${file} -o ${place}`, '/dev/null'],
      {
        timeout: 120_000,
        killSignal: 'SIGKILL',
      },
    );
    let screen = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
    const gone = once(child, 'exit');
    for (const question of ['By hand: plug it in.', 'By hand: take back: plug it in.']) {
      for (let look = 0; look < 600 && !screen.includes(question); look += 1) await later(50);
      assert.ok(screen.includes(question), screen);
      child.stdin.write('\r');
    }
    await gone;
    assert.match(screen, /2 of 2 runs \(all runs are made\)/);
  },
);

test(
  'a service is refused where no systemd answers, before anything is made',
  { skip: skip || (existsSync('/run/systemd/system') ? 'cannot: this machine has systemd' : false) },
  async () => {
    const file = plan('unit', `{ command: 'sleep 60' }`, '{ stop-service: cadvisor.service }', 'run: 1s');
    const place = path.join(folder, 'unit.exp');
    assert.match(
      refusal(await run(['experiment', file, '-o', place])),
      /unit\.yaml:6:15: arm ‘changed’: systemd does not answer here \(.+\), so no service cadvisor\.service can be stopped\./,
    );
    assert.ok(!existsSync(place));
  },
);
