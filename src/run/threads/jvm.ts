// A process id → the JVM behind it, held by its folder in /proc, which never leads to another process. Before a JVM is asked anything, it has to be one that
// hears a SIGQUIT: it prints its threads or opens its socket for it, and anything else dies of it.

import { constants } from 'node:os';
import { basename } from 'node:path';
import { UserError } from '../../base/errors.js';
import { HeldFolder } from '../../base/held-folder.js';
import { listFolder, readLink, readWhole } from '../../capture/files.js';

const { SIGQUIT } = constants.signals;

export interface Jvm {
  readonly pid: number;
  /** /proc/PID. */
  readonly folder: HeldFolder;
  /** The process's number in its own pid namespace. */
  readonly ownPid: number;
  /** Whether that is another than ours, so that its threads have other numbers there. */
  readonly isContained: boolean;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of memory that it has. */
  readonly resident: number;
  /** Whether its system calls have 64-bit numbers. */
  readonly is64: boolean;
}

/** The process is none, or no longer there. */
export class NoJvm extends UserError {}

/** It is stopped or frozen, and would answer once it goes on. */
export class StoppedJvm extends UserError {}

function field(status: string, name: string): readonly string[] {
  const found = new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1];
  return found === undefined ? [] : found.trim().split(/\s+/);
}

/** Whether the process has a handler for a signal (SigCgt of /proc/PID/status, a mask in hexadecimal). */
function catches(status: string, signal: number): boolean {
  const [mask = '0'] = field(status, 'SigCgt');
  return /^[\da-f]+$/i.test(mask) && ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

/** Holds the JVM; the caller closes its folder. Throws NoJvm where there is none, or a UserError where that can't be told. */
export function holdJvm(pid: number): Jvm {
  let folder: HeldFolder;
  try {
    folder = HeldFolder.at(`/proc/${pid}`);
  } catch {
    throw new NoJvm(`There is no process ${pid}: \`ps\` lists those that run.`);
  }
  try {
    return jvmIn(folder, pid);
  } catch (error) {
    folder.close();
    throw error;
  }
}

/** HotSpot begins its VM thread behind the collector's first threads. */
const FIRST_THREADS = 64;

/**
 * Whether a process looks like a JVM, by the name of its program or of the thread that HotSpot has for its safepoints (JDK 9 and later). For those that must
 * not wait: what a process has mapped, which tells it for sure, can't be read while it changes that.
 */
export function looksLikeJvm(pid: number, root = ''): boolean {
  const folder = `${root}/proc/${pid}`;
  // Where the program leads is hidden from other users, and the names of threads are not.
  if (basename(readLink(`${folder}/exe`) ?? '') === 'java') return true;
  const threads = listFolder(`${folder}/task`).slice(0, FIRST_THREADS);
  return threads.some((thread) => readWhole(`${folder}/task/${thread}/comm`) === 'VM Thread\n');
}

/**
 * The first address of a HotSpot JVM's code in what a process has mapped; undefined where it has none. OpenJ9 has a libjvm.so as well, which leads to its
 * own.
 */
export function hotspotIn(maps: string): string | undefined {
  if (/\/libj9vm\d*\.so/.test(maps)) return undefined;
  return /^([\da-f]+)-.*\/libjvm\.so(?: \(deleted\))?$/m.exec(maps)?.[1];
}

function jvmIn(folder: HeldFolder, pid: number): Jvm {
  const status = readWhole(folder.entry('status')) ?? '';
  const maps = readWhole(folder.entry('maps'));
  if (maps === undefined || maps === '')
    throw new UserError(
      `What process ${pid} has loaded can’t be read: run it as root, or as the user of that process.`,
    );
  const address = hotspotIn(maps);
  if (address === undefined)
    throw new NoJvm(
      `Process ${pid} is no HotSpot JVM (it has no libjvm.so of one), so it is left alone: name one of \`pgrep java\`, or give a file with its dump.`,
    );
  const pids = field(status, 'NSpid').map(Number);
  const [, uid = NaN] = field(status, 'Uid').map(Number);
  const [, gid = NaN] = field(status, 'Gid').map(Number);
  const [residentKb = NaN] = field(status, 'VmRSS').map(Number);
  return {
    pid,
    folder,
    ownPid: pids.at(-1) ?? pid,
    isContained: pids.length > 1,
    uid,
    gid,
    resident: residentKb * 1024,
    is64: address.length > 8,
  };
}

/** Throws a UserError where a JVM would not answer the signal that asks for its threads, or would die of it. */
export function requireAnswers({ folder, pid }: Jvm): void {
  const status = readWhole(folder.entry('status')) ?? '';
  if (!catches(status, SIGQUIT))
    throw new UserError(
      `Process ${pid} is a JVM that would die of the signal that asks for its threads (it has just begun, or runs with -Xrs), so it is left alone.`,
    );
  if (refusesToAttach(folder))
    throw new UserError(`Process ${pid} runs with -XX:+DisableAttachMechanism: it lets nobody ask for its threads.`);
  const [state] = field(status, 'State');
  if (state === 'Z') throw new UserError(`Process ${pid} has ended, so it can’t answer: name one that runs.`);
  if (state === 'T' || state === 't')
    throw new StoppedJvm(
      `Process ${pid} is stopped (SIGSTOP, a debugger), so it can’t answer: let it go on first (kill -CONT).`,
    );
  if (FROZEN.test(readWhole(folder.entry('wchan')) ?? ''))
    throw new StoppedJvm(`Process ${pid} is frozen with its cgroup, so it can’t answer: let it go on first.`);
}

/** Where a task of a frozen cgroup sleeps: kernel/signal.c (version 2), kernel/freezer.c (version 1). */
const FROZEN = /^(?:do_freezer_trap|__refrigerator)$/;

/** Whether it says so, on its command line or in a variable that HotSpot takes options from (Arguments::parse in runtime/arguments.cpp). */
function refusesToAttach(folder: HeldFolder): boolean {
  const words = ['cmdline', 'environ'].flatMap((name) => (readWhole(folder.entry(name)) ?? '').split('\0'));
  const options = words.flatMap(
    (word) => /^(?:JDK_JAVA|JAVA_TOOL|_JAVA)_OPTIONS=(.*)$/s.exec(word)?.[1]?.split(/\s+/) ?? word,
  );
  return options.includes('-XX:+DisableAttachMechanism');
}
