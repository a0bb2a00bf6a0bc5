// Thread dumps of real JVMs in every form that is read, and the same in the states in which texts arrive: each must give the same threads.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ThreadDump } from '../../../src/model/thread-dump.js';
import { dumpsIn } from '../../../src/open/thread-dumps.js';
import { dumpBytes, dumpText, fixtureDumps } from '../../support/thread-dumps.js';

const FORMS: readonly (readonly [fixture: string, format: ThreadDump['format'], threads: number])[] = [
  ['locks-jdk17-print-l.txt', 'hotspot', 33],
  ['locks-jdk17-print-e.txt', 'hotspot', 33],
  ['locks-jdk25-print-l.txt', 'hotspot', 32],
  ['locks-jdk17-jhsdb.txt', 'jhsdb', 26],
  ['locks-jdk25-file.txt', 'dump-to-file', 27],
  ['locks-jdk25-file.json', 'dump-to-file-json', 27],
  ['locks-jdk17-visualvm.txt', 'thread-info', 27],
  ['locks-jdk17-spring.json', 'thread-info', 27],
  ['locks-jdk17-javacore.txt', 'javacore', 27],
  ['mixed-jdk17-thread-info.txt', 'thread-info', 14],
  ['mixed-jdk25-thread-info.txt', 'thread-info', 16],
  ['mixed-jdk17-jstack-l.txt', 'hotspot', 21],
];

describe('a dump of a real JVM', () => {
  for (const [name, format, threads] of FORMS) {
    test(`${name} is read as ${format}`, () => {
      const [dump, ...more] = fixtureDumps(name);
      assert.equal(more.length, 0);
      assert.equal(dump?.format, format);
      assert.equal(dump.threads.length, threads);
      assert.equal(dump.refused, 0);
    });
  }

  test('names are whole, with quotes, what looks like a header, and line breaks in them', () => {
    for (const name of [
      'locks-jdk17-print-l.txt',
      'locks-jdk25-print-l.txt',
      'locks-jdk25-file.txt',
      'locks-jdk25-file.json',
    ]) {
      const names = fixtureDumps(name)[0]?.threads.map((thread) => thread.name) ?? [];
      assert.ok(names.includes('idle "quoted" #5 prio=5'), name);
      assert.ok(names.includes('idle\nin two lines'), name);
    }
  });

  test('a thread has its frames, number, state and locks', () => {
    const thread = fixtureDumps('locks-jdk17-print-l.txt')[0]?.threads.find(({ name }) => name === 'holds-write');
    assert.equal(thread?.nativeId, 0x5a94);
    assert.equal(thread.state, 'RUNNABLE');
    assert.equal(thread.frames[0], 'java.io.RandomAccessFile.writeBytes(Native Method)');
    assert.equal(thread.frames.at(-1), 'java.lang.Thread.run(Thread.java:840)');
    assert.deepEqual(thread.synchronizers, [
      { id: '0xfa18eac8', type: 'java.util.concurrent.locks.ReentrantReadWriteLock$NonfairSync' },
    ]);
  });

  test('a mounted virtual thread is a thread of its own, with the monitor that it holds', () => {
    const threads = fixtureDumps('mixed-jdk25-print-l.txt')[0]?.threads ?? [];
    const mounted = threads.find(({ virtual }) => virtual);
    assert.equal(mounted?.javaId, 22);
    assert.equal(mounted.notes.filter(({ use }) => use === 'holds').length, 1);
    const carrier = threads.find(({ name }) => name === 'ForkJoinPool-1-worker-1');
    assert.deepEqual(
      carrier?.notes.filter(({ use }) => use === 'holds'),
      [],
    );
  });

  test('threads of the deadlock report are no further threads, and who waits for whom is kept', () => {
    const [dump] = fixtureDumps('mixed-jdk17-jstack-l.txt');
    assert.equal(new Set(dump?.threads.map(({ name }) => name)).size, dump?.threads.length);
    assert.deepEqual(
      dump?.reported.map(({ waiter, owner }) => `${waiter} < ${owner}`),
      ['left < right', 'right < left'],
    );
  });
});

const WHOLE = dumpBytes('locks-jdk17-print-l.txt').toString();

/** Without what a text's state may change: the state in which a name was written. */
function threadsOf(bytes: Uint8Array): ThreadDump['threads'] {
  const [dump] = dumpsIn(bytes);
  return dump?.threads ?? [];
}

