// The document's figures → its first paragraph: which lock, how many wait, who holds it, what that thread does, since when, which stacks are cut,
// and what this can't tell. Each sentence stands for itself.

import { count, duration, several } from '../../base/format.js';
import { lockName } from '../../model/lock-name.js';
import type { LockOwner, ThreadActivity, ThreadLock, ThreadRef, Threads } from '../../model/threads.js';

type Told = Omit<Threads, 'answer'>;

const SHOWN_LOCKS = 3;
const SHOWN_NAMES = 3;

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

function quoted({ name }: ThreadRef): string {
  return `“${name}”`;
}

function named(threads: readonly ThreadRef[]): string {
  return several(threads.map(quoted), SHOWN_NAMES);
}

/** 'is in write(2) to descriptor 7, /data/snap, asleep in balance_dirty_pages'; Java's view alone where the kernel's is missing. */
function doingWords({ doing, method, kernel }: ThreadActivity): string {
  const java = `${DOING[doing]}${method === null ? '' : ` (${method})`}`;
  if (kernel === null) return java;
  const { call, descriptor, path, state, wchan } = kernel;
  const on = descriptor === null ? '' : ` on descriptor ${descriptor}${path === null ? '' : `, ${path}`}`;
  const where = wchan === null ? '' : ` in ${wchan}`;
  const how = state === null ? '' : `, ${STATES[state] ?? `in state ${state}`}${where}`;
  return call === null
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

function doesSentence(lock: ThreadLock, ofDumps: number): string[] {
  if (lock.does === null) return [];
  const who = lock.owner.thread ?? lock.owner.candidates[0];
  const often = ofDumps > 1 ? `, in ${lock.does.samples} of ${lock.samples} dumps in a row` : '';
  return who ? [`${quoted(who)} ${doingWords(lock.does)}${often}.`] : [];
}

function chainSentences({ owner, chain }: ThreadLock): string[] {
  let waiter = owner.thread;
  return chain.map((step) => {
    const who = waiter ? quoted(waiter) : 'It';
    const { thread, grade, because } = step.owner;
    const end = thread
      ? `${quoted(thread)} holds (${grade})${step.does === null ? '' : `; that ${doingWords(step.does)}`}`
      : `nobody is shown to hold (${because})`;
    waiter = thread;
    return `${who} waits for ${lockName(step)}, which ${end}.`;
  });
}

function lockSentences(lock: ThreadLock, ofDumps: number): string[] {
  const many = lock.waiters.length;
  const since = lock.forMs === null ? '' : ` for at least ${duration(lock.forMs)}`;
  const dumps = ofDumps > 1 ? ` (${lock.samples} of ${ofDumps} dumps)` : '';
  return [
    `${count(many)} ${many === 1 ? 'thread waits' : 'threads wait'} for ${lockName(lock)}${since}${dumps}: ${named(lock.waiters)}.`,
    ownerSentence(lock.owner),
    ...doesSentence(lock, ofDumps),
    ...chainSentences(lock),
  ];
}

function cutSentence(cutStacks: Threads['cutStacks']): string[] {
  const [first] = cutStacks;
  if (!first) return [];
  const many = cutStacks.length;
  return [
    `${many === 1 ? 'One stack is' : `${count(many)} stacks are`} cut, ${named(cutStacks.map(({ thread }) => thread))} (${count(first.frames)} frames: ${WHY_CUT[first.why]}): locks that were taken in the missing frames don’t show.`,
  ];
}

export function answerOf({ dumps, locks, cutStacks, deadlocks }: Told): string[] {
  const stuck = new Set(deadlocks.flat().map(({ name }) => name));
  const others = locks.filter(({ waiters }) => !waiters.every((waiter) => stuck.has(waiter.name)));
  const shown = others.slice(0, SHOWN_LOCKS);
  const hidden = others.length - shown.length;
  const sentences = deadlocks.map(
    (circle) => `Deadlock: ${named(circle)} wait for each other, and none of them will go on.`,
  );
  sentences.push(...shown.flatMap((lock) => lockSentences(lock, dumps.length)));
  if (hidden > 0)
    sentences.push(`${hidden === 1 ? 'One more lock is' : `${hidden} more locks are`} waited for, see below.`);
  const threads = dumps.at(-1)?.threads ?? 0;
  if (locks.length === 0)
    sentences.push(
      `No thread waits for a lock, of ${count(threads)} in ${dumps.length === 1 ? 'the dump' : `each of ${dumps.length} dumps`}.`,
    );
  sentences.push(...cutSentence(cutStacks));
  return sentences;
}
