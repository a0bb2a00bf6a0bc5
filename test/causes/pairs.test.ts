// What looks alike is told apart: the same victim, asleep nine tenths of its time, by what it sleeps in and by what is known besides.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Case } from '../../src/model/case.js';
import type { CgroupLimit } from '../../src/model/facts.js';
import type { OpenFile } from '../../src/model/recording.js';
import { asleep, END, ME, OTHER, processOf, ROUND_MS, ROUNDS } from '../support/asleep.js';
import { NO_COUNTERS, series, someFacts } from '../support/case.js';
import { LOOP0, type Row } from '../support/events.js';
import { diagnosed } from '../support/telling.js';

async function causeOf(input: Case): Promise<string> {
  return (await diagnosed(input)).verdict.cause;
}

const FROZEN = ['percpu_rwsem_wait', '__percpu_down_read', 'sb_start_write', 'vfs_write', 'ksys_write'];
const INODE_LOCK = ['rwsem_down_write_slowpath', 'down_write', 'ext4_file_write_iter', 'vfs_write'];
const JOURNAL = ['jbd2_log_wait_commit', 'ext4_sync_file', 'do_fsync'];
const TRANSACTION = ['wait_transaction_locked', 'start_this_handle', 'ext4_rename'];
const NAP = ['do_nanosleep', 'hrtimer_nanosleep'];
const DIRECT = ['io_schedule', '__iomap_dio_rw', 'ext4_file_write_iter'];

function syncs(count: number, pid: number): Row[] {
  return Array.from({ length: count }, (_, n) => ({
    t: (n + 0.5) * (END / count),
    pid,
    fields: { dev: LOOP0, ino: 12 },
  }));
}

test('a frozen filesystem, an inode’s lock and a nap are three things', async () => {
  assert.equal(await causeOf(asleep({ stack: FROZEN })), 'fs.frozen');
  const locked = await diagnosed(asleep({ stack: INODE_LOCK, wokenBy: OTHER }));
  assert.equal(locked.verdict.cause, 'fs.inode-lock');
  assert.deepEqual(locked.verdict.culprit, { kind: 'process', name: 'other', pid: OTHER });
  assert.equal(await causeOf(asleep({ stack: NAP, state: 1 })), 'app.idle');
});

test('waits for the journal are whose syncs they are; without the syncs it is a candidate and no verdict', async () => {
  const others = await diagnosed(asleep({ stack: TRANSACTION, more: { ext4_sync_file_enter: syncs(200, OTHER) } }));
  assert.equal(others.verdict.cause, 'fs.journal');
  assert.equal(others.verdict.culprit?.pid, OTHER);
  const io = series([0, END], { wchar: [0, 200 * 4096] });
  const processes = new Map([[ME, { pid: ME, comm: 'victim', stat: series([], {}), state: [], io }]]);
  const own = asleep(
    { stack: JOURNAL, more: { ext4_sync_file_enter: syncs(200, ME) } },
    { counters: { ...NO_COUNTERS, processes } },
  );
  assert.equal(await causeOf(own), 'app.sync-writes');
  const unknown = await diagnosed(asleep({ stack: TRANSACTION }, { trace: [] }));
  assert.equal(unknown.verdict.cause, 'inconclusive');
  assert.deepEqual(
    unknown.candidates.map(({ cause }) => cause),
    ['fs.journal'],
  );
});

const URING = ['io_cqring_wait', '__do_sys_io_uring_enter', 'do_syscall_64'];
const AIO = ['read_events', 'do_io_getevents', '__x64_sys_io_getevents'];

test('who waits for any completion and has no request in any device waits for input, whatever the kernel calls it', async () => {
  for (const stack of [URING, AIO]) {
    const { verdict } = await diagnosed(asleep({ stack }));
    assert.equal(verdict.cause, 'app.idle');
    assert.match(verdict.sentence, /waiting for input/);
  }
});

