// The lines about locks between frames → which object, and how it is used. Source: javaVFrame::print_lock_info_on (src/hotspot/share/runtime/
// vframe.cpp) and Thread::print_owned_locks; java.lang.management.ThreadInfo.toString; jdk.internal.vm.ThreadDumper since JDK 25.
//
//   - locked <0x00000000fa18e2f0> (a java.lang.Object)           - waiting to lock <java.lang.Object@2c46f2a5>
//   - parking to wait for  <0x…> (a …$NonfairSync)               -  blocked on java.lang.Object@2c46f2a5
//
//   - waiting to lock <5284339c> (a java.lang.Object) owned by "writer" t@12           (VisualVM: an identity hash)
//
// An eliminated lock was never taken, and what has no reference names no lock: both are passed over.

import type { DumpedLock, LockUse, NamedOwner } from '../../model/thread-dump.js';

const USES: readonly (readonly [words: string, use: LockUse])[] = [
  ['locked', 'holds'],
  ['waiting to lock', 'wants'],
  ['waiting to re-lock in wait()', 'rewants'],
  ['waiting on the Class initialization monitor for', 'initialises'],
  ['waiting on', 'waits'],
  ['parking to wait for', 'parks'],
  ['blocked on', 'wants'],
];

/** A bracket that is not closed is a line that was cut, and the number in it another one. */
const ADDRESS = /^(?:<(?:0x)?([\da-f]{1,16})>|(?:0x)?([\da-f]{6,16}))(?: \((?:a |an )?(.*)\))?$/i;
const HASHED = /^(?:<([^\s<>]+)@([\da-f]{1,8})>|([^\s<>]+)@([\da-f]{1,8}))$/i;
/** JDK 8 and older print the class of a class's own lock as 'a java.lang.Class for com.Foo'. */
const CLASS_NAME = /^[\w$.;[]+(?: for .+)?$/;

/** Of hexadecimal digits: an address without leading zeros, so that the same object has the same id whoever printed it. */
export function addressId(digits: string): string {
  return `0x${digits.toLowerCase().replace(/^0+(?=.)/, '')}`;
}

/** '<0x…> (a CLASS)', 'CLASS@HASH' or '<CLASS@HASH>'; undefined for anything else. */
export function lockOf(text: string): DumpedLock | undefined {
  const [, inBrackets, bare, type = ''] = ADDRESS.exec(text) ?? [];
  const digits = inBrackets ?? bare;
  if (digits !== undefined) {
    // No object lies at 0: the JVM did not know it.
    if (/^0+$/.test(digits)) return undefined;
    return { id: addressId(digits), type: CLASS_NAME.test(type) ? type : '' };
  }
  const [, bracketed, itsHash, plain, hash = itsHash] = HASHED.exec(text) ?? [];
  const hashed = bracketed ?? plain;
  return hashed === undefined ? undefined : { id: `${hashed}@${hash}`, type: hashed };
}

/** VisualVM's name of the owner. */
const OWNED_BY = /^(.*\)) owned by "(.*)" t@(\d+)$/;

export interface LockLine extends DumpedLock {
  readonly use: LockUse;
  readonly ownedBy?: NamedOwner;
}

/** What stands behind the dash; undefined where it says nothing of a lock, or names none. */
export function lockLine(text: string): LockLine | undefined {
  const [, object = text, owner, javaId] = OWNED_BY.exec(text) ?? [];
  if (owner !== undefined) {
    const line = lockLine(object);
    return line && { ...line, ownedBy: { name: owner, javaId: Number(javaId) } };
  }
  const found = USES.find(([words]) => text.startsWith(words));
  if (!found) return undefined;
  const [words, use] = found;
  const rest = text.slice(words.length).trim();
  if (use === 'initialises') return CLASS_NAME.test(rest) ? { id: `class ${rest}`, type: rest, use } : undefined;
  const lock = lockOf(rest);
  return lock && { ...lock, use };
}
