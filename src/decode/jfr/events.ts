// The events that are made use of: which of their fields, by name, and how these are found in a chunk's layout. An event or a field that a JDK does not have is
// missing, and so is one that has become something else.

import type { FlightKind } from '../../model/flight.js';
import type { Cursor } from './cursor.js';
import { skipStep, stepsOf, type Step } from './layout.js';
import type { Type, Types } from './metadata.js';

/** Where a field's value is kept: a number, a place in a pool, or of a text where in the file it stands. */
export const SLOT = {
  start: 0,
  duration: 1,
  thread: 2,
  stack: 3,
  class: 4,
  other: 5,
  address: 6,
  amount: 7,
  text: 8,
  port: 9,
  id: 10,
  value: 11,
} as const;
export const SLOTS = 12;
type Slot = keyof typeof SLOT;

const TEXTS: ReadonlySet<number> = new Set([SLOT.text, SLOT.value]);

const TIMED = { startTime: 'start', duration: 'duration', eventThread: 'thread', stackTrace: 'stack' } as const;
const SAMPLED = { startTime: 'start', sampledThread: 'thread', stackTrace: 'stack' } as const;

const USED: Readonly<Record<string, readonly [kind: FlightKind, fields: Readonly<Record<string, Slot>>]>> = {
  'jdk.JavaMonitorEnter': ['enter', { ...TIMED, monitorClass: 'class', previousOwner: 'other', address: 'address' }],
  'jdk.JavaMonitorWait': ['wait', { ...TIMED, monitorClass: 'class', notifier: 'other', address: 'address' }],
  'jdk.ThreadPark': ['park', { ...TIMED, parkedClass: 'class', address: 'address' }],
  'jdk.ThreadSleep': ['sleep', TIMED],
  'jdk.FileWrite': ['file-write', { ...TIMED, path: 'text', bytesWritten: 'amount' }],
  'jdk.FileRead': ['file-read', { ...TIMED, path: 'text', bytesRead: 'amount' }],
  'jdk.FileForce': ['file-force', { ...TIMED, path: 'text' }],
  'jdk.SocketWrite': [
    'socket-write',
    { ...TIMED, host: 'text', address: 'value', port: 'port', bytesWritten: 'amount' },
  ],
  'jdk.SocketRead': ['socket-read', { ...TIMED, host: 'text', address: 'value', port: 'port', bytesRead: 'amount' }],
  'jdk.ExecutionSample': ['sample', SAMPLED],
  'jdk.NativeMethodSample': ['native-sample', SAMPLED],
  'jdk.SafepointBegin': ['safepoint', TIMED],
  'jdk.GCPhasePause': ['gc-pause', TIMED],
  'jdk.DataLoss': ['loss', { startTime: 'start', amount: 'amount' }],
  'jdk.ActiveSetting': ['setting', { startTime: 'start', id: 'id', name: 'text', value: 'value' }],
  'jdk.JVMInformation': ['jvm', { startTime: 'start', jvmVersion: 'text', pid: 'id' }],
};

export interface Plan {
  readonly kind: FlightKind;
  readonly steps: readonly Step[];
  /** Where each step's value goes; below 0 for nowhere. */
  readonly slots: readonly number[];
}

export interface Plans {
  readonly byType: ReadonlyMap<number, Plan>;
  /** The pooled type of each slot that is a place in a pool. */
  readonly pools: ReadonlyMap<number, number>;
}

function planOf(types: Types, type: Type, pools: Map<number, number>): Plan | undefined {
  const [kind, fields] = USED[type.name] ?? [];
  const steps = kind === undefined ? undefined : stepsOf(types, type);
  if (kind === undefined || fields === undefined || !steps) return undefined;
  const slots = steps.map(({ field, form, isArray }) => {
    const slot = Object.hasOwn(fields, field.name) ? SLOT[fields[field.name] ?? 'id'] : -1;
    if (slot < 0 || isArray || form !== (TEXTS.has(slot) ? 'text' : 'number')) return -1;
    if (field.pooled) pools.set(slot, field.type);
    return slot;
  });
  return { kind, steps, slots };
}

export function plansOf(types: Types, wanted: (kind: FlightKind) => boolean): Plans {
  const byType = new Map<number, Plan>();
  const pools = new Map<number, number>();
  for (const type of types.values()) {
    const plan = Object.hasOwn(USED, type.name) ? planOf(types, type, pools) : undefined;
    if (plan && wanted(plan.kind)) byType.set(type.id, plan);
  }
  return { byType, pools };
}

/** Reads an event's values, the cursor behind its type; false where it does not end where it should. */
export function readEvent(cursor: Cursor, { steps, slots }: Plan, behind: number, values: Float64Array): boolean {
  values.fill(NaN);
  for (let at = 0; at < steps.length; at += 1) {
    const slot = slots[at] ?? -1;
    const step = steps[at];
    if (!step) continue;
    if (slot < 0) skipStep(cursor, step, behind);
    else if (step.form === 'text') {
      values[slot] = cursor.position;
      cursor.skipText();
    } else values[slot] = cursor.long();
  }
  return cursor.position === behind;
}
