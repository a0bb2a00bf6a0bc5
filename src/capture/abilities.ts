// What this machine, kernel and user let a recorder see, found by trying it: each ability with what it is good for and what gives it.
// Everything that is tried is put back.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, messageOf } from '../base/errors.js';
import { EVENT_CLASSES } from './event-plan.js';
import { openKernelFilesystems } from './kernel-fs.js';
import { symbolsAreShown } from './kernel-symbols.js';
import { TraceInstance } from './tracefs.js';
import type { UndoJournal } from './undo.js';
import type { Ability } from '../model/results.js';
import type { Sink } from '../model/sink.js';

const NOWHERE: Sink = { reading() {}, failure() {}, pages() {}, file() {} };

function read(path: string): { text: string } | { errno: string } {
  try {
    return { text: readFileSync(path, 'utf8').trim() };
  } catch (error) {
    return { errno: errnoOf(error) ?? messageOf(error) };
  }
}

function readable(name: string, path: string, shows: string, remedy: string): Ability {
  const found = read(path);
  return 'text' in found
    ? { name, state: 'yes', detail: path, shows, remedy: '' }
    : { name, state: 'no', detail: `${path}: ${found.errno}`, shows, remedy };
}

function user(): Ability {
  const root = process.geteuid?.() === 0;
  return {
    name: 'root',
    state: root ? 'yes' : 'no',
    detail: `effective user ${process.geteuid?.() ?? '?'}`,
    shows: 'kernel events, kernel stacks, I/O figures of other users’ processes',
    remedy: root ? '' : 'Run it as root; without, the counters still tell throttled from slow.',
  };
}

/** Kernel lockdown: integrity refuses debugfs writes and blktrace, confidentiality tracefs as well (man kernel_lockdown.7). */
function lockdown(): Ability {
  const found = read('/sys/kernel/security/lockdown');
  const mode = 'text' in found ? (/\[(\w+)\]/.exec(found.text)?.[1] ?? found.text) : undefined;
  return {
    name: 'lockdown',
    state: mode === undefined ? 'unknown' : mode === 'confidentiality' ? 'no' : 'yes',
    detail: mode ?? 'not shown (securityfs is not mounted)',
    shows: 'whether the kernel refuses tracing: integrity leaves tracefs open, confidentiality closes it',
    remedy: mode === 'confidentiality' ? 'Boot with lockdown=integrity or without lockdown.' : '',
  };
}

const EVENTS_SHOW = EVENT_CLASSES.map((one) => one.shows).join('; ');
const STACKS_SHOW = 'in which function of the kernel the victim sleeps';
const WITHOUT_TRACEFS = 'not without tracefs';

function tracing(journal: UndoJournal): Ability[] {
  const shows = 'the life of each request, who waits for what, who wrote what the flusher writes';
  const { tracefs, why } = openKernelFilesystems(journal);
  if (tracefs === undefined)
    return [
      {
        name: 'tracefs',
        state: 'no',
        detail: why ?? 'not found',
        shows,
        remedy: 'Root and a kernel with CONFIG_FTRACE are needed.',
      },
      { name: 'events', state: 'no', detail: WITHOUT_TRACEFS, shows: EVENTS_SHOW, remedy: '' },
      { name: 'kernel stacks', state: 'no', detail: WITHOUT_TRACEFS, shows: STACKS_SHOW, remedy: '' },
    ];
  const folder = join(tracefs, 'instances', `iowitness-${process.pid}-doctor`);
  journal.plan([{ kind: 'rmdir', path: folder }]);
  try {
    const instance = new TraceInstance(tracefs, 'victim', folder);
    instance.followThreads([process.pid]);
    const missing = EVENT_CLASSES.flatMap((one) =>
      one.events
        .filter((event) => !instance.prepare(event, NOWHERE) || !instance.enable(event))
        .map((event) => `${event} (${one.shows})`),
    );
    const stacks = instance.takeSleepStacks(NOWHERE, TraceInstance.sleepFilter);
    return [
      { name: 'tracefs', state: 'yes', detail: tracefs, shows, remedy: '' },
      {
        name: 'events',
        state: missing.length === 0 ? 'yes' : 'partly',
        detail:
          missing.length === 0
            ? `all ${EVENT_CLASSES.flatMap((one) => one.events).length} that are asked for`
            : `missing: ${missing.join('; ')}`,
        shows: EVENTS_SHOW,
        remedy: missing.length === 0 ? '' : 'Nothing on this kernel; causes that need them say so.',
      },
      {
        name: 'kernel stacks',
        state: stacks ? 'yes' : 'no',
        detail: stacks ? 'stacktrace trigger on sched_switch' : 'the stacktrace trigger is refused',
        shows: STACKS_SHOW,
        remedy: stacks ? '' : 'The kernel needs CONFIG_STACKTRACE; the wait channel is sampled instead.',
      },
    ];
  } catch (error) {
    return [
      {
        name: 'tracefs',
        state: 'no',
        detail: messageOf(error),
        shows,
        remedy: 'See lockdown above; another security module may refuse it as well.',
      },
    ];
  }
}

