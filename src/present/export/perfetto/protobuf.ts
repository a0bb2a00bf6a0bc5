// The wire format of protocol buffers, as far as a Perfetto trace needs it: a field is a tag (number << 3 | wire type) and its value.
//
//   wire type 0  varint: 7 bits a byte, low ones first, the top bit set on all but the last
//   wire type 1  8 bytes, little-endian: a double
//   wire type 2  varint length, then that many bytes: a text, a message
//
// Source: protobuf.dev, 'Encoding'.

const VARINT = 0;
const EIGHT_BYTES = 1;
const BYTES = 2;
const LONGEST_VARINT = 10;
const HALF = 0x1_0000_0000;

export class ProtoWriter {
  private bytes = Buffer.alloc(1024);
  length = 0;

  clear(): this {
    this.length = 0;
    return this;
  }

  /** A view of what was written, valid until the next write. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  private ensure(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = Buffer.alloc(Math.max(2 * this.bytes.length, this.length + more));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  /** A whole number from 0 to 2^53. */
  private varint(value: number): void {
    this.ensure(LONGEST_VARINT);
    let rest = value;
    for (; rest >= HALF; rest = Math.floor(rest / 128)) this.bytes[this.length++] = (rest % 128) | 128;
    let low = rest >>> 0;
    for (; low > 127; low >>>= 7) this.bytes[this.length++] = (low & 127) | 128;
    this.bytes[this.length++] = low;
  }

  /** An unsigned number, or an enum's. */
  number(field: number, value: number): this {
    this.varint(field * 8 + VARINT);
    this.varint(value);
    return this;
  }

  /** An unsigned number of 64 bits. */
  number64(field: number, value: bigint): this {
    this.varint(field * 8 + VARINT);
    this.ensure(LONGEST_VARINT);
    let rest = value;
    for (; rest > 127n; rest >>= 7n) this.bytes[this.length++] = Number(rest & 127n) | 128;
    this.bytes[this.length++] = Number(rest);
    return this;
  }

  double(field: number, value: number): this {
    this.varint(field * 8 + EIGHT_BYTES);
    this.ensure(8);
    this.bytes.writeDoubleLE(value, this.length);
    this.length += 8;
    return this;
  }

  text(field: number, value: string): this {
    const size = Buffer.byteLength(value);
    this.varint(field * 8 + BYTES);
    this.varint(size);
    this.ensure(size);
    this.bytes.write(value, this.length);
    this.length += size;
    return this;
  }

  message(field: number, content: ProtoWriter): this {
    this.varint(field * 8 + BYTES);
    this.varint(content.length);
    this.ensure(content.length);
    this.bytes.set(content.written(), this.length);
    this.length += content.length;
    return this;
  }
}
