// Thread dumps for tests: those of test/fixtures, and small ones that are written down as HotSpot prints them.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { ThreadDump } from '../../src/model/thread-dump.js';
import type { Threads } from '../../src/model/threads.js';
import { dumpsIn } from '../../src/open/thread-dumps.js';
import { threadsDocument } from '../../src/tools/threads/document.js';
import { History } from '../../src/tools/threads/history.js';
import { fixturePath } from './fixtures.js';

export function dumpBytes(name: string): Buffer {
  const bytes = readFileSync(fixturePath(`thread-dumps/${name}`));
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

export function fixtureDumps(name: string): ThreadDump[] {
  return dumpsIn(dumpBytes(name));
}

/** The document of dumps that came one after the other. */
export function judged(dumps: readonly ThreadDump[]): Threads {
  const history = new History();
  for (const dump of dumps) history.take('test', dump);
  return threadsDocument('iowitness test', history, []);
}

/** One dump of these threads, each a header's name and the lines below it. */
export function dumpText(threads: Readonly<Record<string, readonly string[]>>, at = '2026-11-29 12:00:00'): string {
  const blocks = Object.entries(threads).map(([name, [state = 'RUNNABLE', ...lines]]) => {
    // The same in each dump, whoever else is there.
    const number = Buffer.from(name).reduce((sum, byte) => (sum * 31 + byte) % 10_007, 7);
    const head = `"${name}" #${number + 1} prio=5 os_prio=0 tid=0x00007f00000${number + 100} nid=0x${(number + 16).toString(16)} ${state === 'BLOCKED' ? 'waiting for monitor entry' : 'runnable'}  [0x0]`;
    return [head, `   java.lang.Thread.State: ${state}`, ...lines.map((line) => `\t${line}`), ''].join('\n');
  });
  return [
    at,
    'Full thread dump OpenJDK 64-Bit Server VM (17.0.15+6 mixed mode, sharing):',
    '',
    ...blocks,
    'JNI global refs: 4, weak refs: 0',
    '',
  ].join('\n');
}

export function judgedText(...texts: readonly string[]): Threads {
  return judged(texts.flatMap((text) => dumpsIn(Buffer.from(text))));
}

/** For each lock that is waited for, by its first waiter: grade and owner. */
export function ownersOf({ locks }: Pick<Threads, 'locks'>): Record<string, string> {
  return Object.fromEntries(
    locks.map(({ waiters, owner }) => [
      waiters[0]?.name ?? '',
      owner.thread ? `${owner.grade} ${owner.thread.name}` : owner.grade,
    ]),
  );
}
