// A thread of a dump → what its innermost frames say that it does. A native method says which call it is in, not on what: a write may go to a
// disk, a pipe or a terminal, which only the descriptor tells. A file of its own, as it is a table of methods.

import type { DumpedThread } from '../../model/thread-dump.js';

/**
 * In a call of that kind; `lock`: waits for a lock; `news`: waits to be told; `sleep`: by its own choice; `native`: in a method of that kind that
 * is none of these; `java`: runs code; `unknown`: the dump shows no frame.
 */
export type Doing =
  'write' | 'sync' | 'read' | 'file' | 'network' | 'child' | 'lock' | 'news' | 'sleep' | 'native' | 'java' | 'unknown';

export interface Activity {
  readonly doing: Doing;
  /** The method that says so, 'java.io.RandomAccessFile.writeBytes'; absent without frames. */
  readonly method?: string;
}

const METHODS: readonly (readonly [method: RegExp, doing: Doing])[] = [
  [
    /^sun\.nio\.ch\.(?:Net|EPoll\w*|Poll\w*|KQueue|Socket\w*|Datagram\w*|Unix(?:Domain)?Socket\w*|NioSocket\w*|ServerSocket\w*)\./,
    'network',
  ],
  [/^java\.net\.\w*Socket\w*\./, 'network'],
  [/^io\.netty\.channel\.(?:epoll|unix|kqueue)\.(?:Native|Socket)\./, 'network'],
  [/^java\.net\.Inet\w*Address\w*\./, 'network'],
  [/^java\.io\.(?:FileOutputStream|RandomAccessFile)\.write(?:Bytes)?0?$/, 'write'],
  [/^sun\.nio\.ch\.(?:Unix)?FileDispatcherImpl\.(?:p?writev?|transferTo|transferFrom)0$/, 'write'],
  [/^java\.io\.FileDescriptor\.sync0?$/, 'sync'],
  [/^sun\.nio\.ch\.(?:Unix)?FileDispatcherImpl\.force0$/, 'sync'],
  [/^java\.nio\.Mapped(?:ByteBuffer|MemoryUtils)\.force0$/, 'sync'],
  [/^java\.io\.(?:FileInputStream|RandomAccessFile)\.read(?:Bytes)?0?$/, 'read'],
  [/^sun\.nio\.ch\.(?:Unix)?FileDispatcherImpl\.p?readv?0$/, 'read'],
  [/^sun\.nio\.ch\.(?:Unix)?FileDispatcherImpl\.\w+$/, 'file'],
  [/^(?:sun\.nio\.fs\.(?:Unix|Linux)NativeDispatcher|java\.io\.UnixFileSystem)\./, 'file'],
  [/^java\.io\.(?:FileOutputStream|FileInputStream|RandomAccessFile)\.(?:open|close|length|setLength|seek)0?$/, 'file'],
  [/^java\.lang\.(?:ProcessImpl|UNIXProcess|ProcessHandleImpl)\./, 'child'],
  [/^java\.lang\.Thread\.(?:sleep|sleep0|sleepNanos0|sleepImpl)$/, 'sleep'],
];
/** Whose wait for news is one for a child process. */
const AWAITS_CHILD = /^java\.lang\.(?:ProcessImpl|UNIXProcess)\.waitFor\(/;
/** How a virtual thread that is not mounted sleeps: parked, just below. */
const SLEEPS = /^java\.lang\.VirtualThread\.sleepNanos\(/;
const NATIVE = /\(Native Method\)$/;

/** 'java.io.RandomAccessFile.write' of 'java.io.RandomAccessFile.write(RandomAccessFile.java:545)'. */
export function methodOf(frame: string): string {
  const open = frame.indexOf('(');
  return open < 0 ? frame : frame.slice(0, open);
}

/** `awaits`: what it waits for besides the calls of its frames. */
export function activityOf({ frames }: DumpedThread, awaits?: 'lock' | 'news'): Activity {
  const [top] = frames;
  if (top === undefined) return { doing: awaits ?? 'unknown' };
  const method = methodOf(top);
  if (awaits === 'news' && frames.some((frame) => AWAITS_CHILD.test(frame))) return { doing: 'child', method };
  if (awaits === 'news' && SLEEPS.test(frames[1] ?? '')) return { doing: 'sleep', method };
  if (awaits !== undefined) return { doing: awaits, method };
  const known = METHODS.find(([pattern]) => pattern.test(method))?.[1];
  return { doing: known ?? (NATIVE.test(top) ? 'native' : 'java'), method };
}