describe('the same dump', () => {
  const expected = threadsOf(Buffer.from(WHOLE));
  const lines = WHOLE.split('\n');
  const states: Readonly<Record<string, Uint8Array>> = {
    'with CRLF': Buffer.from(WHOLE.replaceAll('\n', '\r\n')),
    'in UTF-16 without a mark': Buffer.from(WHOLE, 'utf16le'),
    'in UTF-16 with a mark': Buffer.from(`\uFEFF${WHOLE}`, 'utf16le'),
    'without tabs': Buffer.from(WHOLE.replaceAll('\t', '')),
    'with eight spaces for tabs': Buffer.from(WHOLE.replaceAll('\t', '        ')),
    'with a time before each line': Buffer.from(
      lines
        .map((line, at) => `2026-11-29T12:00:${String(at % 60).padStart(2, '0')}.${at}Z stdout F ${line}`)
        .join('\n'),
    ),
    'in a journal': Buffer.from(
      lines.map((line, at) => `Nov 29 12:00:${at % 60} host java[12${at}]: ${line}`).join('\n'),
    ),
    'in Docker’s log': Buffer.from(
      lines.map((line) => JSON.stringify({ log: `${line}\n`, stream: 'stdout' })).join('\n'),
    ),
    'with rsyslog’s tabs': Buffer.from(
      lines.map((line, at) => `Nov 29 12:00:${at % 60} host java[12]: ${line.replaceAll('\t', '#011')}`).join('\n'),
    ),
    'in a journal as JSON': Buffer.from(
      lines.map((line) => JSON.stringify({ _PID: '4711', MESSAGE: line })).join('\n'),
    ),
    'in a logger’s JSON': Buffer.from(lines.map((line) => JSON.stringify({ level: 'WARN', message: line })).join('\n')),
    'with lines of a log between': Buffer.from(
      lines
        .flatMap((line, at) =>
          at % 7 === 3 && !line.startsWith('"idle') && line !== ''
            ? [line, '12:00:01 WARN c.e.App - at last (slow)']
            : [line],
        )
        .join('\n'),
    ),
  };
  for (const [state, bytes] of Object.entries(states)) {
    test(`${state} has the same threads`, () => {
      const found = threadsOf(bytes);
      assert.equal(found.length, expected.length);
      // A name with a line break has the prefix of its second line stripped or not; all others are the same.
      assert.deepEqual(found, expected);
    });
  }

  test('of ThreadInfo has the same threads where a log puts words before each line', () => {
    const text = dumpBytes('mixed-jdk17-thread-info.txt').toString();
    const logged = text
      .split('\n')
      .map((line, at) => `2026-11-29 12:00:01,${100 + at} WARN [watchdog] c.e.Dump - ${line}`);
    assert.deepEqual(threadsOf(Buffer.from(logged.join('\n'))), threadsOf(Buffer.from(text)));
  });

  test('in Latin-1 and in UTF-8 has the same names', () => {
    const text = dumpText({ 'Müller-1': ['RUNNABLE', 'at a.B.c(B.java:1)'] });
    assert.equal(threadsOf(Buffer.from(text, 'latin1'))[0]?.name, 'Müller-1');
    assert.equal(threadsOf(Buffer.from(text, 'utf8'))[0]?.name, 'Müller-1');
  });
});

describe('a log', () => {
  test('gives each of its dumps, with its time', () => {
    const first = dumpText({ a: ['RUNNABLE', 'at a.B.c(B.java:1)'] }, '2026-11-29 12:00:00');
    const second = dumpText({ a: ['RUNNABLE', 'at a.B.d(B.java:2)'], b: ['RUNNABLE'] }, '2026-11-29 12:00:10');
    const dumps = dumpsIn(Buffer.from(`12:00 INFO up\n${first}12:01 INFO still up\n${second}12:02 INFO "quoted"\n`));
    assert.deepEqual(
      dumps.map(({ takenAt, threads }) => [takenAt, threads.length]),
      [
        ['2026-11-29 12:00:00', 1],
        ['2026-11-29 12:00:10', 2],
      ],
    );
  });

  test('of ThreadInfo texts, which have no first line, begins a dump where a thread comes again', () => {
    const text = dumpBytes('mixed-jdk17-thread-info.txt').toString();
    assert.equal(dumpsIn(Buffer.from(text + text)).length, 2);
  });
});

