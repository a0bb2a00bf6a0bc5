// Who is told to hold a lock: the truth table of real dumps, whose threads say in their names what they hold and wait for, and each trap of a
// dump's words in a small one. A wrong name is the one thing that must not happen.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fixtureDumps, judged, dumpText, judgedText, ownersOf } from '../../support/thread-dumps.js';

const BLOCK = ['block', 'method'];

/** Of LockLab's kinds those whose owner a source shows, and how sure. */
const TRUTH: readonly (readonly [fixture: string, exact: readonly string[], inferred: readonly string[]])[] = [
  ['locks-jdk17-print-l.txt', [...BLOCK, 'reentrant', 'write'], []],
  ['locks-jdk25-print-l.txt', [...BLOCK, 'reentrant', 'write'], []],
  ['locks-jdk17-print-e.txt', BLOCK, []],
  ['locks-jdk17-jhsdb.txt', BLOCK, []],
  ['locks-jdk25-file.txt', [], BLOCK],
  ['locks-jdk25-file.json', [], BLOCK],
  ['locks-jdk17-visualvm.txt', [...BLOCK, 'reentrant', 'write'], []],
  ['locks-jdk17-spring.json', [...BLOCK, 'reentrant', 'write'], []],
  ['locks-jdk17-javacore.txt', [...BLOCK, 'reentrant', 'write'], []],
  ['deep-jdk17-print-l.txt.gz', ['reentrant', 'write'], []],
  ['deep-jdk25-print-l.txt.gz', ['reentrant', 'write'], []],
  ['deep-jdk25-file.json.gz', [], []],
];

describe('virtual threads that wait for the lock of one that writes a file', () => {
  const WAITERS = ['http-0', 'http-1', 'http-2', 'http-3', 'http-4'];
  for (const form of ['file.txt.gz', 'file.json.gz']) {
    test(`${form}: all are counted, and the holder of a monitor is told with what it does`, () => {
      const { locks, answer } = judged(fixtureDumps(`virtual-monitor-jdk25-${form}`));
      const [lock] = locks;
      assert.deepEqual([locks.length, lock?.kind, lock?.waiters.map(({ name }) => name)], [1, 'monitor', WAITERS]);
      assert.deepEqual([lock?.owner.grade, lock?.owner.thread?.name], ['inferred', 'snapshot-writer']);
      assert.match(answer.join(' '), /“snapshot-writer” writes to a file, pipe or terminal/);
    });

    test(`${form}: of a ReentrantLock no holder is told, and where it stands`, () => {
      const { locks, answer } = judged(fixtureDumps(`virtual-reentrant-jdk25-${form}`));
      const [lock] = locks;
      assert.deepEqual([locks.length, lock?.kind, lock?.waiters.map(({ name }) => name)], [1, 'owned', WAITERS]);
      assert.deepEqual([lock?.owner.grade, lock?.owner.candidates], ['unknown', []]);
      assert.match(answer.join(' '), /nor does jstack -l where virtual threads may be; a heap dump does\.$/);
    });
  }

  for (const kind of ['monitor', 'reentrant'])
    test(`Thread.print shows none of them, so that nobody waits is not said: ${kind}`, () => {
      const { locks, answer } = judged(fixtureDumps(`virtual-${kind}-jdk25-print-l.txt.gz`));
      assert.deepEqual(locks, []);
      assert.match(answer[0] ?? '', /^None of the 16 threads in the dump waits for a lock, but virtual threads are/);
    });
});

