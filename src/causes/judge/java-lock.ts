// What a lock of a JVM and its holder are called in a verdict: whose threads wait for it, who has it, and what that thread does, in Java's names and the
// kernel's.

import { percent } from '../../base/format.js';
import { poolName, shortMethod } from '../../base/java-names.js';
import type { Measures } from '../../analysis/measures.js';
import { jvmOf, type JavaHolder, type JavaLock } from '../../analysis/victim/java-lock.js';
import { lockKindName, lockName } from '../../model/lock-name.js';
import { peerName } from '../../model/peer-name.js';
import { number, said } from '../../model/quantity.js';
import { STATES } from '../../model/states.js';
import { JUDGING } from '../../model/thresholds/judging.js';
import type { KernelThread } from '../../model/threads.js';
import type { Argument } from '../cause.js';

/** '212 “http-…” threads', '3 threads' */
function crowd({ lock: { waiters } }: JavaLock): string {
  const pool = poolName(waiters.map(({ name }) => name));
  return `${waiters.length} ${pool === undefined ? '' : `“${pool}…” `}threads`;
}

function toWhat(call: string): string {
  return /write/.test(call) ? 'to' : /read/.test(call) ? 'from' : 'on';
}

/** 'write(2) to /data/snap.tmp', 'poll(2) on its connection with postgres (812) at 127.0.0.1:5432'; undefined where the kernel's view tells no call. */
function callText(kernel: KernelThread | null | undefined): string | undefined {
  const call = kernel?.call ?? undefined;
  if (!kernel || call === undefined) return undefined;
  const leadsTo = kernel.peer === null ? kernel.path : `its connection with ${peerName(kernel.peer)}`;
  return `${call}(2)${leadsTo === null ? '' : ` ${toWhat(call)} ${leadsTo}`}`;
}

/** 'which is in write(2) to /data/snap.tmp, asleep in balance_dirty_pages 97 % of that time'; without 'which' where nothing tells. */
function doing({ does, asleep, mostly }: JavaHolder): string {
  const method = does?.method ?? undefined;
  const call = callText(does?.kernel) ?? (method === undefined ? undefined : shortMethod(method));
  const how =
    asleep && mostly && asleep.share >= mostly.share / 2
      ? `asleep in ${asleep.place} ${percent(asleep.share)} of that time`
      : mostly
        ? `${STATES[mostly.state]} ${percent(mostly.share)} of that time`
        : '';
  if (call === undefined) return how === '' ? '' : `, which was ${how}`;
  return `, which is in ${[call, how].filter((part) => part !== '').join(', ')}`;
}

/** '212 “http-…” threads wait for the monitor of SnapshotLock (88 % of their time), which snapshot-writer (4711) holds, …' */
export function javaSentence(java: JavaLock, holder: JavaHolder): string {
  const sure = holder.grade === 'exact' ? '' : ` (inferred: ${holder.because})`;
  return `${crowd(java)} wait for ${lockKindName(java.lock)} (${percent(java.share)} of their time), held by “${holder.thread.name}” (${holder.task})${sure}${doing(holder)}.`;
}

/** Why the dumps name nobody. */
export function unknownOwner(java: JavaLock): string {
  return `${crowd(java)} wait for ${lockKindName(java.lock)} in ${java.seen} of ${java.dumps} thread dumps, and who holds it is unknown: ${java.owner.because}`;
}

/**
 * What its own dumps show of the victim's threads that forbids to call it idle or healthy, in words that follow 'because': a deadlock, or a lock that many wait
 * for, whatever its holder does. Undefined where they show nothing of the kind, or there are none.
 */
export function jamOf({ account, input, javaLock }: Measures): string | undefined {
  const jvm = account && jvmOf(account, input);
  const [circle] = jvm?.document.deadlocks ?? [];
  if (circle) return `its threads ${circle.map(({ name }) => `“${name}”`).join(', ')} wait for each other: a deadlock`;
  if (!javaLock || javaLock.share < JUDGING.notUnderstood) return undefined;
  return javaLock.holder ? javaSentence(javaLock, javaLock.holder).slice(0, -1) : unknownOwner(javaLock);
}

export const DUMPS = 'thread dumps of the JVM';

export function dumpEvidence(java: JavaLock): Argument[] {
  const { lock, seen, dumps, owner, holder } = java;
  const grade = holder?.grade ?? owner.grade;
  return [
    {
      measure: 'waiting by thread dumps',
      value: said`${number(lock.waiters.length)} threads, in ${number(seen)} of ${number(dumps)} dumps`,
      meaning: `they wait for ${lockName(lock)}`,
      source: DUMPS,
    },
    {
      measure: 'its owner',
      value: holder ? said`in ${number(holder.dumps)} of ${number(seen)} dumps` : 'unknown',
      meaning: `${holder ? `“${holder.thread.name}” (${holder.task}), ` : ''}${grade}: ${owner.because}`,
      source: DUMPS,
    },
    ...(holder ? whatItDid(holder) : []),
  ];
}

function whatItDid({ does, dumps }: JavaHolder): Argument[] {
  if (!does) return [];
  const { kernel, method, there } = does;
  const place = kernel?.wchan ?? undefined;
  const call = callText(kernel);
  const words = [call, place && `asleep in ${place}${there < does.dumps ? ` in ${there} of them` : ''}`].filter(
    Boolean,
  );
  return [
    {
      measure: 'what the owner did',
      value: said`in ${number(does.dumps)} of ${number(dumps)} dumps`,
      meaning: [words.join(', '), method].filter(Boolean).join('; '),
      source: `${DUMPS}, /proc/PID/task/TID/{stat,wchan,syscall} right behind each`,
    },
  ];
}
