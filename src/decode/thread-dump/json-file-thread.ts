// A thread of Thread.dump_to_file's JSON → a thread. The form is that of JDK 21 to 26: numbers are strings until 25, states and locks are there since
// 25, an owner since 26 (jdk.internal.vm.ThreadDumper).

import type { DumpedLock, DumpedThread, LockNote, LockUse, NamedOwner } from '../../model/thread-dump.js';
import type { Frames } from './frames.js';
import { javaState } from './headers.js';
import { isFields, listOf, numberOf, textOf, type Fields } from './json-fields.js';
import { lockOf } from './lock-lines.js';

function textLock(value: unknown): DumpedLock | undefined {
  return typeof value === 'string' ? lockOf(value) : undefined;
}

function used(value: unknown, use: LockUse, frame = 0): LockNote[] {
  const lock = textLock(value);
  return lock ? [{ ...lock, use, frame }] : [];
}

/** 'parkBlocker' is an object with its owner's number since JDK 25, 26. */
function parkedOn(value: unknown): { readonly notes: LockNote[]; readonly owner?: NamedOwner } {
  if (!isFields(value)) return { notes: used(value, 'parks') };
  const javaId = numberOf(value['owner']);
  return { notes: used(value['object'], 'parks'), ...(javaId !== undefined && { owner: { name: '', javaId } }) };
}

function ownedMonitors(value: unknown): LockNote[] {
  return listOf(value).flatMap((at) => {
    if (!isFields(at)) return [];
    const frame = numberOf(at['depth']) ?? 0;
    return listOf(at['locks']).flatMap((lock) => used(lock, 'holds', frame));
  });
}

export function fileThread(fields: Fields, frames: Frames): DumpedThread {
  const javaId = numberOf(fields['tid']);
  const state = javaState(textOf(fields['state']));
  const parked = parkedOn(fields['parkBlocker']);
  return {
    name: textOf(fields['name']) ?? '',
    ...(javaId !== undefined && { javaId }),
    virtual: fields['virtual'] === true,
    ...(state && { state }),
    frames: listOf(fields['stack']).flatMap((frame) => (typeof frame === 'string' ? [frames.of(frame)] : [])),
    notes: [
      ...used(fields['blockedOn'], 'wants'),
      ...used(fields['waitingOn'], 'waits'),
      ...parked.notes,
      ...ownedMonitors(fields['monitorsOwned']),
    ],
    ...(parked.owner && { ownedBy: parked.owner }),
    elided: false,
    broken: false,
  };
}
