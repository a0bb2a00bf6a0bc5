// A thread dump of HotSpot → the same one as a stranger may see it: printed anew of what was understood of it, so that nothing else is left, with the names of
// threads and of all classes but the JDK's replaced. Who waits for what whom has stays, as does how deep each stack is.

import { DumpReader } from '../../decode/thread-dump/reader.js';
import { LineSplitter } from '../../decode/thread-dump/text.js';
import {
  UNNAMED_CLASS,
  type DumpedLock,
  type DumpedThread,
  type LockUse,
  type ThreadDump,
} from '../../model/thread-dump.js';
import type { Pseudonyms } from './pseudonyms.js';

/** The words of HotSpot for each use (javaVFrame::print_lock_info_on, src/hotspot/share/runtime/vframe.cpp). */
const WORDS: Readonly<Record<LockUse, string>> = {
  holds: 'locked',
  wants: 'waiting to lock',
  rewants: 'waiting to re-lock in wait()',
  waits: 'waiting on',
  parks: 'parking to wait for',
  initialises: 'waiting on the Class initialization monitor for',
};

/** Methods whose names tell where a thread begins or what it initialises. */
const TOLD_METHODS = new Set(['run', 'main', '<init>', '<clinit>']);

/** Undefined where the text is no dump of HotSpot's, or several. */
export function redactedDump(text: Uint8Array, names: Pseudonyms): string | undefined {
  const dumps: ThreadDump[] = [];
  const reader = new DumpReader((dump) => dumps.push(dump));
  const lines = new LineSplitter((line) => reader.line(line));
  lines.push(text);
  reader.end(lines.end());
  const [dump, another] = dumps;
  return dump?.format === 'hotspot' && another === undefined ? printed(dump, names) : undefined;
}

function printed({ vm = '', threads, reported, ended, isOpen }: ThreadDump, names: Pseudonyms): string {
  const deadlocks = reported.flatMap(({ waiter, lock, owner }) => [
    `"${names.program(waiter)}":`,
    `  waiting to lock monitor 0x1 (object ${lock.id}, a ${names.javaClass(lock.type)}),`,
    `  which is held by "${names.program(owner)}"`,
  ]);
  return [
    `Full thread dump ${vm.replace(/[^\w .,+()-]/g, '')}:`,
    '',
    ...threads.flatMap((thread) => threadLines(thread, names)),
    ...(deadlocks.length > 0 ? ['Found one Java-level deadlock:', ...deadlocks, 'Found 1 deadlock.', ''] : []),
    ...(ended && isOpen !== true ? ['JNI global refs: 0, weak refs: 0', ''] : []),
  ].join('\n');
}

function threadLines(thread: DumpedThread, names: Pseudonyms): string[] {
  const { name, javaId, nativeId, state, frames, notes, synchronizers, elided, broken } = thread;
  const number = javaId === undefined ? '' : `#${javaId} `;
  const kernels = nativeId === undefined ? '' : ` nid=0x${nativeId.toString(16)}`;
  // That is told by the header's words alone.
  const isForClass = (type: string): boolean => type === UNNAMED_CLASS;
  const words = notes.some(({ type }) => isForClass(type)) ? 'in Object.wait()' : 'runnable';
  const notesAt = (at: number) =>
    notes
      .filter(({ frame, type }) => frame === at && !isForClass(type))
      .map((note) => `\t- ${WORDS[note.use]} ${objectOf(note, names)}`);
  return [
    `"${names.program(name)}" ${number}prio=5 tid=0x1${kernels} ${words}  [0x0]`,
    ...(state ? [`   java.lang.Thread.State: ${state}`] : []),
    ...frames.flatMap((frame, at) => [`\tat ${frameOf(frame, names)}`, ...notesAt(at)]),
    ...(elided ? ['\t...'] : []),
    ...(broken ? ['\tError occurred during stack walking:'] : []),
    ...(synchronizers
      ? ['', '   Locked ownable synchronizers:', ...synchronizers.map((lock) => `\t- ${objectOf(lock, names)}`)]
      : []),
    '',
  ];
}

/** A class that is initialised is its own name. */
function objectOf({ id, type }: DumpedLock, names: Pseudonyms): string {
  return id.startsWith('class ') ? names.javaClass(type) : `<${id}> (a ${names.javaClass(type)})`;
}

/** A method of the JDK stays; of any other class the class alone, as another. */
function frameOf(frame: string, names: Pseudonyms): string {
  const name = frame.slice(0, frame.indexOf('('));
  const dot = name.lastIndexOf('.');
  const [type, method] = [name.slice(0, dot), name.slice(dot + 1)];
  const instead = names.javaClass(type);
  return instead === type ? frame : `${instead}.${TOLD_METHODS.has(method) ? method : 'm'}(Unknown Source)`;
}