describe('of locks whose owner is known', () => {
  for (const [name, exact, inferred] of TRUTH) {
    test(`${name} shows ${[...exact, ...inferred].join(', ') || 'none'}, and no other`, () => {
      const { locks } = judged(fixtureDumps(name));
      assert.ok(locks.length >= 2);
      for (const { waiters, owner } of locks) {
        const kind = /^waits-(\w+)-\d$/.exec(waiters[0]?.name ?? '')?.[1] ?? '';
        assert.deepEqual(waiters.map((waiter) => waiter.name).sort(), [`waits-${kind}-0`, `waits-${kind}-1`]);
        const grade = exact.includes(kind) ? 'exact' : inferred.includes(kind) ? 'inferred' : 'unknown';
        assert.deepEqual(
          [kind, owner.grade, owner.thread?.name],
          [kind, grade, grade === 'unknown' ? undefined : `holds-${kind}`],
        );
      }
    });
  }

  test('stacks of 1024 frames are told to be cut, and are who may hold a monitor', () => {
    const { cutStacks, locks, answer } = judged(fixtureDumps('deep-jdk17-print-l.txt.gz'));
    assert.deepEqual(
      cutStacks.map(({ frames, why }) => `${frames} ${why}`),
      Array(6).fill('1024 limit'),
    );
    const monitor = locks.find(({ kind }) => kind === 'monitor');
    assert.ok(monitor?.owner.candidates.some(({ name }) => name === 'holds-block'));
    assert.match(answer.join(' '), /stacks are cut/);
  });

  test('a deadlock is told, and what waits for a class that is being initialised', () => {
    for (const name of ['mixed-jdk17-jstack-l.txt', 'mixed-jdk25-print-l.txt']) {
      const document = judged(fixtureDumps(name));
      assert.deepEqual(
        document.deadlocks.map((circle) => circle.map((thread) => thread.name).sort()),
        [['left', 'right']],
      );
      assert.equal(ownersOf(document)['waits-for-class'], 'inferred initialises');
      assert.match(document.answer[0] ?? '', /^Deadlock: “left”, “right”/);
    }
  });

  test('a virtual thread holds what a dump shows at the one that is mounted; its carrier never does', () => {
    assert.equal(ownersOf(judged(fixtureDumps('mixed-jdk25-print-l.txt')))['wants-news'], 'exact virtual thread #22');
    assert.equal(ownersOf(judged(fixtureDumps('mixed-jdk25-thread-info.txt')))['wants-news'], 'unknown');
    assert.equal(ownersOf(judged(fixtureDumps('mixed-jdk25-file.json')))['wants-news'], 'inferred #22');
  });
});

test('a circle in which one waits with a time limit goes on by itself, and is no deadlock', () => {
  const [left, right] = ['0x00000000fa000010', '0x00000000fa000020'];
  const sync = 'java.util.concurrent.locks.ReentrantLock$NonfairSync';
  const waits = (state: string, wanted: string | undefined, held: string | undefined) => [
    state,
    'at jdk.internal.misc.Unsafe.park(Native Method)',
    `- parking to wait for <${wanted}> (a ${sync})`,
    'at java.lang.Thread.run(Thread.java:840)',
    '',
    'Locked ownable synchronizers:',
    `- <${held}> (a ${sync})`,
  ];
  const circles = (state: string) =>
    judgedText(dumpText({ one: waits('WAITING', left, right), other: waits(state, right, left) })).deadlocks.length;
  assert.equal(circles('WAITING'), 1);
  assert.equal(circles('TIMED_WAITING'), 0);
});

const RUN = 'at java.lang.Thread.run(Thread.java:840)';
const WAITER = ['BLOCKED', 'at a.B.take(B.java:1)', '- waiting to lock <0x00000000fa000010> (a a.Lock)', RUN];
const LOCKED = '- locked <0x00000000fa000010> (a a.Lock)';
const PARK = 'at jdk.internal.misc.Unsafe.park(Native Method)';

function ownerOf(threads: Readonly<Record<string, readonly string[]>>): string | undefined {
  return ownersOf(judgedText(dumpText({ waiter: WAITER, ...threads })))['waiter'];
}