test('who waits for completions of its own requests waits for the disk, or for the limit that held them back', async () => {
  const rounds = Array.from({ length: ROUNDS }, (_, n) => n * ROUND_MS);
  const read = (t: number, pid: number, sector: number): Row => ({
    t,
    pid,
    fields: { dev: LOOP0, sector, nr_sector: 8, rwbs: 'R', error: 0 },
  });
  const all = (pid: number, queued: number) => ({
    block_bio_queue: rounds.map((t) => read(t + queued, pid, t * 8)),
    block_rq_issue: rounds.map((t) => read(t + queued + 0.1, pid, t * 8)),
    block_rq_complete: rounds.map((t) => read(t + ROUND_MS - 0.25, 0, t * 8)),
  });
  const sharesOf = async (more: Readonly<Record<string, readonly Row[]>>) => {
    const { accounting } = await diagnosed(asleep({ stack: URING, more }));
    return new Map<string, number>(accounting.map(({ state, share }) => [state, share]));
  };
  const own = await sharesOf(all(ME, 9.9));
  assert.ok((own.get('block-device') ?? 0) > 0.8 && !own.has('pipe-socket'));
  // Queued late by a kernel thread, which a limit makes it do: only the wake-up tells whose it was.
  const held = await sharesOf(all(9, ROUND_MS - 5));
  assert.ok((held.get('block-held') ?? 0) > 0.5 && !held.has('pipe-socket'));
  const others = await sharesOf({});
  assert.ok((others.get('pipe-socket') ?? 0) > 0.8);
});

test('what holds a command up from its first moment on began with it, what holds up another process may be older', async () => {
  const begun = async (role: 'command' | 'pid') => {
    const victims = [{ pid: ME, comm: 'victim', role, ...(role === 'command' && { releasedMs: 60 }) }];
    const { verdict } = await diagnosed(asleep({ stack: FROZEN }, { victims }));
    assert.equal(verdict.cause, 'fs.frozen');
    return verdict;
  };
  const command = await begun('command');
  assert.equal(command.fromStart, false);
  assert.ok((command.sinceMs ?? 0) >= 60);
  assert.equal((await begun('pid')).fromStart, true);
});

test('a tracer that stops a process is told, and no signal that would not continue it; who sent SIGSTOP is told all the same', async () => {
  const stack = ['ptrace_stop', 'ptrace_notify', 'syscall_trace_enter'];
  const attached = [{ pid: ME, tracer: 77, comm: 'strace', atMs: 2 }];
  const commandsOf = ({ verdict }: Awaited<ReturnType<typeof diagnosed>>) =>
    verdict.advice.flatMap(({ commands }) => commands.map(({ command }) => command));
  const traced = await diagnosed(asleep({ stack, state: 8 }, { attached }));
  assert.equal(traced.verdict.cause, 'cpu.stopped');
  assert.deepEqual(traced.verdict.culprit, { kind: 'process', name: 'strace', pid: 77 });
  assert.deepEqual(commandsOf(traced), ['kill 77']);
  const unknown = await diagnosed(asleep({ stack, state: 8 }));
  assert.deepEqual(commandsOf(unknown), [`grep TracerPid /proc/${ME}/status`]);
  const signal: Row = { t: 5, pid: OTHER, fields: { sig: 19, pid: ME, comm: 'victim' } };
  const more = { signal_generate: [signal] };
  const stopped = await diagnosed(asleep({ stack: ['do_signal_stop'], state: 4, more }, { attached }));
  assert.deepEqual(stopped.verdict.culprit, { kind: 'process', name: 'other', pid: OTHER });
  assert.deepEqual(commandsOf(stopped), [`kill -CONT ${ME}`]);
  const gone = [...attached, { pid: ME, tracer: 0, comm: '', atMs: 3 }];
  const later = await diagnosed(asleep({ stack: ['do_signal_stop'], state: 4 }, { attached: gone }));
  assert.deepEqual(commandsOf(later), [`kill -CONT ${ME}`]);
});

