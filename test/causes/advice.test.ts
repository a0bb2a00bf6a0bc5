// The commands of advice by what was recorded: of a process that is there, of its unit or cgroup, and with what puts it back.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Owner } from '../../src/analysis/attribution/owners.js';
import { favourAdvice } from '../../src/causes/judge/favour.js';
import { journalAround } from '../../src/causes/judge/logs.js';
import { raiseLimit } from '../../src/causes/judge/memory.js';
import { quotaOf, raiseQuota } from '../../src/causes/judge/quota.js';
import { limitOf, pauseOf } from '../../src/causes/judge/restrain.js';
import type { Advice } from '../../src/model/diagnosis.js';
import type { CgroupLimit, Facts, Mount, RunningProcess } from '../../src/model/facts.js';
import { Intervals } from '../../src/base/intervals.js';
import { processOf } from '../support/asleep.js';
import { aCase, NO_COUNTERS, someFacts } from '../support/case.js';
import { grown, ME, measuresOf, type MadeUp } from '../support/measures.js';

const OTHER: Owner = { pid: 60, name: 'backup', via: 'direct' };

function cgroup(type: 'cgroup' | 'cgroup2', mountPoint: string, options = 'rw'): Mount {
  return { device: '0:30', mountPoint, root: '/', type, source: 'none', options };
}

/** A victim and another program in these cgroups, told as if a disk and both were known. */
function known(cgroups: Readonly<Record<number, Readonly<Record<string, string>>>>, facts: Partial<Facts> = {}) {
  const processes = Object.entries(cgroups).map(([pid, paths]): RunningProcess => ({
    ...processOf({ pid: Number(pid), comm: pid === String(ME) ? 'victim' : 'backup' }),
    cgroups: new Map(Object.entries(paths)),
  }));
  return given({ input: { facts: [someFacts({ processes, ...facts })] } });
}

function given(madeUp: MadeUp) {
  const m = measuresOf(madeUp);
  assert.ok(m.account && m.disk !== undefined);
  return { ...m, account: m.account, disk: m.disk };
}

function commandsOf(advice: Advice | undefined): (readonly [string, string | null])[] | undefined {
  return advice?.commands.map(({ command, undo }) => [command, undo]);
}

describe('a program stands still for a minute', () => {
  test('where it is there, and is let go whatever becomes of the shell', () => {
    assert.deepEqual(commandsOf(pauseOf(known({ 60: {} }), 'backup', 60)), [
      ['ps -o pid,lstart,args -p 60', null],
      ['(sleep 60; kill -CONT 60) & kill -STOP 60', '`kill -CONT 60`'],
    ]);
  });

  test('not where it has ended: its number may be another’s', () => {
    assert.equal(pauseOf(known({ [ME]: {} }), 'backup', 60), undefined);
    assert.equal(pauseOf(known({ [ME]: {} }), 'journal', null), undefined);
  });
});

describe('a program’s I/O is limited', () => {
  const commandOf = (m: Parameters<typeof limitOf>[0], origin = OTHER) => commandsOf(limitOf(m, origin, 1e6));

  test('by its unit, which systemd names', () => {
    const unit = String.raw`my\x2dbackup.service`;
    assert.deepEqual(
      commandOf(known({ [ME]: { '': '/system.slice/db.service' }, 60: { '': `/system.slice/${unit}` } })),
      [
        [
          `systemctl set-property --runtime '${unit}' 'IOReadBandwidthMax=/dev/loop0 500000' 'IOWriteBandwidthMax=/dev/loop0 500000'`,
          `\`systemctl set-property --runtime '${unit}' IOReadBandwidthMax= IOWriteBandwidthMax=\``,
        ],
      ],
    );
  });

  test('not where the victim is in it as well, or a user’s own manager has it', () => {
    const session = { '': '/user.slice/user-0.slice/session-3.scope' };
    assert.equal(commandOf(known({ [ME]: session, 60: session })), undefined);
    const users = { '': '/user.slice/user-1000.slice/user@1000.service/app.slice/x.service' };
    assert.equal(commandOf(known({ [ME]: { '': '/' }, 60: users })), undefined);
  });

  test('by its cgroup of version 1, but of what another thread writes for it', () => {
    const mounts = [cgroup('cgroup', '/blkio', 'rw,blkio')];
    const m = known({ [ME]: { blkio: '/' }, 60: { blkio: '/docker/1' } }, { mounts });
    assert.deepEqual(commandOf(m), [
      [
        "echo '7:0 500000' > /blkio/docker/1/blkio.throttle.read_bps_device",
        "`echo '7:0 0' > /blkio/docker/1/blkio.throttle.read_bps_device`",
      ],
      [
        "echo '7:0 500000' > /blkio/docker/1/blkio.throttle.write_bps_device",
        "`echo '7:0 0' > /blkio/docker/1/blkio.throttle.write_bps_device`",
      ],
    ]);
    assert.equal(commandOf(m, { ...OTHER, via: 'flushed' }), undefined);
    assert.equal(commandOf(known({ 60: { blkio: '/' } }, { mounts })), undefined, 'the root has everybody');
  });

  test('the next time, where it has ended', () => {
    assert.match(
      commandOf(known({ [ME]: {} }))?.[0]?.[0] ?? '',
      /^systemd-run --scope -p 'IOReadBandwidthMax=\/dev\/loop0 500000' .* -- COMMAND$/,
    );
  });
});

