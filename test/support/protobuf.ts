// Protocol buffers read by their wire format alone: a message's fields by number. Written for tests, apart from what writes them.

export interface Message {
  readonly numbers: ReadonlyMap<number, readonly bigint[]>;
  readonly doubles: ReadonlyMap<number, readonly number[]>;
  readonly bytes: ReadonlyMap<number, readonly Buffer[]>;
}

/** Throws where the bytes are no message. */
export function parseMessage(bytes: Buffer): Message {
  const [numbers, doubles, texts] = [
    new Map<number, bigint[]>(),
    new Map<number, number[]>(),
    new Map<number, Buffer[]>(),
  ];
  const add = <T>(to: Map<number, T[]>, field: number, value: T) => to.set(field, [...(to.get(field) ?? []), value]);
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const field = tag >>> 3;
    if ((tag & 7) === 0) add(numbers, field, varint());
    else if ((tag & 7) === 1) {
      add(doubles, field, bytes.readDoubleLE(at));
      at += 8;
    } else if ((tag & 7) === 2) {
      const length = Number(varint());
      if (at + length > bytes.length) throw new Error(`field ${field} ends behind its message`);
      add(texts, field, bytes.subarray(at, (at += length)));
    } else throw new Error(`field ${field} has wire type ${tag & 7}`);
  }
  return { numbers, doubles, bytes: texts };
}

/** All messages of a repeated field; only of the trace's packets there are many, so they are not gathered by copying. */
export function* topLevel(bytes: Buffer): Generator<Message> {
  for (let at = 0; at < bytes.length;) {
    if (bytes[at++] !== 0x0a) throw new Error(`no packet at ${at - 1}`);
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at++);
      length += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    yield parseMessage(bytes.subarray(at, (at += length)));
  }
}