test('stopped is not asleep, and who stopped it is told by the freezer or the signal', async () => {
  const signal: Row = { t: 5, pid: OTHER, fields: { sig: 19, pid: ME, comm: 'victim' } };
  const stopped = await diagnosed(asleep({ stack: ['do_signal_stop'], state: 4, more: { signal_generate: [signal] } }));
  assert.equal(stopped.verdict.cause, 'cpu.stopped');
  assert.deepEqual(stopped.verdict.culprit, { kind: 'process', name: 'other', pid: OTHER });
  const limit: CgroupLimit = {
    cgroup: '/box',
    file: '/sys/fs/cgroup/freezer/box/freezer.state',
    kind: 'freezer',
    what: 'frozen',
    value: 1,
  };
  const facts = [someFacts({ limits: [limit], processes: [processOf({})] })];
  const frozen = await diagnosed(asleep({ stack: ['__refrigerator', 'get_signal'] }, { facts }));
  assert.equal(frozen.verdict.cause, 'cpu.stopped');
  assert.equal(frozen.verdict.culprit?.file, limit.file);
});

test('reclaim is no dirty throttle, and swapping is more than reclaim', async () => {
  const reclaim = ['reclaim_throttle', 'shrink_node', 'try_to_free_mem_cgroup_pages', 'try_charge_memcg'];
  assert.equal(await causeOf(asleep({ stack: reclaim })), 'mem.reclaim');
  const faults = series([0, END], { majflt: [0, 2000] });
  const processes = new Map([[ME, { pid: ME, comm: 'victim', stat: faults, state: ['D', 'D'] }]]);
  const vmstat = series([0, END], { pswpin: [0, 4000], pswpout: [0, 4000] });
  const swapping = asleep({ stack: reclaim }, { counters: { ...NO_COUNTERS, processes, vmstat } });
  assert.equal(await causeOf(swapping), 'mem.swap');
});

test('too few requests are blamed on the queue’s size, a full queue of ordinary size on the load', async () => {
  const stack = ['io_schedule', 'blk_mq_get_tag', 'blk_mq_submit_bio', ...DIRECT];
  const facts = (requests: string) => {
    const [device] = [...someFacts().devices.values()];
    assert.ok(device);
    const queue = new Map([['nr_requests', requests]]);
    return [someFacts({ devices: new Map([['7:0', { ...device, queue }]]), processes: [processOf({})] })];
  };
  assert.equal(await causeOf(asleep({ stack }, { facts: facts('4') })), 'blk.tags');
  const plenty = await diagnosed(asleep({ stack }, { facts: facts('256') }));
  assert.notEqual(plenty.verdict.cause, 'blk.tags');
  assert.ok(plenty.ruledOut.some(({ cause, why }) => cause === 'blk.tags' && why.includes('256')));
});

test('a program that tries again on a full filesystem is not idle; with room left it is the device that has none', async () => {
  const failed = Array.from({ length: ROUNDS }, (_, n) => ({
    t: n * ROUND_MS + 9,
    pid: ME,
    fields: { id: 1, ret: -28 },
  }));
  const space = {
    mountPoint: '/data',
    blockBytes: 4096,
    blocks: 1000,
    free: 0,
    available: 0,
    files: 100,
    freeFiles: 50,
    atMs: 0,
  };
  const full = asleep({ stack: NAP, state: 1, more: { sys_exit: failed } }, { space: [space] });
  assert.equal(await causeOf(full), 'fs.full');
  const roomy = { ...space, free: 900, available: 900 };
  const error: Row = { t: 500, pid: 0, fields: { dev: LOOP0, sector: 8, nr_sector: 8, rwbs: 'W', error: -28 } };
  const issue: Row = { t: 499, pid: 9, fields: { dev: LOOP0, sector: 8, nr_sector: 8, rwbs: 'W', error: 0 } };
  const below = asleep(
    { stack: NAP, state: 1, more: { sys_exit: failed, block_rq_issue: [issue], block_rq_complete: [error] } },
    { space: [roomy] },
  );
  assert.equal(await causeOf(below), 'dev.errors');
});

const PLAIN = ['vfs_write', 'ksys_write', 'do_syscall_64'];
const IN_WRITE = ['jbd2_log_wait_commit', 'ext4_sync_file', 'ext4_buffered_write_iter', ...PLAIN];
const IN_RENAME = ['jbd2_log_wait_commit', 'jbd2_journal_stop', '__ext4_journal_stop', 'ext4_rename', 'vfs_rename'];

