// A chunk's metadata event → its types by number, each with its fields in order. Layouts come from here alone: they differ from one JDK to the next.
//
//   size, 0, start, duration, metadata's number, texts (count, each), a tree of elements: name, attributes (count, name and value each),
//   children (count, each); all but the texts are numbers, and names and values are places among the texts.
//
// Source: jdk.jfr.internal.MetadataReader and MetadataDescriptor of OpenJDK 17.

import type { Cursor } from './cursor.js';

/** A JVM of today has about 300 types, and 100 KB of them. */
const MOST_TEXTS = 1_000_000;
const MOST_DEPTH = 32;

/** What a value takes: a number, so many bytes, a text, or the fields of its own type. */
export type Form = 'number' | 'byte' | 'float' | 'double' | 'text' | 'struct';

export interface Field {
  readonly name: string;
  /** Its type's number. */
  readonly type: number;
  /** Its value is a number in its type's pool. */
  readonly pooled: boolean;
  readonly isArray: boolean;
}

export interface Type {
  readonly id: number;
  readonly name: string;
  readonly fields: readonly Field[];
}

export type Types = ReadonlyMap<number, Type>;

const FORMS: Readonly<Record<string, Form>> = {
  boolean: 'byte',
  byte: 'byte',
  short: 'number',
  char: 'number',
  int: 'number',
  long: 'number',
  float: 'float',
  double: 'double',
  'java.lang.String': 'text',
};

export function formOf({ name }: Type): Form {
  return FORMS[name] ?? 'struct';
}

interface Open {
  readonly cursor: Cursor;
  readonly behind: number;
  readonly texts: readonly string[];
  readonly types: Map<number, Type>;
}

/** The event's fields begin where the cursor is. Undefined where they are damaged. */
export function readMetadata(cursor: Cursor, behind: number): Types | undefined {
  for (let field = 0; field < 3; field += 1) cursor.long();
  const count = cursor.long();
  if (!(count <= MOST_TEXTS)) return undefined;
  const texts: string[] = [];
  for (let at = 0; at < count && cursor.position <= behind; at += 1) {
    const text = cursor.text();
    if (typeof text === 'object' || text === undefined) {
      if (text !== null) return undefined;
      texts.push('');
    } else texts.push(text);
  }
  const types = new Map<number, Type>();
  const isWhole = element({ cursor, behind, texts, types }, 0, undefined);
  return isWhole && cursor.position === behind ? types : undefined;
}

/** Takes an element and all in it; false where it is damaged. */
function element(open: Open, depth: number, fields: Field[] | undefined): boolean {
  const { cursor, behind, texts, types } = open;
  const name = texts[cursor.long()] ?? '';
  const attributes = new Map<string, string>();
  for (let left = cursor.long(); left > 0; left -= 1) {
    if (cursor.position > behind) return false;
    const key = texts[cursor.long()] ?? '';
    attributes.set(key, texts[cursor.long()] ?? '');
  }
  let inner: Field[] | undefined;
  if (name === 'class') {
    inner = [];
    const id = Number(attributes.get('id') ?? NaN);
    types.set(id, { id, name: attributes.get('name') ?? '', fields: inner });
  } else if (name === 'field') {
    fields?.push({
      name: attributes.get('name') ?? '',
      type: Number(attributes.get('class') ?? NaN),
      pooled: attributes.get('constantPool') === 'true',
      isArray: attributes.has('dimension') && attributes.get('dimension') !== '0',
    });
  }
  for (let left = cursor.long(); left > 0; left -= 1)
    if (depth > MOST_DEPTH || cursor.position > behind || !element(open, depth + 1, inner)) return false;
  return cursor.position <= behind;
}
