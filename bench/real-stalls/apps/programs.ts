// Programs of a few lines that do one thing with files, in Python: what no server does by itself.

import { PYTHON } from './files.js';

function python(lines: readonly string[], ...words: readonly (string | number)[]): readonly string[] {
  return [PYTHON, '-c', ['import os, sys, time, mmap, random', ...lines].join('\n'), ...words.map(String)];
}

export interface TwoFiles {
  readonly data: string;
  readonly log: string;
  /** Bytes that are written to the data through the page cache in each round. */
  readonly dataBytes: number;
  /** Whether the data are made durable in each round as well. */
  readonly dataSync: boolean;
  /** Synced lines of the log in each round. */
  readonly lines: number;
}

/** Large writes to one file and small synced ones to another, in turn. */
export function twoFilesArgv({ data, log, dataBytes, dataSync, lines }: TwoFiles): readonly string[] {
  const program = [
    'data = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)',
    'log = os.open(sys.argv[2], os.O_CREAT | os.O_WRONLY | os.O_APPEND)',
    'block, at = b"d" * int(sys.argv[3]), 0',
    'while True:',
    '    at = (at + len(block)) % (128 << 20)',
    '    os.pwrite(data, block, at)',
    '    if sys.argv[4] == "1": os.fdatasync(data)',
    '    for _ in range(int(sys.argv[5])):',
    '        os.write(log, b"l" * 300)',
    '        os.fdatasync(log)',
    '    time.sleep(0.001)',
  ];
  return python(program, data, log, dataBytes, dataSync ? 1 : 0, lines);
}

/** One small durable write in place after each rest. */
export function fewWritesArgv(file: string, restMs: number): readonly string[] {
  const program = [
    'file = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR | os.O_DIRECT | os.O_DSYNC)',
    'page = mmap.mmap(-1, 4096)',
    'page[:4] = b"page"',
    'n = 0',
    'while True:',
    '    os.pwrite(file, page, (n % 64) * 4096)',
    '    n += 1',
    '    time.sleep(float(sys.argv[2]))',
  ];
  return python(program, file, restMs / 1000);
}

/** Pages of a mapped file that are made dirty one after the other, and nothing else; a rest after each in ms. */
export function mappedWriterArgv(file: string, bytes: number, restMs: number): readonly string[] {
  const program = [
    'file = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)',
    'os.ftruncate(file, int(sys.argv[2]))',
    'pages, n, rest = mmap.mmap(file, int(sys.argv[2])), 0, float(sys.argv[3])',
    'while True:',
    '    at = n * 4096 % int(sys.argv[2])',
    '    pages[at] = n & 255',
    '    n += 1',
    '    if rest > 0: time.sleep(rest)',
  ];
  return python(program, file, bytes, restMs / 1000);
}

/** Threads of a pool, each of whose tasks writes a file of its own and makes it durable. */
export function poolArgv(folder: string, threads: number): readonly string[] {
  const program = [
    'from concurrent.futures import ThreadPoolExecutor',
    'def task(n):',
    '    file = os.open(f"{sys.argv[1]}/task-{n % 40}", os.O_CREAT | os.O_WRONLY)',
    '    os.write(file, b"t" * 6000)',
    '    os.fdatasync(file)',
    '    os.close(file)',
    'with ThreadPoolExecutor(int(sys.argv[2])) as pool:',
    '    while True: list(pool.map(task, range(40)))',
  ];
  return python(program, folder, threads);
}

/** Renames files of a folder, one after the other, with a rest of so many ms. */
export function renamesArgv(folder: string, restMs: number): readonly string[] {
  const program = [
    'names = [f"{sys.argv[1]}/a", f"{sys.argv[1]}/b"]',
    'open(names[0], "w").close()',
    'while True:',
    '    os.rename(*names)',
    '    names.reverse()',
    '    time.sleep(float(sys.argv[2]))',
  ];
  return python(program, folder, restMs / 1000);
}

/** Takes the lock of a file, holds it for so long and rests; both ms. With a log it appends a synced line while it holds the lock. */
export function lockArgv(lock: string, holdMs: number, restMs: number, log?: string): readonly string[] {
  const program = [
    'import fcntl',
    'lock = open(sys.argv[1], "a")',
    'log = os.open(sys.argv[4], os.O_CREAT | os.O_WRONLY | os.O_APPEND) if len(sys.argv) > 4 else None',
    'while True:',
    '    fcntl.flock(lock, fcntl.LOCK_EX)',
    '    if log is not None: os.write(log, b"line")',
    '    time.sleep(float(sys.argv[2]))',
    '    fcntl.flock(lock, fcntl.LOCK_UN)',
    '    time.sleep(float(sys.argv[3]))',
  ];
  return python(program, lock, holdMs / 1000, restMs / 1000, ...(log === undefined ? [] : [log]));
}

/** Stops a process and lets it go on, again and again; both ms. */
export function stopperArgv(pid: number, stoppedMs: number, runningMs: number): readonly string[] {
  const program = [
    'import signal',
    'while True:',
    '    os.kill(int(sys.argv[1]), signal.SIGSTOP)',
    '    time.sleep(float(sys.argv[2]))',
    '    os.kill(int(sys.argv[1]), signal.SIGCONT)',
    '    time.sleep(float(sys.argv[3]))',
  ];
  return python(program, pid, stoppedMs / 1000, runningMs / 1000);
}
