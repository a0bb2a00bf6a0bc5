// The document's figures → its first paragraph: which lock was waited for, by how many and how long, who had it, and what that thread did meanwhile. Each
// sentence stands for itself.

import { bytes, count, counted, duration, percent, several } from '../../base/format.js';
import { shortMethod } from '../../base/java-names.js';
import type { Jfr, JfrDeed, JfrMonitor, JfrThread } from '../../model/jfr.js';

type Told = Pick<Jfr, 'monitors' | 'parks' | 'covers' | 'files'>;

const SHOWN_NAMES = 3;
const SHOWN_DEEDS = 3;

const DID: Readonly<Record<JfrDeed['did'], string>> = {
  'file-write': 'wrote to',
  'file-force': 'flushed',
  'file-read': 'read from',
  'socket-write': 'wrote to the socket of',
  'socket-read': 'waited for the socket of',
  enter: 'waited itself for the monitor of',
  park: 'was parked on',
  wait: 'waited in Object.wait for',
  sleep: 'slept',
  'gc-pause': 'stood still for garbage collection',
  safepoint: 'stood still for a safepoint',
  sample: 'was found in',
  'native-sample': 'was found in',
};

/** What stands for an object that the event does not name. */
const UNNAMED: Readonly<Record<JfrDeed['did'], string>> = {
  'file-write': ' a path that is not told',
  'file-force': ' a path that is not told',
  'file-read': ' a path that is not told',
  'socket-write': ' a peer that is not told',
  'socket-read': ' a peer that is not told',
  enter: ' an object of a class that is not told',
  park: ' an object of a class that is not told',
  wait: ' an object of a class that is not told',
  sleep: '',
  'gc-pause': '',
  safepoint: '',
  sample: ' code that is not told',
  'native-sample': ' native code that is not told',
};

const FILE_CALLS: Readonly<Record<Jfr['files'][number]['did'], readonly [one: string, more: string]>> = {
  'file-write': ['write to', 'writes to'],
  'file-force': ['flush of', 'flushes of'],
  'file-read': ['read of', 'reads of'],
};

function quoted({ name }: JfrThread): string {
  return `“${name}”`;
}

function named(threads: readonly JfrThread[], all: number): string {
  return several(threads.map(quoted), SHOWN_NAMES, all);
}

/** 'the monitor of java.lang.Object 0x7f…' */
function monitorName({ type, address }: Pick<JfrMonitor, 'type' | 'address'>): string {
  return ['the monitor of', type ?? 'an object of a class that is not told', address ?? ''].join(' ').trim();
}

function waitSentence(monitor: JfrMonitor): string {
  const { threads, waits, waiters, waitedMs, longestMs, from, to } = monitor;
  const often = waits > threads ? `, ${count(waits)} times` : '';
  return `${counted(threads, 'thread', 'threads')} waited for ${monitorName(monitor)}${often}, ${duration(longestMs)} at most and ${duration(waitedMs)} in all, from ${from} to ${to}: ${named(waiters, threads)}.`;
}

function deedWords({ did, what, by, count: times, bytes: moved, ms }: JfrDeed, heldMs: number): string {
  const object =
    what === null ? UNNAMED[did] : ` ${did === 'sample' || did === 'native-sample' ? shortMethod(what) : what}`;
  const of =
    ms === null
      ? `in ${counted(times, 'sample', 'samples')}`
      : `for ${duration(ms)}${heldMs > 0 ? ` (${percent(ms / heldMs)})` : ''}`;
  const often = ms === null || times === 1 ? '' : `, ${count(times)} times`;
  const much = moved === null ? '' : `, ${bytes(moved)}`;
  const where = by === null || by === what ? '' : `, in ${shortMethod(by)}`;
  return `${DID[did]}${object} ${of}${often}${much}${where}`;
}

function isSame(a: JfrThread, b: JfrThread | null): boolean {
  return b !== null && a.name === b.name && a.javaId === b.javaId && a.nativeId === b.nativeId;
}

/** Another monitor that the owner waited for meanwhile, and who had that. */
function beyond(monitors: readonly JfrMonitor[], monitor: JfrMonitor): string[] {
  const { thread } = monitor.owner;
  if (!thread || !monitor.meanwhile.some(({ did }) => did === 'enter')) return [];
  const next = monitors.find(
    (other) => other !== monitor && other.owner.thread && other.waiters.some((waiter) => isSame(waiter, thread)),
  );
  return next?.owner.thread
    ? [`${quoted(next.owner.thread)} had ${monitorName(next)}, for which that one waited.`]
    : [];
}

