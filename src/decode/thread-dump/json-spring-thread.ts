// A thread of Spring Boot's /actuator/threaddump → a thread. It is java.lang.management.ThreadInfo as Jackson writes it: locks are a class and an identity
// hash, and monitors name the frame that took them (docs.spring.io, Actuator REST API, "Thread Dump").

import { isParkedAt } from '../../base/java-names.js';
import type { DumpedLock, DumpedThread, LockNote } from '../../model/thread-dump.js';
import type { Frames } from './frames.js';
import { javaState } from './headers.js';
import { isFields, listOf, numberOf, textOf, type Fields } from './json-fields.js';
import { useOfAwaited } from './thread-builder.js';

/** The line that stands for a native method in a StackTraceElement. */
const NATIVE_LINE = -2;

function placeOf(frame: Fields): string {
  const file = textOf(frame['fileName']);
  const line = frame['lineNumber'];
  if (frame['nativeMethod'] === true || line === NATIVE_LINE) return 'Native Method';
  if (file === undefined) return 'Unknown Source';
  return typeof line === 'number' && line >= 0 ? `${file}:${line}` : file;
}

function frameOf(frame: unknown, frames: Frames): string[] {
  if (!isFields(frame)) return [];
  const [type, method] = [textOf(frame['className']), textOf(frame['methodName'])];
  return type === undefined || method === undefined ? [] : [frames.of(`${type}.${method}(${placeOf(frame)})`)];
}

function lockOf(lock: unknown): DumpedLock | undefined {
  if (!isFields(lock)) return undefined;
  const [type, hash] = [textOf(lock['className']), numberOf(lock['identityHashCode'])];
  return type === undefined || hash === undefined ? undefined : { id: `${type}@${hash.toString(16)}`, type };
}

function owned(monitors: unknown): LockNote[] {
  return listOf(monitors).flatMap((monitor) => {
    const lock = lockOf(monitor);
    if (!lock || !isFields(monitor)) return [];
    return [{ ...lock, use: 'holds' as const, frame: numberOf(monitor['lockedStackDepth']) ?? 0 }];
  });
}

export function springThread(fields: Fields, frames: Frames): DumpedThread {
  const javaId = numberOf(fields['threadId']);
  const state = javaState(textOf(fields['threadState']));
  const stack = listOf(fields['stackTrace']).flatMap((frame) => frameOf(frame, frames));
  const awaited = lockOf(fields['lockInfo']);
  const synchronizers = listOf(fields['lockedSynchronizers']).flatMap((lock) => lockOf(lock) ?? []);
  const [owner, ownerId] = [textOf(fields['lockOwnerName']), numberOf(fields['lockOwnerId'])];
  return {
    name: textOf(fields['threadName']) ?? '',
    ...(javaId !== undefined && { javaId }),
    virtual: false,
    ...(state && { state }),
    frames: stack,
    notes: [
      ...(awaited ? [{ ...awaited, use: useOfAwaited(state, isParkedAt(stack[0])), frame: 0 }] : []),
      ...owned(fields['lockedMonitors']),
    ],
    synchronizers,
    ...(owner !== undefined && { ownedBy: { name: owner, ...(ownerId !== undefined && { javaId: ownerId }) } }),
    elided: false,
    broken: false,
  };
}