describe('a monitor is held', () => {
  test('by the one whose stack shows it, taken twice or once', () => {
    assert.equal(ownerOf({ holder: ['RUNNABLE', 'at a.B.c(B.java:1)', LOCKED, RUN] }), 'exact holder');
    assert.equal(
      ownerOf({ holder: ['RUNNABLE', 'at a.B.c(B.java:1)', LOCKED, 'at a.B.d(B.java:1)', LOCKED, RUN] }),
      'exact holder',
    );
  });

  test('not by a thread in Object.wait, which has let it go', () => {
    const wait = [
      'WAITING',
      'at java.lang.Object.wait(Native Method)',
      '- waiting on <0x00000000fa000010> (a a.Lock)',
      'at a.B.c(B.java:1)',
      LOCKED,
      RUN,
    ];
    assert.equal(ownerOf({ sleeper: wait }), 'unknown');
    assert.equal(ownerOf({ sleeper: wait, holder: ['RUNNABLE', 'at a.B.c(B.java:1)', LOCKED, RUN] }), 'exact holder');
  });

  test('not by one in Object.wait on an object that the dump does not tell', () => {
    const wait = [
      'WAITING',
      'at java.lang.Object.wait(Native Method)',
      '- waiting on <no object reference available>',
      'at a.B.c(B.java:1)',
      LOCKED,
      RUN,
    ];
    assert.equal(ownerOf({ sleeper: wait }), 'unknown');
  });

  test('not by one that waits to have it again behind Object.wait', () => {
    const again = [
      'BLOCKED',
      'at java.lang.Object.wait(Native Method)',
      '- waiting to re-lock in wait() <0x00000000fa000010> (a a.Lock)',
      'at a.B.c(B.java:1)',
      LOCKED,
      RUN,
    ];
    assert.equal(ownerOf({ again }), 'unknown');
    const old = [
      'BLOCKED',
      'at java.lang.Object.wait(Native Method)',
      '- waiting on <0x00000000fa000010> (a a.Lock)',
      'at a.B.c(B.java:1)',
      LOCKED,
      RUN,
    ];
    assert.equal(ownerOf({ old }), 'unknown');
  });

  test('not by a blocked thread of JDK 8 that shows what it waits for as locked', () => {
    const blocked = ['BLOCKED', 'at a.B.c(B.java:1)', LOCKED, RUN];
    assert.equal(ownerOf({ blocked }), 'unknown');
    assert.equal(ownerOf({ blocked, holder: ['RUNNABLE', 'at a.B.c(B.java:1)', LOCKED, RUN] }), 'exact holder');
  });

  test('not by the one that would have locked it, had the compiler not left that out', () => {
    assert.equal(
      ownerOf({ other: ['RUNNABLE', 'at a.B.c(B.java:1)', '- eliminated <0x00000000fa000010> (a a.Lock)', RUN] }),
      'unknown',
    );
  });

  test('by nobody that is told where two threads show it', () => {
    const holder = ['RUNNABLE', 'at a.B.c(B.java:1)', LOCKED, RUN];
    assert.equal(ownerOf({ holder, other: holder }), 'unknown');
  });

  test('never by nobody where no stack shows it: it says that it does not know', () => {
    const { answer, locks } = judgedText(dumpText({ waiter: WAITER }));
    assert.equal(locks[0]?.owner.grade, 'unknown');
    assert.doesNotMatch(answer.join(' '), /free/);
  });
});

test('a thread in Object.wait waits for no lock, though JDK 11 says that it waits to re-lock', () => {
  const idle = (state: string): string =>
    dumpText({
      idle: [
        state,
        'at java.lang.Object.wait(Native Method)',
        '- waiting on <no object reference available>',
        'at java.lang.ref.ReferenceQueue.remove(ReferenceQueue.java:155)',
        '- waiting to re-lock in wait() <0x00000000fa000010> (a java.lang.ref.ReferenceQueue$Lock)',
        RUN,
      ],
    });
  for (const state of ['WAITING (on object monitor)', 'TIMED_WAITING (on object monitor)']) {
    const { locks, answer } = judgedText(idle(state));
    assert.deepEqual(locks, []);
    assert.match(answer.join(' '), /^No thread waits for a lock/);
  }
  assert.equal(judgedText(idle('BLOCKED (on object monitor)')).locks.length, 1);
});

test('a blocked thread of which no line names the monitor is told, and not that none waits', () => {
  const { answer, unnamed, locks } = judgedText(dumpText({ blocked: ['BLOCKED', 'at a.B.c(B.java:1)', RUN] }));
  assert.deepEqual([locks.length, unnamed.map(({ name }) => name)], [0, ['blocked']]);
  assert.match(answer.join(' '), /^1 thread waits for a lock that the dump does not name: “blocked”\./);
});