describe('a javacore', () => {
  const TITLE = '0SECTION       TITLE subcomponent dump routine\n1TIDATETIME    Date: 2026/10/01 at 21:52:03:123\n';
  const thread = (name: string, number: number, state: string, ...more: readonly string[]): string =>
    [
      `3XMTHREADINFO      "${name}" J9VMThread:0x0000000000${number}00, omrthread_t:0x1, java/lang/Thread:0x2, state:${state}, prio=5`,
      `3XMJAVALTHREAD            (java/lang/Thread getId:0x${number}, isDaemon:true)`,
      ...more,
      'NULL',
      '',
    ].join('\n');

  test('is one dump of several in a file, each with its time', () => {
    const one = TITLE + thread('main', 11, 'R', '4XESTACKTRACE                at a/B.main(B.java:1(Compiled Code))');
    const dumps = dumpsIn(Buffer.from(one + one.replace('21:52:03', '21:52:33')));
    assert.deepEqual(
      dumps.map(({ takenAt }) => takenAt),
      ['2026-10-01 21:52:03', '2026-10-01 21:52:33'],
    );
    assert.deepEqual(dumps[0]?.threads[0]?.frames, ['a.B.main(B.java:1)']);
  });

  test('tells who initialises a class, and who owns a monitor that only the section of monitors names', () => {
    const monitors = [
      '2LKMONINUSE      sys_mon_t:0x1 infl_mon_t: 0x2:',
      '3LKMONOBJECT      a/Lock@0x0000000000000ABC: Flat locked by "holds" (0x000000001200), entry count 1',
      '3LKWAITERQ            Waiting to enter:',
      '3LKWAITER                "wants" (0x000000001300)',
      '',
    ].join('\n');
    const wait =
      '3XMTHREADBLOCK     Waiting on: java/lang/J9VMInternals$ClassInitializationLock@0x0000000000000DEF Owned by: <unowned> Initializing thread: "holds"';
    const text =
      TITLE + monitors + thread('holds', 12, 'R') + thread('wants', 13, 'B') + thread('loads', 14, 'CW', wait);
    const threads = dumpsIn(Buffer.from(text))[0]?.threads ?? [];
    assert.deepEqual(
      threads.map(({ notes, ownedBy }) => [notes.map(({ use, id }) => `${use} ${id}`).join(), ownedBy?.name]),
      [
        ['', undefined],
        ['wants 0xabc', 'holds'],
        ['initialises 0xdef', 'holds'],
      ],
    );
  });

  test('gives nothing of a thread whose first line is lost to the one before', () => {
    const [first = '', ...rest] = thread('second', 15, 'R', '4XESTACKTRACE                at a/B.c(B.java:1)').split(
      '\n',
    );
    const text =
      TITLE + thread('first', 14, 'R', '4XESTACKTRACE                at a/B.d(B.java:1)').replace('NULL\n', '');
    const whole = dumpsIn(Buffer.from(`${text}${first}\n${rest.join('\n')}`))[0]?.threads.length;
    const [only, ...more] = dumpsIn(Buffer.from(text + rest.join('\n')))[0]?.threads ?? [];
    assert.deepEqual([whole, only?.frames, more.length], [2, ['a.B.d(B.java:1)'], 0]);
  });
});

test('VisualVM’s text of a JVM of version 5 names what a thread waits for beside its state', () => {
  const text =
    'Full thread dump Java HotSpot(TM) Client VM (1.5.0_22 mixed mode):\n\n"waiter" - Thread t@12\n   java.lang.Thread.State: BLOCKED on a.Lock@1f0c owned by: holder\n        at a.B.c(B.java:1)\n';
  const [dump] = dumpsIn(Buffer.from(text));
  const [thread] = dump?.threads ?? [];
  assert.equal(dump?.vm, 'Java HotSpot(TM) Client VM (1.5.0_22 mixed mode)');
  assert.deepEqual(thread?.notes, [{ id: 'a.Lock@1f0c', type: 'a.Lock', use: 'wants', frame: 0 }]);
  assert.equal(thread.ownedBy?.name, 'holder');
});

describe('a text with a hole', () => {
  const FRAMES = {
    a: ['RUNNABLE', 'at a.B.c(B.java:1)'],
    b: ['RUNNABLE', 'at a.B.d(B.java:2)', '- locked <0x00000000fa000010> (a a.Lock)'],
  };

  test('gives nothing of a thread without a header to the one before', () => {
    const text = dumpText(FRAMES).replace(/^"b".*\n/m, '');
    const threads = threadsOf(Buffer.from(text));
    assert.deepEqual(
      threads.map(({ name, notes }) => [name, notes.length]),
      [
        ['a', 0],
        ['(its header is lost)', 1],
      ],
    );
  });

  test('nor where the line with its state is lost as well', () => {
    const text = dumpText(FRAMES).replace(/^"b".*\n.*\n/m, '');
    assert.equal(threadsOf(Buffer.from(text))[0]?.notes.length, 0);
  });

  test('takes no lock from a line that the end cuts', () => {
    const text = dumpText(FRAMES);
    const cut = text.slice(0, text.indexOf('<0x00000000fa0000') + 18);
    assert.deepEqual(
      threadsOf(Buffer.from(cut)).map(({ notes }) => notes.length),
      [0, 0],
    );
  });
});
