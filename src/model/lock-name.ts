// What a Java lock is called in sentences.

import { shortClass } from '../base/java-names.js';
import type { ThreadLock } from './threads.js';

const KINDS: Readonly<Record<ThreadLock['kind'], string>> = {
  monitor: 'the monitor of ',
  owned: '',
  'read-write': '',
  ownerless: '',
  class: 'the initialisation of ',
};

/** 'the monitor of java.lang.Object 0xfa18e2f0', 'ReentrantLock 0x…' */
export function lockName({ kind, type, id }: Pick<ThreadLock, 'kind' | 'type' | 'id'>): string {
  if (kind === 'class') return `${KINDS[kind]}${type}`;
  const name = kind === 'monitor' ? type : shortClass(type);
  const object =
    type !== '' && id.startsWith(`${type}@`) ? `${name}@${id.slice(type.length + 1)}` : `${name} ${id}`.trim();
  return `${KINDS[kind]}${object}`.trim();
}

/** The same without the object that it is: 'the monitor of SnapshotLock'. */
export function lockKindName({ kind, type }: Pick<ThreadLock, 'kind' | 'type'>): string {
  return `${KINDS[kind]}${shortClass(type)}`.trim();
}