test('of a name as long as a URL the beginning and the end are told', () => {
  const name = `worker https://example.org/${'x'.repeat(300)}/last`;
  const { answer } = judgedText(dumpText({ [name]: WAITER }));
  assert.match(answer.join(' '), /“worker https:\/\/example\.org\/x+…x+\/last”/);
  assert.ok(answer.join(' ').length < 400);
});

describe('a parked thread', () => {
  const parked = (type: string): readonly string[] => [
    'WAITING (parking)',
    PARK,
    `- parking to wait for  <0x00000000fa000020> (a java.util.concurrent.${type})`,
    RUN,
  ];

  test('on a condition, a queue or a future waits for no lock', () => {
    for (const type of [
      'locks.AbstractQueuedSynchronizer$ConditionObject',
      'SynchronousQueue$TransferStack',
      'FutureTask',
      'ForkJoinPool',
      'Semaphore$NonfairSync',
      'CountDownLatch$Sync',
    ])
      assert.deepEqual(judgedText(dumpText({ idle: parked(type) })).locks, [], type);
  });

  test('on a ReentrantLock waits for a lock, also where the dump lists no owners', () => {
    const { locks } = judgedText(dumpText({ waiter: parked('locks.ReentrantLock$FairSync') }));
    assert.deepEqual([locks[0]?.kind, locks[0]?.owner.grade], ['owned', 'unknown']);
    assert.match(locks[0]?.owner.because ?? '', /jstack -l/);
  });

  test('on a StampedLock waits for a lock that keeps no owner', () => {
    const { locks } = judgedText(dumpText({ waiter: parked('locks.StampedLock') }));
    assert.match(locks[0]?.owner.because ?? '', /keeps no owner of a StampedLock/);
  });
});

test('a chain is followed to its end, and each link of it told once', () => {
  const { locks, answer } = judgedText(
    dumpText({
      waiter: WAITER,
      middle: [
        'BLOCKED',
        'at a.B.c(B.java:1)',
        '- waiting to lock <0x00000000fa000030> (a a.Inner)',
        'at a.B.d(B.java:1)',
        LOCKED,
        RUN,
      ],
      writer: [
        'RUNNABLE',
        'at sun.nio.ch.FileDispatcherImpl.force0(Native Method)',
        'at a.B.e(B.java:1)',
        '- locked <0x00000000fa000030> (a a.Inner)',
        RUN,
      ],
    }),
  );
  const first = locks.find(({ waiters }) => waiters[0]?.name === 'waiter');
  assert.deepEqual(
    [first?.owner.thread?.name, first?.chain[0]?.owner.thread?.name, first?.chain[0]?.does?.doing],
    ['middle', 'writer', 'sync'],
  );
  assert.match(
    answer.join(' '),
    /“middle” waits for the monitor of a\.Inner 0xfa000030, which “writer” holds \(exact\); that waits until a file is on the disk/,
  );
  assert.equal(answer.join(' ').match(/“writer” holds/g)?.length, 1);
  assert.doesNotMatch(answer.join(' '), /waits for a lock itself/);
});

