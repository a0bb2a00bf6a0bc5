// Classes of a dump → what the bytes of an instance mean: its own class's fields come first, then those of its superclass, and so on. A field is asked for
// with the class that declares it, as a subclass may have one of the same name.

import type { HeapObjectData } from './heap.js';
import { arrayType, INSTANCE, PRIMITIVE_ARRAY, sizeOf, TYPE } from './layout.js';
import type { Prefix } from './prefix.js';
import type { ClassDump } from './sub-records.js';
import type { Symbols } from './symbols.js';

/** Superclasses of superclasses. */
const MOST_DEEP = 200;
const PRIMITIVES: Readonly<Record<string, string>> = {
  Z: 'boolean',
  C: 'char',
  F: 'float',
  D: 'double',
  B: 'byte',
  S: 'short',
  I: 'int',
  J: 'long',
};

/** 'java.lang.Object[]' of '[Ljava/lang/Object;', 'java.lang.Object' of 'java/lang/Object'. */
export function javaName(internal: string): string {
  if (!internal.startsWith('['))
    // A hidden class, as stacks have it.
    return internal.replaceAll('/', '.').replace(/\+0x(?=[\da-f]+$)/, '/0x');
  const element = internal.slice(1);
  const name = element.startsWith('L') ? javaName(element.slice(1).replace(/;$/, '')) : PRIMITIVES[element];
  return `${name ?? javaName(element)}[]`;
}

interface Field {
  /** The class that declares it. */
  readonly owner: string;
  readonly name: string;
  readonly type: number;
  /** Where it lies in an instance's bytes. */
  readonly at: number;
}

/** Of a class and all that it extends. */
interface Layout {
  readonly fields: readonly Field[];
  /** What these take of an instance. */
  readonly bytes: number;
  /** The dump has all of its superclasses. */
  readonly isWhole: boolean;
}

export class Classes {
  private readonly dumps: ReadonlyMap<number, ClassDump>;
  private readonly idSize: number;
  private readonly symbols: Symbols;
  /** Class → the symbol of its name. */
  private readonly nameIds = new Map<number, number>();
  private readonly names = new Map<number, string>();
  private byName: ReadonlyMap<string, number> | undefined;
  private readonly layouts = new Map<number, Layout>();

  constructor(dumps: ReadonlyMap<number, ClassDump>, { head, classes }: Prefix, symbols: Symbols) {
    this.dumps = dumps;
    this.idSize = head.idSize;
    this.symbols = symbols;
    for (const { id, name } of classes.values()) this.nameIds.set(id, name);
  }

  has(id: number): boolean {
    return this.dumps.has(id);
  }

  /** 'java.lang.Thread'; empty where it is not known. */
  nameOf(id: number): string {
    const known = this.names.get(id);
    if (known !== undefined) return known;
    const name = javaName(this.symbols.get(this.nameIds.get(id) ?? 0) ?? '');
    this.names.set(id, name);
    return name;
  }

  /** The first class of that name, 'java/lang/Thread'. */
  idOf(internal: string): number | undefined {
    this.byName ??= this.idsByName();
    return this.byName.get(internal);
  }

  private idsByName(): ReadonlyMap<string, number> {
    const ids = new Map<string, number>();
    for (const [id, name] of this.nameIds) {
      const text = this.symbols.get(name);
      // The same class of several loaders.
      if (text !== undefined && !ids.has(text)) ids.set(text, id);
    }
    return ids;
  }

  /** Itself, its superclass and so on, as far as the dump has them. */
  lineage(id: number): ClassDump[] {
    const line = new Set<ClassDump>();
    // A damaged dump may have a circle.
    for (
      let next = this.dumps.get(id);
      next && !line.has(next) && line.size < MOST_DEEP;
      next = this.dumps.get(next.superId)
    )
      line.add(next);
    return [...line];
  }

  isA(id: number, ancestor: string): boolean {
    return this.lineage(id).some((each) => this.nameOf(each.id) === ancestor);
  }

  /** 'byte[]', 'java.util.ArrayList'. */
  typeOf({ tag, classOrType }: HeapObjectData): string {
    return tag === PRIMITIVE_ARRAY ? arrayType(classOrType) : this.nameOf(classOrType);
  }

  /** The value of a field that class `declaring` declares; undefined where the object has no such field. */
  field(object: HeapObjectData | undefined, declaring: string, field: string): number | undefined {
    if (object?.tag !== INSTANCE) return undefined;
    const found = this.fieldsOf(object).find(({ owner, name }) => owner === declaring && name === field);
    return found && valueAt(object.data, found.at, found.type, this.idSize);
  }

  /** Ids of the objects that its fields lead to. */
  referencesOf(object: HeapObjectData): number[] {
    if (object.tag !== INSTANCE) return [];
    return this.fieldsOf(object)
      .filter(({ type }) => type === TYPE.object)
      .map(({ at, type }) => valueAt(object.data, at, type, this.idSize) ?? 0);
  }

  /** None where they don't fill the object's bytes: a class that is damaged would put another field's value in their place. */
  private fieldsOf({ classOrType, data }: HeapObjectData): readonly Field[] {
    let layout = this.layouts.get(classOrType);
    if (!layout) this.layouts.set(classOrType, (layout = this.layoutOf(classOrType)));
    const { fields, bytes, isWhole } = layout;
    return bytes === data.length || (!isWhole && bytes < data.length) ? fields : [];
  }

  private layoutOf(classId: number): Layout {
    const fields: Field[] = [];
    let bytes = 0;
    const line = this.lineage(classId);
    for (const { id, fields: own } of line) {
      for (let each = 0; each < own.length; each += 2) {
        const type = own[each + 1] ?? 0;
        fields.push({ owner: this.nameOf(id), name: this.symbols.get(own[each] ?? 0) ?? '', type, at: bytes });
        // Of a type that there is not nobody knows how much it takes.
        bytes += sizeOf(type, this.idSize) || NaN;
      }
    }
    return { fields, bytes, isWhole: line.at(-1)?.superId === 0 };
  }

  /** Static fields of a type, by name. */
  statics(id: number, type: number): { readonly name: string; readonly value: number }[] {
    const { statics = [] } = this.dumps.get(id) ?? {};
    const found = [];
    for (let each = 0; each < statics.length; each += 3)
      if (statics[each + 1] === type)
        found.push({ name: this.symbols.get(statics[each] ?? 0) ?? '', value: statics[each + 2] ?? 0 });
    return found;
  }
}

function valueAt(data: Uint8Array, at: number, type: number, idSize: number): number | undefined {
  const size = sizeOf(type, idSize);
  if (at + size > data.length) return undefined;
  const view = new DataView(data.buffer, data.byteOffset + at, size);
  if (size === 8) return view.getUint32(0) * 0x1_0000_0000 + view.getUint32(4);
  if (size === 4) return type === TYPE.int ? view.getInt32(0) : view.getUint32(0);
  return size === 1 ? view.getUint8(0) : view.getUint16(0);
}
