// The document's figures → its first paragraph: which lock, how many wait, who holds it, what that thread does, since when, which stacks are cut,
// and what this can't tell. Each sentence stands for itself.

import { count, duration, several } from '../../base/format.js';
import { lockName } from '../../model/lock-name.js';
import { peerName } from '../../model/peer-name.js';
import { THREADS } from '../../model/thresholds/threads.js';
import type { LockOwner, ThreadActivity, ThreadLock, ThreadRef, Threads } from '../../model/threads.js';

type Told = Omit<Threads, 'answer'>;

const SHOWN_LOCKS = 3;
const SHOWN_NAMES = 3;
const MOST_OF_NAME = 60;
const TOLD_ABOVE = 'as told above';

const DOING: Readonly<Record<ThreadActivity['doing'], string>> = {
  write: 'writes to a file, pipe or terminal',
  sync: 'waits until a file is on the disk',
  read: 'reads from a file, pipe or terminal',
  file: 'is in a call on a file',
  network: 'is in a call on a socket',
  child: 'is in a call on a child process',
  lock: 'waits for a lock itself',
  news: 'waits to be told to go on',
  sleep: 'sleeps by its own choice',
  native: 'is in native code',
  java: 'runs Java code',
  unknown: 'shows no frame',
};

const WHY_CUT: Readonly<Record<Threads['cutStacks'][number]['why'], string>> = {
  limit: 'the printer’s limit',
  elided: 'the dump says that more follow',
  broken: 'reading it failed',
  end: 'the text ends there',
};

const STATES: Readonly<Record<string, string>> = {
  R: 'running or runnable',
  S: 'asleep',
  D: 'asleep, uninterruptible (D)',
  T: 'stopped',
  t: 'stopped by a debugger',
};

/** Names alone may be shared. */
function identity({ name, javaId, nativeId }: ThreadRef): string {
  return `${javaId ?? ''} ${nativeId ?? ''} ${name}`;
}

/** Of a long name, which may be a whole URL, the beginning and the end. */
function quoted({ name }: ThreadRef): string {
  const isLong = name.length > MOST_OF_NAME;
  return `“${isLong ? `${name.slice(0, MOST_OF_NAME / 2)}…${name.slice(-MOST_OF_NAME / 2)}` : name}”`;
}

function named(threads: readonly ThreadRef[]): string {
  return several(threads.map(quoted), SHOWN_NAMES);
}

/** 'is in write(2) to descriptor 7, /data/snap, asleep in balance_dirty_pages'; Java's view first where the kernel's is missing, or a futex, of which Java knows what for. */
function doingWords({ doing, method, kernel }: ThreadActivity): string {
  const java = `${DOING[doing]}${method === null ? '' : ` (${method})`}`;
  if (kernel === null) return java;
  const { call, descriptor, path, state, wchan, peer } = kernel;
  const leadsTo = peer === null ? (path ?? '') : `connected with ${peerName(peer)}`;
  const on = descriptor === null ? '' : ` on descriptor ${descriptor}${leadsTo === '' ? '' : `, ${leadsTo}`}`;
  const where = wchan === null ? '' : ` in ${wchan}`;
  const how = state === null ? '' : `, ${STATES[state] ?? `in state ${state}`}${where}`;
  return call === null || call === 'futex'
    ? `${java}; the kernel: ${how.slice(2) || 'not told'}`
    : `is in ${call}(2)${on}${how} (${method ?? 'no Java frame'})`;
}

function ownerSentence({ grade, thread, because, candidates }: LockOwner): string {
  if (thread) return `${quoted(thread)} holds it (${grade}: ${because}).`;
  const who =
    candidates.length === 0
      ? ''
      : `; ${candidates.length === 1 ? 'it may be' : 'it may be one of'} ${named(candidates)}`;
  return `Who holds it is unknown: ${because}${who}.`;
}

/** What the owner does; where it waits for a lock itself, the chain tells that. */
function doesSentence(lock: ThreadLock, ofDumps: number): string[] {
  if (lock.does === null || lock.chain.length > 0) return [];
  const who = lock.owner.thread ?? lock.owner.candidates[0];
  const dumps = `in ${lock.does.samples} of ${lock.samples} dumps in a row`;
  // Its method is known of each, the kernel's view is that beside the last.
  const often = ofDumps === 1 ? '' : lock.does.kernel ? ` by the last dump; in that method ${dumps}` : `, ${dumps}`;
  return who ? [`${quoted(who)} ${doingWords(lock.does)}${often}.`] : [];
}

/** Locks whose owners have been told, by id, and the words that say where. */
type TellsAlready = Map<string, string>;

function chainSentences({ owner, chain }: ThreadLock, told: TellsAlready): string[] {
  const sentences: string[] = [];
  let waiter = owner.thread;
  for (const [at, step] of chain.entries()) {
    const waits = `${waiter ? quoted(waiter) : 'It'} waits for ${lockName(step)}`;
    const where = told.get(step.id);
    if (where !== undefined) return [...sentences, `${waits}, ${where}.`];
    told.set(step.id, TOLD_ABOVE);
    const { thread, grade, because } = step.owner;
    const does = step.does === null || at < chain.length - 1 ? '' : `; that ${doingWords(step.does)}`;
    const end = thread ? `${quoted(thread)} holds (${grade})${does}` : `nobody is shown to hold (${because})`;
    sentences.push(`${waits}, which ${end}.`);
    waiter = thread;
  }
  return sentences;
}

