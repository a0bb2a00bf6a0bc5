// What a plan's changes write into the undo journal: whatever the kernel or systemd changes with them is put back as well, by texts that the kernel takes,
// and what could not be put back is refused before anything is changed.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { UserError } from '../../../src/base/errors.js';
import { undoInReverse } from '../../../src/capture/undo-entries.js';
import { lineFor } from '../../../src/run/experiment/changes/cgroup.js';
import { restoring } from '../../../src/run/experiment/changes/mount.js';
import { queueChange } from '../../../src/run/experiment/changes/queue.js';
import { stopProcess } from '../../../src/run/experiment/changes/stop-process.js';
import { stopService } from '../../../src/run/experiment/changes/stop-service.js';
import { sysctl } from '../../../src/run/experiment/changes/sysctl.js';
import { needsCommand } from '../../support/requirements.js';
import { until } from '../../support/until.js';

function inFolder(act: (folder: string) => void): void {
  const folder = mkdtempSync('/var/tmp/iowitness-changes-');
  try {
    act(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a mount', () => {
  const put = (type: string, options: string, change: string) =>
    restoring({ device: '7:0', root: '/', mountPoint: '/data', type, source: '/dev/loop0', options }, change);

  it('gets back by a word of its own what mountinfo does not show', () => {
    assert.equal(put('ext4', 'rw,relatime', 'commit=30'), 'commit=0,rw,relatime');
    assert.equal(put('btrfs', 'rw,relatime', 'noatime,commit=300'), 'atime,commit=0,rw,relatime');
    assert.equal(put('ext4', 'rw,relatime,commit=10', 'commit=30'), 'rw,relatime,commit=10');
    assert.equal(put('ext4', 'rw,relatime,nodelalloc', 'delalloc,sync'), 'async,rw,relatime,nodelalloc');
    assert.equal(put('ext4', 'rw', 'noatime'), 'atime,strictatime,rw');
  });

  it('with an option of which nothing says how to take it back is refused', () => {
    for (const [type, change] of [
      ['ext4', 'data=writeback'],
      ['ext4', 'stripe=4'],
      ['ext4', 'noatime,max_batch_time=0'],
      ['xfs', 'commit=30'],
      ['btrfs', 'autodefrag'],
    ] as const)
      assert.throws(
        () => put(type, 'rw,relatime', change),
        (error) =>
          error instanceof UserError && /^Of \S+ it is not known how \/data \(\w+\) is to be/.test(error.message),
      );
  });
});

describe('a control group’s file', () => {
  it('of a device without a line gets the word that the kernel takes', () => {
    assert.equal(lineFor('io.weight', '8:0 200', 'default 100'), '8:0 default');
    assert.equal(lineFor('io.bfq.weight', '8:0 200', 'default 100\n8:16 50'), '8:0 default');
    assert.equal(lineFor('blkio.bfq.weight_device', '8:0 200', ''), '8:0 default');
    assert.equal(lineFor('blkio.throttle.write_bps_device', '8:0 1000000', ''), '8:0 0');
    assert.equal(lineFor('io.max', '8:0 wbps=1000 riops=5', '8:16 rbps=1'), '8:0 wbps=max riops=max');
    assert.equal(lineFor('io.latency', '8:0 target=75', ''), '8:0 target=max');
    assert.throws(() => lineFor('io.cost.qos', '8:0 enable=1', ''), UserError);
  });

  it('has back the line that it had, and without a device the default alone', () => {
    assert.equal(lineFor('io.weight', '8:0 200', 'default 100\n8:0 300'), '8:0 300');
    assert.equal(lineFor('io.cost.qos', '8:0 enable=1', '8:0 enable=0 ctrl=auto'), '8:0 enable=0 ctrl=auto');
    assert.equal(lineFor('io.weight', '150', 'default 100\n8:0 300'), 'default 100');
    assert.equal(lineFor('memory.high', '2G', 'max'), 'max');
    assert.throws(
      () => lineFor('rdma.max', 'mlx4_0 hca_handle=2', 'mlx4_0 hca_handle=max\nmlx4_1 hca_handle=3'),
      UserError,
    );
  });

  it('that does something to the group is refused', () => {
    assert.throws(() => lineFor('cgroup.subtree_control', '+io', 'cpu memory'), UserError);
    assert.equal(lineFor('cgroup.freeze', '1', '0'), '0');
  });
});

describe('a queue’s setting', () => {
  const files: Readonly<Record<string, string>> = {
    scheduler: 'none [bfq] mq-deadline',
    nr_requests: '512',
    wbt_lat_usec: '2000',
    read_ahead_kb: '128',
    'iosched/slice_idle': '8',
    'iosched/slice_idle_us': '8500',
    'iosched/low_latency': '0',
  };
  const written = (name: string) => {
    let entries: readonly string[] = [];
    inFolder((folder) => {
      const queue = path.join(folder, 'sdb/queue');
      mkdirSync(path.join(queue, 'iosched'), { recursive: true });
      for (const [file, text] of Object.entries(files)) writeFileSync(path.join(queue, file), `${text}\n`);
      writeFileSync(path.join(queue, 'iosched/read_only'), '1\n', { mode: 0o444 });
      entries = queueChange({ disk: 'sdb', name, value: 'x' }, folder)
        .undo()
        .toReversed()
        .map((entry) => (entry.kind === 'write-file' ? `${path.relative(queue, entry.path)} ${entry.value}` : ''));
    });
    return entries;
  };

  it('is put back first, and then what it has set to its default', () => {
    const own = ['iosched/low_latency 0', 'iosched/slice_idle 8', 'iosched/slice_idle_us 8500'];
    assert.deepEqual(written('scheduler'), ['scheduler bfq', 'wbt_lat_usec 2000', 'nr_requests 512', ...own]);
    assert.deepEqual(written('nr_requests'), ['nr_requests 512', ...own]);
    assert.deepEqual(written('read_ahead_kb'), ['read_ahead_kb 128']);
  });
});

describe('a sysctl', () => {
  const shown = (name: string) => readFileSync(`/proc/sys/vm/${name}`, 'utf8').trim();

  it('of two that clear each other puts back the one that counts, however it is written', () => {
    for (const [one, other] of [
      ['dirty_bytes', 'dirty_ratio'],
      ['dirty_background_bytes', 'dirty_background_ratio'],
      ['overcommit_kbytes', 'overcommit_ratio'],
    ] as const) {
      const counts = shown(one) === '0' ? other : one;
      for (const name of [`vm.${one}`, `vm/${one}`, `vm.${other}`, `vm/${other}`])
        assert.deepEqual(
          sysctl.bind({ name, value: 1 }).undo(),
          [{ kind: 'write-file', path: `/proc/sys/vm/${counts}`, value: shown(counts) }],
          name,
        );
    }
    assert.deepEqual(sysctl.bind({ name: 'vm/swappiness', value: 1 }).undo(), [
      { kind: 'write-file', path: '/proc/sys/vm/swappiness', value: shown('swappiness') },
    ]);
  });
});

/** The states of a process's threads. */
function statesOf(pid: number): string {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => /\) (\w)/.exec(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'))?.[1] ?? '')
    .join('');
}

const EXIT_CALL: Readonly<Record<string, number>> = { x64: 60, arm64: 93 };
const exitCall = EXIT_CALL[process.arch];
const noThread = exitCall === undefined ? 'cannot: the number of exit(2) is not known here' : needsCommand('perl');

describe('a process that is stopped', () => {
  const NAME = `iow-w-${process.pid}`;
  const started = (...argv: string[]): ChildProcess & { pid: number } => {
    const child = spawn('perl', argv, { stdio: 'ignore' });
    assert.ok(child.pid !== undefined);
    return Object.assign(child, { pid: child.pid });
  };

  it('goes on after it, also where its first thread has ended', { skip: noThread }, async () => {
    const script = `use threads; threads->create(sub { sleep 1 while 1 })->detach; $0 = $ARGV[0]; syscall($ARGV[1] + 0, 0);`;
    const child = started('-e', script, NAME, String(exitCall));
    try {
      await until('its first thread to end', () => statesOf(child.pid) === 'ZS');
      const change = stopProcess.bind(NAME);
      const entries = change.undo();
      change.make();
      await until('the other to stop', () => statesOf(child.pid) === 'ZT');
      assert.deepEqual(undoInReverse(entries).undone, [`process ${child.pid} (${NAME}) goes on`]);
      await until('the other to go on', () => statesOf(child.pid) === 'ZS');
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('by somebody else stays so', { skip: needsCommand('perl') }, async () => {
    const [own, other] = [
      started('-e', '$0 = $ARGV[0]; sleep 1 while 1', NAME),
      started('-e', '$0 = $ARGV[0]; sleep 1 while 1', NAME),
    ];
    try {
      const isNamed = ({ pid }: { pid: number }) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === NAME;
      await until('both', () => isNamed(own) && isNamed(other));
      other.kill('SIGSTOP');
      await until('the other to stop', () => statesOf(other.pid) === 'T');
      const change = stopProcess.bind(NAME);
      const entries = change.undo();
      assert.deepEqual(
        entries.map((entry) => entry.kind === 'continue' && entry.pid),
        [own.pid],
      );
      change.make();
      await until('it to stop', () => statesOf(own.pid) === 'T');
      assert.throws(() => change.check(), /and not stopped already, so stopping it would change nothing/);
      undoInReverse(entries);
      await until('it to go on', () => statesOf(own.pid) === 'S');
      assert.equal(statesOf(other.pid), 'T');
    } finally {
      own.kill('SIGKILL');
      other.kill('SIGKILL');
    }
  });
});

/** Has a program answer as systemctl show does, for units with the properties given. */
function withSystemctl(units: Readonly<Record<string, string>>, act: () => void): void {
  const before = process.env['PATH'];
  inFolder((folder) => {
    for (const [unit, properties] of Object.entries(units))
      writeFileSync(path.join(folder, unit), `LoadState=loaded\n${properties}`);
    // systemctl show --property=A,B -- UNIT
    const script = `#!/bin/sh
test "$1 $3" = 'show --' || exit 1
grep -E "^($(echo "\${2#--property=}" | tr , '|'))=" "${folder}/$4" || echo ActiveState=inactive
`;
    writeFileSync(path.join(folder, 'systemctl'), script, { mode: 0o755 });
    process.env['PATH'] = `${folder}:${before}`;
    try {
      act();
    } finally {
      process.env['PATH'] = before;
    }
  });
}

describe('a service that is stopped', () => {
  const units = {
    'db.service': 'ActiveState=active\nRequiredBy=web.service idle.service\nBoundBy=\nTriggeredBy=db.socket\n',
    'web.service': 'ActiveState=active\nConsistsOf=worker.service\nRequiredBy=\n',
    'worker.service': 'ActiveState=active\nBoundBy=web.service\n',
    'idle.service': 'ActiveState=inactive\n',
    'db.socket': 'ActiveState=inactive\n',
  };
  const startedAgain = () => {
    const change = stopService.bind('db.service');
    change.check();
    return change
      .undo()
      .toReversed()
      .map((entry) => entry.kind === 'start-unit' && entry.unit);
  };

  it('is started again, and then all that ran and stopped with it', () => {
    withSystemctl(units, () => assert.deepEqual(startedAgain(), ['db.service', 'web.service', 'worker.service']));
  });

  it('is refused where another unit may start it again, unless that stops with it', () => {
    withSystemctl({ ...units, 'db.socket': 'ActiveState=active\n' }, () =>
      assert.throws(startedAgain, /^UserError: db\.socket may start again what stops with db\.service/),
    );
    const socket = {
      ...units,
      'db.socket': 'ActiveState=active\n',
      'web.service': 'ActiveState=active\nConsistsOf=db.socket\n',
    };
    withSystemctl(socket, () => assert.deepEqual(startedAgain(), ['db.service', 'web.service', 'db.socket']));
  });

  it('is refused where it runs no more when it is to be stopped', () => {
    withSystemctl({ 'db.service': 'ActiveState=inactive\n' }, () =>
      assert.throws(() => stopService.bind('db.service').undo(), /does not run, so stopping it would change nothing/),
    );
  });
});