describe('a starved victim is lifted', () => {
  const cpu = cgroup('cgroup', '/cpu', 'rw,cpu');

  function lifted(
    own: { readonly cgroup?: string; readonly session?: number; readonly nice?: number },
    files: Readonly<Record<string, string>> = {},
  ) {
    const process = (pid: number, cpuGroup: string, session: number, nice: number): RunningProcess => ({
      ...processOf({ pid, comm: 'x' }),
      cgroups: new Map([['cpu', cpuGroup]]),
      scheduling: { policy: 0, nice, session },
    });
    const processes = [process(ME, own.cgroup ?? '/', own.session ?? 1, own.nice ?? 0), process(60, '/', 1, 0)];
    const facts = someFacts({ mounts: [cpu], processes, files: new Map(Object.entries(files)) });
    return commandsOf(favourAdvice(given({ input: { facts: [facts] } }), 60));
  }

  test('by nice among threads of one group, up to the most there is', () => {
    assert.deepEqual(lifted({}), [['renice -n -10 -p $(ls /proc/50/task)', '`renice -n 0 -p $(ls /proc/50/task)`']]);
    assert.equal(lifted({ nice: -15 })?.[0]?.[0], 'renice -n -20 -p $(ls /proc/50/task)');
    assert.equal(lifted({ nice: -20 })?.[0]?.[0], 'top -d 5 -o %CPU');
  });

  test('by its session where sessions are groups', () => {
    assert.deepEqual(lifted({ session: 2 }, { '/proc/sys/kernel/sched_autogroup_enabled': '1' }), [
      ['echo -10 > /proc/50/autogroup', '`echo 0 > /proc/50/autogroup`'],
    ]);
  });

  test('by the weight of its cgroup or unit', () => {
    assert.deepEqual(lifted({ cgroup: '/db' }, { '/cpu/db/cpu.shares': '512' }), [
      ['echo 5120 > /cpu/db/cpu.shares', '`echo 512 > /cpu/db/cpu.shares`'],
    ]);
    assert.deepEqual(lifted({ cgroup: '/db.service' }, { '/cpu/db.service/cpu.shares': '1024' }), [
      [
        'systemctl set-property --runtime db.service CPUShares=10240',
        '`systemctl set-property --runtime db.service CPUShares=1024`',
      ],
    ]);
  });

  test('not where it has ended, or nobody is known to run instead', () => {
    const looked = [['top -d 5 -o %CPU', null]];
    assert.deepEqual(commandsOf(favourAdvice(known({ 60: {} }), 60)), looked);
    assert.deepEqual(commandsOf(favourAdvice(known({ [ME]: {} }), undefined)), looked);
  });
});

describe('a limit is doubled, and put back', () => {
  const limit = (file: string, different: Partial<CgroupLimit> = {}): CgroupLimit => ({
    cgroup: '/db',
    file,
    kind: 'memory',
    what: 'bytes',
    value: 1000,
    ...different,
  });

  test('of memory, in its file or by its unit', () => {
    const raised = (one: CgroupLimit) => {
      const { command, undo } = raiseLimit({ ...one, used: 1000 });
      return [command, undo];
    };
    assert.deepEqual(raised(limit('/memory/db/memory.limit_in_bytes')), [
      'echo 2000 > /memory/db/memory.limit_in_bytes',
      '`echo 1000 > /memory/db/memory.limit_in_bytes`',
    ]);
    assert.deepEqual(raised(limit('/cg/db.service/memory.max', { cgroup: '/system.slice/db.service' })), [
      'systemctl set-property --runtime db.service MemoryMax=2000',
      '`systemctl set-property --runtime db.service MemoryMax=1000`',
    ]);
  });

  test('of CPU time, in the words of its file or by its unit', () => {
    const raised = (name: string, file: string, text: string) => {
      const path = `/cg/${name}/${file}`;
      const limits = [limit(path, { cgroup: `/${name}`, kind: 'cpu', what: 'quota', value: 0.5 })];
      const process = { ...processOf({ pid: ME, comm: 'victim' }), cgroups: new Map([['cpu', `/${name}`]]) };
      const facts = someFacts({ limits, processes: [process], files: new Map([[path, text]]) });
      const cgroups = new Map([[`/cg/${name}/cpu.stat`, grown({ nr_throttled: 5, throttled_usec: 1000 })]]);
      const m = given({ input: { facts: [facts], counters: { ...NO_COUNTERS, cgroups } } });
      const quota = quotaOf(m);
      assert.ok(quota);
      return commandsOf(raiseQuota(quota, m))?.[0];
    };
    assert.deepEqual(raised('db', 'cpu.max', '50000 100000\n'), [
      "echo '100000 100000' > /cg/db/cpu.max",
      "`echo '50000 100000' > /cg/db/cpu.max`",
    ]);
    assert.deepEqual(raised('db', 'cpu.cfs_quota_us', '50000\n'), [
      'echo 100000 > /cg/db/cpu.cfs_quota_us',
      '`echo 50000 > /cg/db/cpu.cfs_quota_us`',
    ]);
    assert.deepEqual(raised('db.service', 'cpu.max', '50000 100000\n'), [
      'systemctl set-property --runtime db.service CPUQuota=100%',
      '`systemctl set-property --runtime db.service CPUQuota=50%`',
    ]);
  });
});

test('the journal is asked for the time of the loss, and for its end where no time of day is known', () => {
  const lost = Intervals.of([{ from: 20_000, to: 30_000 }]);
  assert.equal(
    journalAround(aCase(), lost).command,
    "journalctl --since '1970-01-01 00:00:10 UTC' --until '1970-01-01 00:00:40 UTC'",
  );
  assert.equal(journalAround(aCase({ manifest: {} }), lost, true).command, 'journalctl -k -n 50');
});
