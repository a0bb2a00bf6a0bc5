// Thread dumps of a service whose request threads wait for the monitor of a snapshot's writer, as HotSpot prints them.

import { dumpText } from './thread-dumps.js';

const LOCK = '<0x00000000fa18e2f0> (a app.SnapshotLock)';

export interface ConvoyDump {
  readonly waiters: number;
  /** Frames of the writer's stack; from 1024 on it is cut, and the line that shows the lock is lost. */
  readonly depth?: number;
  /** Who has the lock; the writer unless told. */
  readonly owner?: string;
  /** What else it has: a second thread with a stack that is cut. */
  readonly another?: boolean;
}

function deep(depth: number): string[] {
  return Array.from({ length: depth }, () => 'at app.Writer.deeper(Writer.java:20)');
}

/** The text, and the kernel's numbers of its threads. */
export function convoyDump({ waiters, depth = 4, owner = 'snapshot-writer', another = false }: ConvoyDump): {
  readonly text: string;
  readonly writer: number;
  readonly waiting: readonly number[];
} {
  const isCut = depth >= 1024;
  const bottom = [`- locked ${LOCK}`, 'at java.lang.Thread.run(Thread.java:840)'];
  const writes = ['RUNNABLE', 'at java.io.RandomAccessFile.writeBytes(Native Method)'];
  const names = Array.from({ length: waiters }, (_, at) => `http-${at + 1}`).filter((name) => name !== owner);
  const holds = (name: string) => (name === owner && !isCut ? bottom : ['at java.lang.Thread.run(Thread.java:840)']);
  const text = dumpText({
    'snapshot-writer': [...writes, ...(isCut ? deep(1023) : [...deep(depth), ...holds('snapshot-writer')])],
    ...(another && { scheduler: ['RUNNABLE', ...deep(1024)] }),
    ...(owner !== 'snapshot-writer' && {
      [owner]: ['RUNNABLE', 'at app.Service.get(Service.java:9)', ...holds(owner)],
    }),
    ...Object.fromEntries(
      names.map((name) => [
        name,
        [
          'BLOCKED',
          'at app.Service.get(Service.java:8)',
          `- waiting to lock ${LOCK}`,
          'at java.lang.Thread.run(Thread.java:840)',
        ],
      ]),
    ),
  });
  const numberOf = (name: string) =>
    Number(/ nid=(0x[\da-f]+) /.exec(text.split('\n').find((line) => line.startsWith(`"${name}"`)) ?? '')?.[1]);
  return { text, writer: numberOf('snapshot-writer'), waiting: names.map(numberOf) };
}