function ownerSentences(monitors: readonly JfrMonitor[], monitor: JfrMonitor): string[] {
  const { grade, thread, because, share } = monitor.owner;
  if (!thread) return [`Who had it is unknown: ${because}.`];
  const most = share === null || share >= 1 ? '' : `, which makes ${percent(share)} of the waited time`;
  return [
    `${quoted(thread)} had it before them (${grade}: ${because}${most}).`,
    ...deedSentence(monitor, thread),
    ...kernelSentence(monitor),
    ...beyond(monitors, monitor),
  ];
}

function deedSentence({ meanwhile, heldMs, untoldMs }: JfrMonitor, thread: JfrThread): string[] {
  const deeds = meanwhile.filter(({ ms }) => ms !== null).slice(0, SHOWN_DEEDS);
  const samples = meanwhile.filter(({ ms }) => ms === null).slice(0, 1);
  const words = [...deeds, ...samples].map((deed) => deedWords(deed, heldMs));
  return [
    words.length === 0
      ? `Of what ${quoted(thread)} did in these ${duration(heldMs)} nothing is recorded.`
      : `In these ${duration(heldMs)} ${quoted(thread)} ${words.join('; ')}${untoldMs > 0 ? `; of ${duration(untoldMs)} no event tells` : ''}.`,
  ];
}

function kernelSentence({ kernel, heldMs }: JfrMonitor): string[] {
  if (kernel === null) return [];
  const told = kernel.map(({ state, ms }) => `${state} ${duration(ms)} (${percent(ms / heldMs)})`);
  return [`The kernel saw it meanwhile: ${several(told, SHOWN_DEEDS)}.`];
}

function parkSentences({ parks }: Told): string[] {
  const [first] = parks.filter(({ lock }) => lock !== null);
  if (!first) return [];
  const { threads, parks: times, type, longestMs, parkedMs, by } = first;
  return [
    `${counted(threads, 'thread was', 'threads were')} parked for locks of ${type ?? 'a class that is not told'}, ${counted(times, 'time', 'times')}, ${duration(longestMs)} at most and ${duration(parkedMs)} in all${by === null ? '' : `, most in ${shortMethod(by)}`}; who owned these is not in the recording.`,
  ];
}

function fileSentence({ files }: Told): string[] {
  const [first] = files;
  if (!first) return [];
  const { did, path, count: times, bytes: moved, ms, longestMs, thread } = first;
  const much = moved === null ? '' : ` (${bytes(moved)})`;
  const most = times === 1 ? '' : ` in all, ${duration(longestMs)} at most`;
  const by = thread ? `, ${times === 1 ? '' : 'the longest one '}by ${quoted(thread)}` : '';
  return [
    `Most time on files took ${counted(times, ...FILE_CALLS[did])} ${path ?? 'a path that is not told'}${much}: ${duration(ms)}${most}${by}.`,
  ];
}

/** What is said besides the document. */
interface Beyond {
  /** How many monitors were waited for, as the document has no more than the first rows of them. */
  readonly waitedFor: number;
  readonly hasVirtual: boolean;
  /** Why nothing was read at all. */
  readonly unread: string | undefined;
}

/** JFR's own threads wait for its own monitors, which holds nobody else up. */
const OF_JFR = /^jdk\.jfr\.internal\./;

function noneSentence({ monitors }: Told, hasVirtual: boolean): string {
  const but = monitors.length > 0 ? ' but for JFR’s own' : '';
  const virtual = hasVirtual ? '; of virtual threads, which are in use here, JFR records none' : '';
  return `No wait for a monitor is recorded${but}${virtual}.`;
}

export function answerOf(document: Told, { waitedFor, hasVirtual, unread }: Beyond): string[] {
  const { monitors, covers } = document;
  const [first, second] = monitors.filter(({ type }) => type === null || !OF_JFR.test(type));
  if (covers.events === 0) return [unread ?? 'There are no events in what could be read.'];
  return [
    ...(first ? [waitSentence(first), ...ownerSentences(monitors, first)] : [noneSentence(document, hasVirtual)]),
    ...(second
      ? [
          `${counted(waitedFor - 1, 'other monitor was', 'other monitors were')} waited for, ${duration(second.waitedMs)} at most.`,
        ]
      : []),
    ...parkSentences(document),
    ...(first ? [] : fileSentence(document)),
  ];
}
