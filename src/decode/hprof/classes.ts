// Classes of a dump → what the bytes of an instance mean: its own class's fields come first, then those of its superclass, and so on. A field is asked for
// with the class that declares it, as a subclass may have one of the same name.

import type { HeapObjectData } from './heap.js';
import { arrayType, INSTANCE, PRIMITIVE_ARRAY, sizeOf, TYPE } from './layout.js';
import type { ClassDump } from './sub-records.js';

/** Superclasses of superclasses; a damaged dump may have a circle. */
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

export class Classes {
  private readonly dumps: ReadonlyMap<number, ClassDump>;
  private readonly idSize: number;
  /** Of classes by id, and of fields by the id of their symbol. */
  private readonly names: ReadonlyMap<number, string>;
  private readonly symbols: ReadonlyMap<number, string>;
  private readonly ids = new Map<string, number>();

  constructor(
    dumps: ReadonlyMap<number, ClassDump>,
    idSize: number,
    names: ReadonlyMap<number, string>,
    symbols: ReadonlyMap<number, string>,
  ) {
    this.dumps = dumps;
    this.idSize = idSize;
    this.names = names;
    this.symbols = symbols;
    for (const [id, name] of names) if (!this.ids.has(name)) this.ids.set(name, id);
  }

  has(id: number): boolean {
    return this.dumps.has(id);
  }

  /** 'java.lang.Thread'; empty where it is not known. */
  nameOf(id: number): string {
    return this.names.get(id) ?? '';
  }

  idOf(name: string): number | undefined {
    return this.ids.get(name);
  }

  /** Itself, its superclass and so on, as far as the dump has them. */
  lineage(id: number): ClassDump[] {
    const line: ClassDump[] = [];
    for (let next = this.dumps.get(id); next && line.length < MOST_DEEP; next = this.dumps.get(next.superId))
      line.push(next);
    return line;
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
    for (const each of this.fieldsOf(object))
      if (each.owner === declaring && each.name === field) return valueAt(object.data, each.at, each.type, this.idSize);
    return undefined;
  }

  /** Ids of the objects that its fields lead to. */
  referencesOf(object: HeapObjectData): number[] {
    if (object.tag !== INSTANCE) return [];
    return [...this.fieldsOf(object)]
      .filter(({ type }) => type === TYPE.object)
      .map(({ at, type }) => valueAt(object.data, at, type, this.idSize) ?? 0);
  }

  private *fieldsOf({
    classOrType,
  }: HeapObjectData): Generator<{ owner: string; name: string; type: number; at: number }> {
    let at = 0;
    for (const { id, fields } of this.lineage(classOrType)) {
      for (let each = 0; each < fields.length; each += 2) {
        const type = fields[each + 1] ?? 0;
        yield { owner: this.nameOf(id), name: this.symbols.get(fields[each] ?? 0) ?? '', type, at };
        at += sizeOf(type, this.idSize);
      }
    }
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