describe('a class that is being initialised', () => {
  const runs = (type: string, ...below: readonly string[]) => [
    'RUNNABLE',
    `at ${type}.<clinit>(A.java:5)`,
    ...below,
    RUN,
  ];
  const waitsFor = (type: string) => `- waiting on the Class initialization monitor for ${type}`;
  const held = '- locked <0x00000000fa000030> (a java.lang.Class for a.Main)';

  test('by threads that wait for each other’s is a deadlock, which the JVM itself never reports', () => {
    const { deadlocks } = judgedText(
      dumpText({ one: runs('a.A', waitsFor('a.B')), other: runs('a.B', waitsFor('a.A')) }),
    );
    assert.deepEqual(
      deadlocks.map((circle) => circle.map(({ name }) => name).sort()),
      [['one', 'other']],
    );
  });

  test('by a thread that wants a monitor of one that waits for the class is a deadlock as well', () => {
    const { deadlocks } = judgedText(
      dumpText({
        initialiser: [
          'BLOCKED',
          'at a.A.<clinit>(A.java:5)',
          '- waiting to lock <0x00000000fa000030> (a java.lang.Class for a.Main)',
          RUN,
        ],
        user: ['RUNNABLE', 'at a.Main.use(Main.java:5)', waitsFor('a.A'), held, RUN],
      }),
    );
    assert.equal(deadlocks.length, 1);
  });

  test('by one that goes on is none', () => {
    const { deadlocks, locks } = judgedText(
      dumpText({ one: runs('a.A'), other: ['RUNNABLE', 'at a.Main.use(Main.java:5)', waitsFor('a.A'), RUN] }),
    );
    assert.equal(deadlocks.length, 0);
    assert.deepEqual(ownersOf({ locks }), { other: 'inferred one' });
  });

  test('of which no stack shows the initialiser may wait for that of its superclass', () => {
    const { locks } = judgedText(
      dumpText({ one: runs('a.Above'), other: ['RUNNABLE', 'at a.Main.use(Main.java:5)', waitsFor('a.Below'), RUN] }),
    );
    assert.deepEqual(ownersOf({ locks }), { other: 'unknown' });
    assert.deepEqual(
      locks[0]?.owner.candidates.map(({ name }) => name),
      ['one'],
    );
  });

  const inWait = (text: string) => text.replaceAll(' runnable  [', ' in Object.wait() [');

  test('is waited for by a runnable thread in Object.wait(), which is all that JDK 11 and older say', () => {
    const text = inWait(
      dumpText({
        one: runs('a.A'),
        other: ['RUNNABLE', 'at a.Main.use(Main.java:5)', RUN],
        more: ['RUNNABLE', 'at a.Main.use(Main.java:5)', RUN],
      }),
    );
    const { locks } = judgedText(text);
    assert.deepEqual(
      locks.map(({ kind, waiters, owner }) => [kind, waiters.length, owner.candidates.map(({ name }) => name)]),
      [
        ['class', 2, ['one']],
        ['class', 1, []],
      ],
    );
  });

  test('is not what a thread in Object.wait itself waits for', () => {
    const { locks } = judgedText(
      inWait(dumpText({ idle: ['RUNNABLE', 'at java.lang.Object.wait(Native Method)', RUN] })),
    );
    assert.deepEqual(locks, []);
  });

  test('is told of where a form of dump does not show who waits for it', () => {
    const { limits } = judgedText('"one" prio=5 Id=12 RUNNABLE\n\tat a.A.<clinit>(A.java:5)\n\n');
    assert.match(limits.join(' '), /within the initialiser of a class/);
  });
});

describe('threads within a task of their pool', () => {
  const QUEUE = `- parking to wait for <0x00000000fa000040> (a java.util.concurrent.locks.AbstractQueuedSynchronizer$ConditionObject)`;
  const LOOP = 'at java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1136)';
  const idle = [
    'WAITING',
    PARK,
    QUEUE,
    'at java.util.concurrent.ThreadPoolExecutor.getTask(ThreadPoolExecutor.java:1062)',
    LOOP,
    RUN,
  ];
  const busy = [
    'TIMED_WAITING',
    PARK,
    QUEUE,
    'at a.Pool.getConnection(Pool.java:9)',
    'at a.Request.run(Request.java:3)',
    LOOP,
    RUN,
  ];

  test('that wait at one place to be told to go on are told of, and idle ones are not', () => {
    const { taskWaits, answer } = judgedText(dumpText({ one: busy, two: busy, three: idle, four: idle, five: idle }));
    assert.deepEqual(
      taskWaits.map(({ method, threads }) => [method, threads.map(({ name }) => name)]),
      [['a.Pool.getConnection', ['one', 'two']]],
    );
    assert.match(
      answer.join(' '),
      /2 threads wait within a task of their pool to be told to go on, all in a\.Pool\.getConnection/,
    );
  });

  test('are not told of where it is one, or where more wait for a lock', () => {
    assert.doesNotMatch(judgedText(dumpText({ one: busy, three: idle })).answer.join(' '), /within a task/);
    const locked = judgedText(dumpText({ one: busy, two: busy, waiter: WAITER, another: WAITER }));
    assert.doesNotMatch(locked.answer.join(' '), /within a task/);
  });
});

