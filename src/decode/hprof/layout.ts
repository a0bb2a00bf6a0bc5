// The numbers of HPROF: tags of records, of sub-records, and sizes of types. Source: the comment at the head of
// src/hotspot/share/services/heapDumper.cpp of OpenJDK; Android's sub-records: art/runtime/hprof/hprof.cc.

export const RECORD = {
  utf8: 0x01,
  loadClass: 0x02,
  frame: 0x04,
  trace: 0x05,
  heapDump: 0x0c,
  heapSegment: 0x1c,
  heapEnd: 0x2c,
} as const;
/** u1 tag, u4 microseconds, u4 length. */
export const RECORD_HEAD = 9;

export const ROOT = {
  jniLocal: 0x02,
  javaFrame: 0x03,
  threadObject: 0x08,
} as const;
export const CLASS_DUMP = 0x20;
export const INSTANCE = 0x21;
export const OBJECT_ARRAY = 0x22;
export const PRIMITIVE_ARRAY = 0x23;

export const TYPE = { object: 2, int: 10, long: 11, byte: 8, char: 5 } as const;
const SIZES: readonly number[] = [0, 0, NaN, 0, 1, 2, 4, 8, 1, 2, 4, 8];

/** Bytes of a value; 0 for no type. */
export function sizeOf(type: number, idSize: number): number {
  return type === TYPE.object ? idSize : (SIZES[type] ?? 0);
}

const ARRAYS: readonly string[] = [
  '',
  '',
  '',
  '',
  'boolean',
  'char',
  'float',
  'double',
  'byte',
  'short',
  'int',
  'long',
];

/** 'byte[]' of the type of its elements. */
export function arrayType(type: number): string {
  return `${ARRAYS[type] ?? ''}[]`;
}

/**
 * Bytes behind the tag of a root or another sub-record of fixed length, in ids and in others: [ids, bytes]. Undefined for tags of objects and
 * of nothing that is known.
 */
export const FIXED: ReadonlyMap<number, readonly [ids: number, bytes: number]> = new Map([
  [0xff, [1, 0]],
  [0x01, [2, 0]],
  [ROOT.jniLocal, [1, 8]],
  [ROOT.javaFrame, [1, 8]],
  [0x04, [1, 4]],
  [0x05, [1, 0]],
  [0x06, [1, 4]],
  [0x07, [1, 0]],
  [ROOT.threadObject, [1, 8]],
  // Android: interned, finalizing, debugger, reference cleanup, internal, unreachable; a JNI monitor; a heap's name; an array without its data.
  [0x89, [1, 0]],
  [0x8a, [1, 0]],
  [0x8b, [1, 0]],
  [0x8c, [1, 0]],
  [0x8d, [1, 0]],
  [0x90, [1, 0]],
  [0x8e, [1, 8]],
  [0xfe, [1, 4]],
  [0xc3, [1, 9]],
]);