function symbols(): Ability {
  const found = symbolsAreShown();
  return {
    name: 'kernel symbols',
    state: found ? 'yes' : 'no',
    detail: found ? '/proc/kallsyms' : 'addresses in /proc/kallsyms are hidden',
    shows: 'names for kernel stacks',
    remedy: found ? '' : 'As root, set kernel.kptr_restrict to 1 or 0 while recording.',
  };
}

function delayAccounting(): Ability {
  const found = read('/proc/sys/kernel/task_delayacct');
  const on = 'text' in found && found.text === '1';
  return {
    name: 'delay accounting',
    state: on ? 'yes' : 'partly',
    detail: 'text' in found ? `kernel.task_delayacct=${found.text}` : 'not in this kernel',
    shows:
      'time that a process waited for block I/O, for tools such as iotop and pidstat; iowitness does not depend on it',
    remedy: on
      ? ''
      : '`sysctl kernel.task_delayacct=1` switches it on for processes started afterwards (off by default since Linux 5.14).',
  };
}

function cgroups(): Ability {
  const v2 = read('/sys/fs/cgroup/cgroup.controllers');
  const v1 = existsSync('/sys/fs/cgroup/blkio');
  return {
    name: 'cgroups',
    state: 'text' in v2 || v1 ? 'yes' : 'no',
    detail:
      'text' in v2 ? `v2 (${v2.text || 'no controllers'})` : v1 ? 'v1' : 'no controller is mounted in /sys/fs/cgroup',
    shows: 'limits on I/O, CPU and memory',
    remedy: '',
  };
}

function diskCounters(): Ability {
  return readable('disk counters', '/proc/diskstats', 'throughput, requests and time per device', 'Mount /proc.');
}

function pressure(): Ability {
  return readable(
    'pressure',
    '/proc/pressure/io',
    'how long tasks waited for I/O, memory and CPU',
    'Boot with psi=1 (CONFIG_PSI).',
  );
}

/** What this machine does not show to anybody who records it, found by reading alone. What root and tracing lack, a recorder notices itself. */
export function findUnseen(): Ability[] {
  return [lockdown(), diskCounters(), pressure(), cgroups()].filter(({ state }) => state === 'no');
}

/** Tries everything. What the trial sets up is journalled; the caller undoes the journal. */
export function findAbilities(journal: UndoJournal): Ability[] {
  return [
    user(),
    lockdown(),
    ...tracing(journal),
    symbols(),
    diskCounters(),
    pressure(),
    readable(
      'own kernel stack',
      '/proc/self/stack',
      'kernel stacks by sampling, where events are refused',
      'Root and CONFIG_STACKTRACE are needed.',
    ),
    cgroups(),
    delayAccounting(),
  ];
}
