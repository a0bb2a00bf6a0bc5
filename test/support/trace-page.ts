// Builders of ftrace ring-buffer bytes for tests: records, control words and whole trimmed pages.

/** An event record of the given data, `delta` ns after the one before. */
export function record(data: readonly number[], delta: number): Buffer {
  const padded = Math.ceil(data.length / 4) * 4;
  const short = padded / 4 <= 28;
  const bytes = Buffer.alloc((short ? 4 : 8) + padded);
  bytes.writeUInt32LE((((delta << 5) >>> 0) | (short ? padded / 4 : 0)) >>> 0, 0);
  if (!short) bytes.writeUInt32LE(data.length + 4, 4);
  bytes.set(data, short ? 4 : 8);
  return bytes;
}

/** A control record: type_len 29 (padding), 30 (time extend) or 31 (absolute time), with its second word. */
export function word(type: number, delta: number, second: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE((((delta << 5) >>> 0) | type) >>> 0, 0);
  bytes.writeUInt32LE(second, 4);
  return bytes;
}

/** A trimmed page. `missed` sets both flags and stores the count behind the data. */
export function page(options: {
  readonly stamp: bigint;
  readonly records: readonly Buffer[];
  readonly missed?: bigint;
}): Buffer {
  const data = Buffer.concat(options.records);
  const header = Buffer.alloc(16);
  header.writeBigUInt64LE(options.stamp, 0);
  const flags = options.missed === undefined ? 0 : 0xc000_0000;
  header.writeUInt32LE((data.length | flags) >>> 0, 8);
  const count = Buffer.alloc(options.missed === undefined ? 0 : 8);
  if (options.missed !== undefined) count.writeBigUInt64LE(options.missed, 0);
  const bytes = Buffer.concat([header, data, count]);
  return Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
}
