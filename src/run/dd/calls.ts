// The system calls of a copy on its two descriptors. Node's WASI makes each in 0.2 µs besides the call itself, where node:fs takes two to three
// times that, and has those that node:fs lacks: lseek, posix_fadvise and changing a descriptor's flags. It is marked experimental, so node:fs
// does what it can where it is missing. Source: WASI preview1 (WebAssembly/WASI, legacy/preview1/docs.md).

import { constants, fdatasyncSync, fsyncSync, fstatSync, readFileSync, readSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { errnoOf } from '../../base/errors.js';

/** The system refused: `code` is the errno's name. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export const INPUT = 0;
export const OUTPUT = 1;
export type End = typeof INPUT | typeof OUTPUT;

/** From where a seek counts: SEEK_SET, SEEK_CUR, SEEK_END of lseek(2), which preview1 numbers alike. */
export const FROM = { start: 0, here: 1, end: 2 } as const;

/** Flags of open descriptors that can be set later: preview1's fdflags. */
export const LATER_FLAGS = { append: 1, nonblock: 4 } as const;

const PAGE = 64 * 1024;
/** Where the vector of one buffer, and the count that comes back, lie in the memory. */
const VECTOR = 0;
const RESULT = 16;
const BUFFERS = 4096;
const DONTNEED = 4;
const NOT_CAPABLE = 76;

/** Preview1's errno, by number, without the E. */
const ERRNO =
  'SUCCESS 2BIG ACCES ADDRINUSE ADDRNOTAVAIL AFNOSUPPORT AGAIN ALREADY BADF BADMSG BUSY CANCELED CHILD CONNABORTED CONNREFUSED CONNRESET DEADLK DESTADDRREQ DOM DQUOT EXIST FAULT FBIG HOSTUNREACH IDRM ILSEQ INPROGRESS INTR INVAL IO ISCONN ISDIR LOOP MFILE MLINK MSGSIZE MULTIHOP NAMETOOLONG NETDOWN NETRESET NETUNREACH NFILE NOBUFS NODEV NOENT NOEXEC NOLCK NOLINK NOMEM NOMSG NOPROTOOPT NOSPC NOSYS NOTCONN NOTDIR NOTEMPTY NOTRECOVERABLE NOTSOCK NOTSUP NOTTY NXIO OVERFLOW OWNERDEAD PERM PIPE PROTO PROTONOSUPPORT PROTOTYPE RANGE ROFS SPIPE SRCH STALE TIMEDOUT TXTBSY XDEV'.split(
    ' ',
  );

/** WebAssembly's memory, which the types of Node leave to those of browsers. */
interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
declare const WebAssembly: { readonly Memory: new (size: { readonly initial: number }) => WasmMemory };

type Import = (...args: readonly (number | bigint)[]) => number;

/** What of Node's WASI is used. */
export interface WasiCalls {
  readonly fd_read: Import;
  readonly fd_write: Import;
  readonly fd_seek: Import;
  readonly fd_advise: Import;
  readonly fd_fdstat_set_flags: Import;
}

/** Has Node's WASI work on two descriptors in a memory; undefined where this Node has none that does. */
export type LoadWasi = (input: number, output: number, memory: WasmMemory) => Promise<WasiCalls | undefined>;

/** Node's WASI on the two descriptors. */
const loadWasi: LoadWasi = async (input, output, memory) => {
  try {
    const { WASI } = await import('node:wasi');
    const wasi = new WASI({ version: 'preview1', stdin: input, stdout: output });
    wasi.initialize({ exports: { memory } });
    const { fd_read, fd_write, fd_seek, fd_advise, fd_fdstat_set_flags } = wasi.wasiImport;
    return { fd_read, fd_write, fd_seek, fd_advise, fd_fdstat_set_flags };
  } catch {
    return undefined;
  }
};

function refusal(errno: number): CallError {
  const name = ERRNO[errno];
  return new CallError(name === undefined ? `error ${errno}` : `E${name}`);
}

/** Runs a call of node:fs, and throws a CallError where the system refuses. */
function called<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new CallError(errnoOf(error) ?? 'EIO');
  }
}

export class Calls {
  /** All offsets of reads and writes are in it; from `firstFree` on it is the caller's, and pages begin at multiples of 4096. */
  readonly memory: Buffer;
  readonly firstFree = BUFFERS;
  /** Whether the quick way is taken. */
  readonly isQuick: boolean;
  private readonly fds: readonly [number, number];
  private readonly wasi: WasiCalls | undefined;
  private readonly vector: Uint32Array;
  private readonly results: BigUint64Array;
  /** Where reads and writes of node:fs go on after a seek; undefined where the kernel's own offset counts. */
  private readonly places: [number | undefined, number | undefined] = [undefined, undefined];

  private constructor(fds: readonly [number, number], memory: WasmMemory, wasi: WasiCalls | undefined) {
    this.fds = fds;
    this.memory = Buffer.from(memory.buffer);
    this.vector = new Uint32Array(memory.buffer);
    this.results = new BigUint64Array(memory.buffer);
    this.wasi = wasi;
    this.isQuick = wasi !== undefined;
  }

