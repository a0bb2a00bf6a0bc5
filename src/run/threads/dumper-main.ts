// The process that asks watched JVMs for their threads while they are recorded: `fork('dumper-main.js')`. It is told which processes are watched and hands back
// what those that are JVMs print, at a rate that costs them little, all the time or while they stall. It ends with the recorder, whatever ends that.

import { gzipSync } from 'node:zlib';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicNs } from '../../base/clock.js';
import { messageOf, UserError } from '../../base/errors.js';
import { isQuickToWalk } from '../../tools/threads/cost.js';
import { LOOK_MS } from '../watch/judge.js';
import { askThreads } from './ask.js';
import type { Asking, FromDumper, ToDumper } from './dump-messages.js';
import { JvmStall } from './jvm-stall.js';
import { holdJvm, NoJvm, requireAnswers, StoppedJvm } from './jvm.js';
import { namespaceMap, threadsAtWork } from './kernel-view.js';
import { Peers } from './peers.js';

/** A JVM is asked this often at most, ms, and for no more of its time than one part of so many. */
const EVERY_MS = 2000;
const TIMES_ITS_ANSWER = 20;
/** A JVM that has just begun would die of the signal: it is looked at again after this time, ms, and so often. */
const TRY_AGAIN_MS = 500;
const TRIES = 5;
/** A process that is none may become one by execve(2), and one that is stopped goes on: it is looked at again after this time, ms. */
const LOOK_AGAIN_MS = 2000;
/** A refusal that took longer than this is none of these: the question was asked, and may still be under way. */
const ASKED_MS = 5000;
/** Larger dumps are not kept: a thousand threads with all the frames that HotSpot prints. */
const MOST_BYTES = 64 * 1024 * 1024;

interface Asked {
  readonly stall: JvmStall;
  readonly peers: Peers;
  nextMs: number;
  dumps: number;
  refusals: number;
}

const asked = new Map<number, Asked>();
let watched: readonly number[] = [];
let asking: Asking = 'stalled';

function tell(message: FromDumper): void {
  process.send?.(message);
}

/** Takes one dump, and tells how long the JVM took, ms. Throws NoJvm where the process is none, or a UserError where it gives none. */
async function takeDump(pid: number, number: number, peers: Peers): Promise<number> {
  const jvm = holdJvm(pid);
  try {
    requireAnswers(jvm);
    const { text, tookMs } = await askThreads(jvm, isQuickToWalk(jvm.resident));
    const atNs = monotonicNs();
    const tasks = namespaceMap(jvm);
    const atWork = threadsAtWork(jvm, peers, tasks);
    if (text.length > MOST_BYTES)
      throw new UserError(
        `A thread dump of process ${pid} has ${Math.round(text.length / 2 ** 20)} MiB, which is not kept.`,
      );
    const mark = { pid, file: `jvm/${pid}-${number}.txt.gz`, tookMs, atWork, ...(tasks && { tasks: [...tasks] }) };
    tell({ kind: 'dump', mark, packed: gzipSync(text, { level: 1 }), atNs });
    return tookMs;
  } finally {
    jvm.folder.close();
  }
}

/** Asks a process where it is time to. */
async function look(pid: number): Promise<void> {
  const now = performance.now();
  const state = asked.get(pid) ?? { stall: new JvmStall(pid), peers: new Peers(), nextMs: 0, dumps: 0, refusals: 0 };
  asked.set(pid, state);
  if (asking === 'stalled' && !state.stall.isUnderWay(now)) return;
  if (now < state.nextMs) return;
  try {
    const tookMs = await takeDump(pid, state.dumps + 1, state.peers);
    state.nextMs = now + Math.max(EVERY_MS, TIMES_ITS_ANSWER * tookMs);
    state.dumps += 1;
    state.refusals = 0;
  } catch (error) {
    state.nextMs = now + (error instanceof NoJvm || error instanceof StoppedJvm ? LOOK_AGAIN_MS : TRY_AGAIN_MS);
    if (error instanceof NoJvm) return;
    if (error instanceof StoppedJvm) return tell({ kind: 'none', why: messageOf(error) });
    state.refusals += 1;
    if (state.refusals < TRIES && performance.now() - now < ASKED_MS) return;
    state.nextMs = Infinity;
    tell({ kind: 'none', why: messageOf(error) });
  }
}

process.on('message', (message: ToDumper) => ({ watched, asking } = message));
process.on('disconnect', () => process.exit());
// Ctrl-C at a terminal is meant for the recorder, which ends this.
process.on('SIGINT', () => {});
for (;;) {
  for (const pid of watched) await look(pid);
  await pause(LOOK_MS);
}
