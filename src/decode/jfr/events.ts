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

/** What is done with a field: one byte or one number is passed over, a number or a text's place is kept, or the step is passed over as it is. */
const DO = { skipByte: 0, skipNumber: 1, keepNumber: 2, keepText: 3, skipStep: 4 } as const;

export interface Plan {
  readonly kind: FlightKind;
  readonly steps: readonly Step[];
  /** One of DO for each step, in bytes of their own as it is asked a million times a second. */
  readonly doing: Uint8Array;
  /** Where each step's value goes; below 0 for nowhere. */
  readonly slots: Int8Array;
  /** The last event's values; NaN of what such an event does not have. */
  readonly values: Float64Array;
}

function doingOf({ form, isArray }: Step, slot: number): number {
  if (slot >= 0) return form === 'text' ? DO.keepText : DO.keepNumber;
  if (isArray) return DO.skipStep;
  return form === 'byte' ? DO.skipByte : form === 'number' ? DO.skipNumber : DO.skipStep;
}

function planOf(types: Types, type: Type): Plan | undefined {
  const [kind, fields] = USED[type.name] ?? [];
  const steps = kind === undefined ? undefined : stepsOf(types, type);
  if (kind === undefined || fields === undefined || !steps) return undefined;
  const slots = steps.map(({ field, form, isArray }) => {
    const slot = Object.hasOwn(fields, field.name) ? SLOT[fields[field.name] ?? 'id'] : -1;
    if (slot < 0 || isArray || form !== (TEXTS.has(slot) ? 'text' : 'number')) return -1;
    return slot;
  });
  return {
    kind,
    steps,
    doing: Uint8Array.from(steps, (step, at) => doingOf(step, slots[at] ?? -1)),
    slots: Int8Array.from(slots),
    values: new Float64Array(SLOTS).fill(NaN),
  };
}

/** By the number of their type, those of the wanted kinds. */
export function plansOf(types: Types, wanted: (kind: FlightKind) => boolean): ReadonlyMap<number, Plan> {
  const plans = new Map<number, Plan>();
  for (const type of types.values()) {
    const plan = Object.hasOwn(USED, type.name) ? planOf(types, type) : undefined;
    if (plan && wanted(plan.kind)) plans.set(type.id, plan);
  }
  return plans;
}

/** Reads an event's values into its plan's, the cursor behind its type; false where it does not end where it should. */
export function readEvent(cursor: Cursor, { steps, doing, slots, values }: Plan, behind: number): boolean {
  for (let at = 0; at < doing.length; at += 1) {
    const what = doing[at];
    if (what === DO.keepNumber) values[slots[at] ?? 0] = cursor.long();
    else if (what === DO.skipNumber) cursor.long();
    else if (what === DO.skipByte) cursor.skip(1);
    else if (what === DO.keepText) {
      values[slots[at] ?? 0] = cursor.position;
      cursor.skipText();
    } else {
      const step = steps[at];
      if (step) skipStep(cursor, step, behind);
    }
  }
  return cursor.position === behind;
}