  /** `bytes`: of memory behind `firstFree`. Throws a RangeError where there is not so much. */
  static async on(input: number, output: number, bytes: number, load = loadWasi): Promise<Calls> {
    const memory = new WebAssembly.Memory({ initial: Math.ceil((BUFFERS + bytes) / PAGE) });
    return new Calls([input, output], memory, await load(input, output, memory));
  }

  /** read(2) of so many bytes to a place in the memory: how many came, 0 at the end. Throws a CallError. */
  read(at: number, bytes: number): number {
    const { wasi } = this;
    if (!wasi) return this.slowly(INPUT, readSync, at, bytes);
    this.vector[0] = at;
    this.vector[1] = bytes;
    const errno = wasi.fd_read(INPUT, VECTOR, 1, RESULT);
    if (errno === 0) return this.vector[RESULT / 4] ?? 0;
    // A folder, say: the system itself says why.
    if (errno === NOT_CAPABLE) return this.slowly(INPUT, readSync, at, bytes);
    throw refusal(errno);
  }

  /** write(2) of so many bytes: how many were taken. Throws a CallError. */
  write(at: number, bytes: number): number {
    const { wasi } = this;
    if (!wasi) return this.slowly(OUTPUT, writeSync, at, bytes);
    this.vector[0] = at;
    this.vector[1] = bytes;
    const errno = wasi.fd_write(OUTPUT, VECTOR, 1, RESULT);
    if (errno === 0) return this.vector[RESULT / 4] ?? 0;
    if (errno === NOT_CAPABLE) return this.slowly(OUTPUT, writeSync, at, bytes);
    throw refusal(errno);
  }

  private slowly(
    end: End,
    call: (fd: number, buffer: Buffer, at: number, bytes: number, place: number | null) => number,
    at: number,
    bytes: number,
  ): number {
    const place = this.places[end];
    const moved = called(() => call(this.fds[end], this.memory, at, bytes, place ?? null));
    if (place !== undefined) this.places[end] = place + moved;
    return moved;
  }

  /** lseek(2): the new offset. Throws a CallError, ESPIPE for what has no offsets. */
  seek(end: End, offset: bigint, from: (typeof FROM)[keyof typeof FROM]): bigint {
    if (!this.wasi) return this.seekSlowly(end, offset, from);
    const errno = this.wasi.fd_seek(end, offset, from, RESULT);
    if (errno === NOT_CAPABLE) return this.seekSlowly(end, offset, from);
    if (errno !== 0) throw refusal(errno);
    return this.results[RESULT / 8] ?? 0n;
  }

  /** node:fs can't move the kernel's offset, and says instead of each read and write where it goes. */
  private seekSlowly(end: End, offset: bigint, from: number): bigint {
    const stat = called(() => fstatSync(this.fds[end]));
    if (stat.isFIFO() || stat.isSocket() || isatty(this.fds[end])) throw new CallError('ESPIPE');
    const before = this.places[end] ?? descriptorState(this.fds[end]).offset;
    const base = from === FROM.start ? 0 : from === FROM.here ? before : stat.size;
    const place = Number(offset) + base;
    if (place < 0 || !Number.isSafeInteger(place)) throw new CallError('EINVAL');
    if (stat.isFile() || stat.isBlockDevice()) this.places[end] = place;
    return BigInt(place);
  }

  /** fsync(2) or fdatasync(2) of what was written. Throws a CallError. */
  sync(how: 'fsync' | 'fdatasync'): void {
    called(() => (how === 'fsync' ? fsyncSync : fdatasyncSync)(this.fds[OUTPUT]));
  }

  /** Has the page cache let go of a range; to the end where it has no bytes. Throws a CallError, ENOSYS without WASI. */
  dropCache(end: End, offset: bigint, bytes: bigint): void {
    if (!this.wasi) throw new CallError('ENOSYS');
    const errno = this.wasi.fd_advise(end, offset, bytes, DONTNEED);
    if (errno !== 0) throw errno === NOT_CAPABLE ? new CallError('ESPIPE') : refusal(errno);
  }

  /** F_SETFL of fcntl(2): adds these of LATER_FLAGS to those that are set; O_DIRECT goes. Throws a CallError, ENOSYS without WASI. */
  setFlags(end: End, more: number): void {
    if (!this.wasi) throw new CallError('ENOSYS');
    const { flags } = descriptorState(this.fds[end]);
    const append = (flags & constants.O_APPEND) === 0 ? 0 : LATER_FLAGS.append;
    const nonblock = (flags & constants.O_NONBLOCK) === 0 ? 0 : LATER_FLAGS.nonblock;
    const errno = this.wasi.fd_fdstat_set_flags(end, append | nonblock | more);
    if (errno !== 0) throw refusal(errno);
  }
}

/** The kernel's offset of an open descriptor, and the flags that it has. */
export function descriptorState(fd: number): { readonly offset: number; readonly flags: number } {
  const text = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
  const of = (key: string): string => new RegExp(`^${key}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? '0';
  return { offset: Number(of('pos')), flags: Number.parseInt(of('flags'), 8) };
}