function lockSentences(lock: ThreadLock, ofDumps: number, told: TellsAlready): string[] {
  const many = lock.waiters.length;
  const since = lock.forMs === null ? '' : ` for at least ${duration(lock.forMs)}`;
  const dumps = ofDumps > 1 ? ` (${lock.samples} of ${ofDumps} dumps)` : '';
  const where = told.get(lock.id);
  told.set(lock.id, TOLD_ABOVE);
  return [
    `${count(many)} ${many === 1 ? 'thread waits' : 'threads wait'} for ${lockName(lock)}${where === undefined ? '' : `, ${where}`}${since}${dumps}: ${named(lock.waiters)}.`,
    ...(where !== undefined
      ? []
      : [ownerSentence(lock.owner), ...doesSentence(lock, ofDumps), ...chainSentences(lock, told)]),
  ];
}

/** Locks and the circles that they make; one whose waiters are told of as links of a chain, or of a circle, is told with those. */
function locksSentences(locks: readonly ThreadLock[], deadlocks: Threads['deadlocks'], ofDumps: number): string[] {
  const links = new Set(deadlocks.flat().map(identity));
  const inCircles = locks.filter(({ waiters }) => waiters.some((waiter) => links.has(identity(waiter))));
  const told: TellsAlready = new Map(inCircles.map(({ id }) => [id, 'which is part of the deadlock']));
  const sentences: string[] = [];
  let [shown, hidden] = [0, 0];
  for (const lock of locks) {
    if (lock.waiters.every((waiter) => links.has(identity(waiter)))) continue;
    if (shown === SHOWN_LOCKS) hidden += 1;
    else {
      shown += 1;
      sentences.push(...lockSentences(lock, ofDumps, told));
      for (const { thread } of [lock.owner, ...lock.chain.map(({ owner }) => owner)])
        if (thread) links.add(identity(thread));
    }
  }
  if (hidden > 0)
    sentences.push(`${hidden === 1 ? 'One more lock is' : `${hidden} more locks are`} waited for, see below.`);
  return sentences;
}

function unnamedSentence(unnamed: Threads['unnamed']): string[] {
  const many = unnamed.length;
  if (many === 0) return [];
  const wait = many === 1 ? 'thread waits for a lock that' : 'threads wait for locks that';
  return [`${count(many)} ${wait} the dump does not name: ${named(unnamed)}.`];
}

/** Where no lock is waited for by as many: a free connection, a permit or another task's result is no lock, and has no holder in a dump. */
function taskSentences({ locks, taskWaits: [first] }: Told): string[] {
  const many = first?.threads.length ?? 0;
  if (!first || many < THREADS.leastInTask || locks.some(({ waiters }) => waiters.length >= many)) return [];
  return [
    `${count(many)} threads wait within a task of their pool to be told to go on, all in ${first.method}: ${named(first.threads)}. What that takes is no lock, so no dump shows who would tell them.`,
  ];
}

function cutSentence(cutStacks: Threads['cutStacks']): string[] {
  const [first] = cutStacks;
  if (!first) return [];
  const many = cutStacks.length;
  return [
    `${many === 1 ? 'One stack is' : `${count(many)} stacks are`} cut, ${named(cutStacks.map(({ thread }) => thread))} (${count(first.frames)} frames: ${WHY_CUT[first.why]}): locks that were taken in the missing frames don’t show here; a heap dump has them (\`heap\`), and of monitors a flight recording (\`jfr\`).`,
  ];
}

/** Why a dump may show no lock though threads wait for one. */
export type Blind = 'stackless' | 'lockless' | 'hides-virtual';

const BUT: Readonly<Record<Blind, string>> = {
  stackless: 'but it has the stacks of none, so whether one does is not in it',
  lockless: 'but before JDK 25 such a dump holds no monitors, so whether one waits for one is not in it',
  'hides-virtual': 'but virtual threads are in use, and those that wait are in no such dump',
};

function noneSentence(dumps: Threads['dumps'], blind: Blind | undefined): string {
  const threads = count(dumps.at(-1)?.threads ?? 0);
  const where = dumps.length === 1 ? 'the dump' : `each of ${dumps.length} dumps`;
  if (blind === undefined) return `No thread waits for a lock, of ${threads} in ${where}.`;
  return blind === 'hides-virtual'
    ? `None of the ${threads} threads in ${where} waits for a lock, ${BUT[blind]}.`
    : `None of the ${threads} threads in ${where} is shown to wait for a lock, ${BUT[blind]}.`;
}

/** `blind`: of the last dump. */
export function answerOf(document: Told, blind: Blind | undefined): string[] {
  const { dumps, locks, unnamed, cutStacks, deadlocks } = document;
  return [
    ...deadlocks.map((circle) => `Deadlock: ${named(circle)} wait for each other, and none of them will go on.`),
    ...locksSentences(locks, deadlocks, dumps.length),
    ...unnamedSentence(unnamed),
    ...(locks.length === 0 && unnamed.length === 0 ? [noneSentence(dumps, blind)] : []),
    ...taskSentences(document),
    ...cutSentence(cutStacks),
  ];
}