describe('a dump that can’t show that nobody waits does not say so', () => {
  const none = (text: string) => judgedText(text).answer.join(' ');

  test('without stacks', () => {
    assert.match(
      none(dumpText({ one: ['WAITING'], two: ['RUNNABLE'] })),
      /^None of the 2 .* it has the stacks of none/,
    );
  });

  test('of Thread.dump_to_file before JDK 25, but for what the frames show', () => {
    const file = (...frames: readonly string[]) =>
      `4711\n2026-11-29T12:00:00Z\n21.0.3+9\n\n#22 "" virtual\n${frames.map((frame) => `      ${frame}\n`).join('')}\n`;
    assert.match(
      none(file('java.base/java.lang.Thread.run(Thread.java:1583)')),
      /before JDK 25 such a dump holds no monitors/,
    );
    const parked = [
      'java.base/jdk.internal.misc.Unsafe.park(Native Method)',
      'java.base/java.lang.VirtualThread.park(VirtualThread.java:582)',
      'java.base/java.util.concurrent.locks.AbstractQueuedSynchronizer.acquire(AbstractQueuedSynchronizer.java:990)',
    ];
    const lock = 'java.base/java.util.concurrent.locks.ReentrantLock.lock(ReentrantLock.java:322)';
    const queue = 'java.base/java.util.concurrent.LinkedBlockingQueue.take(LinkedBlockingQueue.java:435)';
    assert.match(
      none(file(...parked, lock, 'a.B.c(B.java:1)')),
      /^1 thread waits for a lock that the dump does not name: “#22”/,
    );
    assert.doesNotMatch(none(file(...parked, queue, 'a.B.c(B.java:1)', lock)), /waits for a lock that/);
  });

  test('that was cut before its last line', () => {
    const whole = dumpText({ one: ['RUNNABLE', 'at a.B.c(B.java:1)', RUN] });
    assert.deepEqual(judgedText(whole).limits, []);
    assert.match(judgedText(whole.slice(0, whole.indexOf('JNI'))).limits.join(' '), /threads may be missing/);
  });
});

test('a holder that waits for a child process is told so, also where the kernel says futex', () => {
  const waits = [
    'WAITING',
    'at java.lang.Object.wait(Native Method)',
    'at java.lang.ProcessImpl.waitFor(ProcessImpl.java:434)',
    LOCKED,
    RUN,
  ];
  const { locks } = judgedText(
    dumpText({
      waiter: WAITER,
      holder: [...waits.slice(0, 2), '- waiting on <0x00000000fa000050> (a java.lang.ProcessImpl)', ...waits.slice(2)],
    }),
  );
  assert.equal(locks[0]?.does?.doing, 'child');
});

test('a virtual thread that is not mounted and sleeps is told to sleep, and one that is parked to wait', () => {
  const doing = (...below: readonly string[]) => {
    const stack = ['java.base/java.lang.VirtualThread.parkNanos(VirtualThread.java:788)', ...below, 'a.B.c(B.java:1)'];
    const holder = {
      tid: 2,
      name: 'v',
      virtual: true,
      stack,
      monitorsOwned: [{ depth: 2, locks: ['a.Lock@2c46f2a5'] }],
    };
    const waiter = { tid: 1, name: 'w', state: 'BLOCKED', blockedOn: 'a.Lock@2c46f2a5', stack: ['a.B.d(B.java:2)'] };
    const threads = [waiter, { ...holder, state: 'TIMED_WAITING' }];
    return judgedText(JSON.stringify({ threadDump: { threadContainers: [{ threads }] } })).locks[0]?.does?.doing;
  };
  assert.equal(doing('java.base/java.lang.VirtualThread.sleepNanos(VirtualThread.java:994)'), 'sleep');
  assert.equal(doing('java.base/java.util.concurrent.locks.LockSupport.parkNanos(LockSupport.java:269)'), 'news');
});