/** A victim that waits below these functions, with a file of its own, on a mount with these options. */
function durable(
  stack: readonly string[],
  file: Partial<OpenFile> = {},
  options = 'rw,relatime',
  synced = syncs(200, ME),
): Case {
  const io = series([0, END], { wchar: [0, 200 * 4096], syscw: [0, 200] });
  const processes = new Map([[ME, { pid: ME, comm: 'victim', stat: series([], {}), state: [], io }]]);
  const open = {
    pid: ME,
    inode: 12,
    path: '/data/my log',
    device: '7:0',
    source: '/dev/loop0',
    how: 'open',
    atMs: 0,
  } as const;
  const mount = { device: '7:0', mountPoint: '/data', root: '/', type: 'ext4', source: '/dev/loop0', options };
  return asleep(
    { stack, more: { ext4_sync_file_enter: stack.includes('ext4_sync_file') ? synced : [] } },
    {
      counters: { ...NO_COUNTERS, processes },
      files: [{ ...open, ...file }],
      facts: [someFacts({ mounts: [mount], processes: [processOf({})] })],
    },
  );
}

test('a plain write that is synced, of a file that was opened without O_SYNC, is the file’s attribute', async () => {
  const { verdict } = await diagnosed(durable(IN_WRITE));
  assert.equal(verdict.cause, 'fs.sync-attribute');
  assert.deepEqual(verdict.culprit, { kind: 'setting', name: 'attribute S of /data/my log' });
  const commands = verdict.advice.flatMap((one) => one.commands.map(({ command }) => command));
  assert.deepEqual(commands, ["lsattr '/data/my log'", "chattr -S '/data/my log'"]);
});

test('a plain write is told by its system call where the compiler inlined what that calls', async () => {
  for (const call of ['__x64_sys_pwrite64', '__arm64_sys_write', '__x64_sys_pwritev'])
    assert.equal(await causeOf(durable([...IN_WRITE.slice(0, 3), 'vfs_write', call])), 'fs.sync-attribute', call);
  assert.equal(await causeOf(durable([...IN_WRITE.slice(0, 3), 'vfs_write', '__x64_sys_pwritev2'])), 'app.sync-writes');
});

test('O_SYNC, an fsync, RWF_DSYNC and a file that nobody saw are the program’s own; sync of the mount is the mount’s', async () => {
  const fsync = ['jbd2_log_wait_commit', 'ext4_sync_file', 'do_fsync', '__x64_sys_fsync'];
  const flagged = [
    'jbd2_log_wait_commit',
    'ext4_sync_file',
    'ext4_buffered_write_iter',
    'do_pwritev',
    '__x64_sys_pwritev2',
  ];
  for (const own of [
    durable(IN_WRITE, { durable: true }),
    durable(fsync),
    durable(flagged),
    durable(IN_WRITE, { inode: 13 }),
  ])
    assert.equal(await causeOf(own), 'app.sync-writes');
  assert.equal(await causeOf(durable(IN_WRITE, {}, 'rw,sync')), 'fs.sync-mount');
  // A fifth of the syncs are of a file of which nobody knows how it was opened.
  const mixed = syncs(200, ME).map((row, n) => ({ ...row, fields: { ...row.fields, ino: n % 5 === 0 ? 13 : 12 } }));
  assert.equal(await causeOf(durable(IN_WRITE, {}, 'rw', mixed)), 'app.sync-writes');
});

test('a change of a directory that waits for its commit is the directory’s attribute, or the mount’s option', async () => {
  const { verdict } = await diagnosed(durable(IN_RENAME));
  assert.equal(verdict.culprit?.name, 'attribute D or S of a directory on /data');
  const mounted = await diagnosed(durable(IN_RENAME, {}, 'rw,dirsync'));
  assert.deepEqual([mounted.verdict.cause, mounted.verdict.culprit?.name], ['fs.sync-attribute', 'dirsync of /data']);
  // It waits for others' commit to make room, which is nobody's attribute.
  assert.notEqual(await causeOf(durable(TRANSACTION)), 'fs.sync-attribute');
});
