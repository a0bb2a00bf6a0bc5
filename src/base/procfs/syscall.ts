// /proc/PID/task/TID/syscall: the system call that a thread is blocked in, its arguments, the stack pointer and the program counter; 'running' where
// it is not blocked, and -1 where it is, outside of any call: in a page fault. Source: proc_pid_syscall() in fs/proc/base.c.
//
//   1 0x7 0x7f45d0001a10 0x2000 0x0 0x7f466cbfd0b8 0x0 0x7f466cbfce48 0x7f4670a1f5af
//   ^ number  ^ six arguments

/** Calls whose first argument is a descriptor, and then some others in which a thread may wait, by architecture as `uname -m` has it. */
interface CallTable {
  readonly onDescriptor: Readonly<Record<number, string>>;
  readonly others: Readonly<Record<number, string>>;
}

/** arch/x86/entry/syscalls/syscall_64.tbl */
const X86_64: CallTable = {
  onDescriptor: {
    0: 'read',
    1: 'write',
    3: 'close',
    17: 'pread64',
    18: 'pwrite64',
    19: 'readv',
    20: 'writev',
    40: 'sendfile',
    42: 'connect',
    43: 'accept',
    44: 'sendto',
    45: 'recvfrom',
    46: 'sendmsg',
    47: 'recvmsg',
    72: 'fcntl',
    73: 'flock',
    74: 'fsync',
    75: 'fdatasync',
    77: 'ftruncate',
    217: 'getdents64',
    232: 'epoll_wait',
    277: 'sync_file_range',
    281: 'epoll_pwait',
    285: 'fallocate',
    288: 'accept4',
    295: 'preadv',
    296: 'pwritev',
    326: 'copy_file_range',
    426: 'io_uring_enter',
  },
  others: {
    7: 'poll',
    26: 'msync',
    35: 'nanosleep',
    61: 'wait4',
    82: 'rename',
    87: 'unlink',
    162: 'sync',
    202: 'futex',
    208: 'io_getevents',
    230: 'clock_nanosleep',
    257: 'openat',
    263: 'unlinkat',
    264: 'renameat',
    271: 'ppoll',
  },
};

/** include/uapi/asm-generic/unistd.h */
const GENERIC: CallTable = {
  onDescriptor: {
    22: 'epoll_pwait',
    25: 'fcntl',
    32: 'flock',
    46: 'ftruncate',
    47: 'fallocate',
    57: 'close',
    61: 'getdents64',
    63: 'read',
    64: 'write',
    65: 'readv',
    66: 'writev',
    67: 'pread64',
    68: 'pwrite64',
    69: 'preadv',
    70: 'pwritev',
    71: 'sendfile',
    82: 'fsync',
    83: 'fdatasync',
    84: 'sync_file_range',
    202: 'accept',
    203: 'connect',
    206: 'sendto',
    207: 'recvfrom',
    211: 'sendmsg',
    212: 'recvmsg',
    242: 'accept4',
    285: 'copy_file_range',
    426: 'io_uring_enter',
  },
  others: {
    4: 'io_getevents',
    35: 'unlinkat',
    38: 'renameat',
    56: 'openat',
    73: 'ppoll',
    81: 'sync',
    98: 'futex',
    101: 'nanosleep',
    115: 'clock_nanosleep',
    227: 'msync',
    260: 'wait4',
  },
};

const TABLES: Readonly<Record<string, CallTable>> = { x86_64: X86_64, aarch64: GENERIC, riscv64: GENERIC };

export interface BlockedCall {
  /** 'write', or 'system call 17' where the number is in no table. */
  readonly name: string;
  readonly descriptor?: number;
  /** Of poll and ppoll on one descriptor: where in the thread's memory its `struct pollfd` lies. */
  readonly polledAt?: number;
}

/** What a blocked thread is in: a call, a page fault, or undefined where it runs or the text is not of that form. */
export function parseSyscall(text: string, architecture: string): BlockedCall | 'fault' | undefined {
  const [, number = '', first, second] = /^(-?\d+) (0x[\da-f]+) (0x[\da-f]+)/.exec(text) ?? [];
  if (number === '' || first === undefined) return undefined;
  if (Number(number) < 0) return 'fault';
  const table = Object.hasOwn(TABLES, architecture) ? TABLES[architecture] : undefined;
  const onDescriptor = table?.onDescriptor[Number(number)];
  // A descriptor is an int: what is above its bits is left over.
  if (onDescriptor !== undefined) return { name: onDescriptor, descriptor: Number(BigInt(first) & 0xffff_ffffn) };
  const name = table?.others[Number(number)] ?? `system call ${number}`;
  const isOfOne = (name === 'poll' || name === 'ppoll') && Number(second) === 1;
  return { name, ...(isOfOne && { polledAt: Number(first) }) };
}
