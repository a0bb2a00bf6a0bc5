// A blocked thread's innermost frame → the monitor that it waits for. A heap dump does not tell it, but the objects in that frame's variables do, as
// javac puts the object of a synchronized block into a variable of its own, behind all others, and a thread at the beginning of a synchronized method
// has its parameters alone. Where both may be, it is left open.

import type { HeapObject, HeapThread } from '../../model/heap-dump.js';

export interface AwaitedMonitor {
  readonly object: HeapObject;
  /** It waits at the beginning of a synchronized method, and this object is what that locks. */
  readonly atEntry: boolean;
}

export type Lineages = ReadonlyMap<string, readonly string[]>;

const OBJECT = 'java.lang.Object';
const DESCRIPTOR = /\(([^)]*)\)/;
const PARAMETER = /\[*(?:L([^;]+);|[ZCFDBSIJ])/g;

/** The class of 'LockLab.block(Ljava/lang/Runnable;)V'. */
export function classOf(method: string): string {
  return method.slice(0, Math.max(0, method.lastIndexOf('.', method.indexOf('('))));
}

/** Class names of the parameters that are objects, '[]' for any array. */
function parametersOf(method: string): string[] {
  const [, list = ''] = DESCRIPTOR.exec(method) ?? [];
  return [...list.matchAll(PARAMETER)].flatMap(([whole, name]) =>
    whole.startsWith('[') ? ['[]'] : name === undefined ? [] : [name.replaceAll('/', '.')],
  );
}

/** Whether a variable of that class may hold the object. What is no known class may be an interface, which any object but a bare one may have. */
function mayHold(declared: string, { type }: HeapObject, lineages: Lineages): boolean {
  if (declared === '[]') return type.endsWith('[]');
  if (type === OBJECT) return declared === OBJECT;
  const line = lineages.get(declared);
  if (line?.at(-1) !== OBJECT || declared === OBJECT) return true;
  return lineages.get(type)?.includes(declared) ?? false;
}

/** Whether objects may be what is left of these parameters when those that are null are left out. */
function areParameters(objects: readonly HeapObject[], declared: readonly string[], lineages: Lineages): boolean {
  let at = 0;
  for (const object of objects) {
    while (at < declared.length && !mayHold(declared[at] ?? '', object, lineages)) at += 1;
    if (at === declared.length) return false;
    at += 1;
  }
  return true;
}

/**
 * Whether the object, which stands first in a frame of the method, may be a parameter: a compiled method forgets `this` once it needs it no more. A class
 * that may have it is enough; what may be an interface, or anything, is it where there are no more objects than parameters.
 */
export function mayBeParameter(
  method: string,
  object: HeapObject,
  objects: readonly HeapObject[],
  lineages: Lineages,
): boolean {
  const declared = parametersOf(method);
  const holding = declared.filter((each) => mayHold(each, object, lineages));
  const isClass = (each: string): boolean => each !== OBJECT && lineages.get(each)?.at(-1) === OBJECT;
  return holding.some(isClass) || (holding.length > 0 && objects.length <= declared.length);
}

/** Undefined where the dump leaves open which it is. `mirror`: the class object of the frame's class, where the dump has it. */
export function awaitedMonitor(
  { methods, references, lastIsField, thread }: HeapThread,
  lineages: Lineages,
  mirror: HeapObject | undefined,
): AwaitedMonitor | undefined {
  const [method = ''] = methods;
  const isNative = thread.frames[0]?.endsWith('(Native Method)') ?? true;
  if (isNative) return undefined;
  const objects = references.get(0) ?? [];
  const [first, ...others] = objects;
  const last = objects.at(-1);
  const declared = parametersOf(method);
  const mayBeStatic = areParameters(objects, declared, lineages);
  // A block always has its object, so a frame without any is at the beginning of a static method.
  if (!first || !last) return mirror && { object: mirror, atEntry: true };
  const isOwn = lineages.get(first.type)?.includes(classOf(method)) ?? false;
  const mayBeInstance = isOwn && areParameters(others, declared, lineages);
  if (!mayBeStatic && !mayBeInstance) return { object: last, atEntry: false };
  if (mayBeStatic && mayBeInstance) return undefined;
  if (mayBeInstance && first.id === last.id) return { object: first, atEntry: others.length === 0 };
  // Both a block and a synchronized method fit: what blocks lock is mostly a field's object.
  if (lastIsField) return undefined;
  if (mayBeInstance) return { object: first, atEntry: true };
  return mirror && { object: mirror, atEntry: true };
}
