// What is told of a process before anything is asked of it, from files that stand for its /proc: whether it is a JVM that hears the question, and whether it
// stalls.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { HeldFolder } from '../../../src/base/held-folder.js';
import { LOOK_MS } from '../../../src/run/watch/judge.js';
import { JvmStall } from '../../../src/run/threads/jvm-stall.js';
import { hotspotIn, looksLikeJvm, requireAnswers, StoppedJvm, type Jvm } from '../../../src/run/threads/jvm.js';

const PID = 4711;

let root = '';

beforeEach(() => (root = mkdtempSync(path.join(tmpdir(), 'iowitness-jvm-'))));
afterEach(() => rmSync(root, { recursive: true }));

/** A file below /proc/PID. */
function file(name: string, text: string): void {
  const whole = path.join(root, 'proc', String(PID), name);
  mkdirSync(path.dirname(whole), { recursive: true });
  writeFileSync(whole, text);
}

test('a HotSpot JVM is told from OpenJ9, whose libjvm.so leads to a VM that writes a javacore when it is asked', () => {
  const java = '7f0a10000000-7f0a11000000 r-xp 00000000 fe:01 9 /usr/lib/jvm/17/lib/server/libjvm.so\n';
  const openJ9 = '7f0a20000000-7f0a21000000 r-xp 00000000 fe:01 9 /opt/java/lib/default/libj9vm29.so\n';
  assert.equal(hotspotIn(java), '7f0a10000000');
  assert.equal(hotspotIn(java.replace('.so\n', '.so (deleted)\n')), '7f0a10000000');
  assert.equal(hotspotIn(java + openJ9), undefined);
  assert.equal(hotspotIn('7f0a10000000-7f0a11000000 r-xp 00000000 fe:01 9 /opt/libjvm.sock\n'), undefined);
});

test('a process looks like a JVM by its program or by the thread that HotSpot has', () => {
  file(`task/${PID}/comm`, 'launcher\n');
  assert.equal(looksLikeJvm(PID, root), false);
  // Another user's program can't be seen, and its threads can.
  file(`task/${PID + 8}/comm`, 'VM Thread\n');
  assert.equal(looksLikeJvm(PID, root), true);
  rmSync(path.join(root, 'proc', String(PID), 'task', String(PID + 8)), { recursive: true });
  symlinkSync('/opt/app/launcher', path.join(root, 'proc', String(PID), 'exe'));
  assert.equal(looksLikeJvm(PID, root), false);
  file(`task/${PID + 9}/comm`, 'VM Thread\n');
  assert.equal(looksLikeJvm(PID, root), true);
  rmSync(path.join(root, 'proc'), { recursive: true });
  file('comm', 'java\n');
  symlinkSync('/opt/jdk/bin/java', path.join(root, 'proc', String(PID), 'exe'));
  assert.equal(looksLikeJvm(PID, root), true);
});

/** Why one with these files is not asked; undefined where it is. */
function refusal(files: Readonly<Record<string, string>>): unknown {
  const status = `State:\t${files['state'] ?? 'S (sleeping)'}\nSigCgt:\t0000000181005ccf\n`;
  for (const [name, text] of Object.entries({ status, cmdline: 'java\0App\0', ...files })) file(name, text);
  const folder = HeldFolder.at(path.join(root, 'proc', String(PID)));
  const jvm: Jvm = { pid: PID, folder, ownPid: PID, isContained: false, uid: 0, gid: 0, resident: 0, is64: true };
  try {
    requireAnswers(jvm);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    folder.close();
    rmSync(path.join(root, 'proc'), { recursive: true });
  }
}

test('a JVM that says no is left alone, wherever it says so', () => {
  const no = '-XX:+DisableAttachMechanism';
  assert.equal(refusal({}), undefined);
  assert.equal(refusal({ environ: 'JAVA_TOOL_OPTIONS=-Xmx1g\0HOME=/\0' }), undefined);
  // The program's own words are its own.
  assert.equal(refusal({ environ: `NOTE=${no}\0` }), undefined);
  assert.match(String(refusal({ cmdline: `java\0${no}\0App\0` })), /lets nobody ask/);
  assert.match(String(refusal({ environ: `PATH=/bin\0JAVA_TOOL_OPTIONS=-Xmx1g ${no}\0` })), /lets nobody ask/);
  assert.match(String(refusal({ environ: `JDK_JAVA_OPTIONS=${no}\0` })), /lets nobody ask/);
});

test('one that is stopped or frozen may be asked later', () => {
  for (const files of [{ state: 'T (stopped)' }, { wchan: 'do_freezer_trap' }, { wchan: '__refrigerator' }])
    assert.ok(refusal(files) instanceof StoppedJvm, JSON.stringify(files));
  assert.equal(refusal({ wchan: 'futex_wait_queue' }), undefined);
});

/** Lets a thread, the last of many, be in a state for so many seconds with so many runs in each, and tells in which of these its JVM stalls. */
function stalls(state: string, runs: number, seconds: number): boolean[] {
  const jvm = new JvmStall(PID, root);
  const told: boolean[] = [];
  for (let second = 0; second <= seconds; second += 1) {
    for (let thread = 0; thread < 40; thread += 1) {
      const isLast = thread === 39;
      file(`task/${PID + thread}/stat`, `${PID + thread} (t) ${isLast ? state : 'S'} ${'0 '.repeat(49)}\n`);
      file(
        `task/${PID + thread}/schedstat`,
        `0 ${isLast && state === 'R' ? second * 9e8 : 0} ${second * (isLast ? runs : 1)}\n`,
      );
    }
    told.push(jvm.isUnderWay(second * 1000));
    for (let ms = LOOK_MS; ms < 1000; ms += LOOK_MS) jvm.isUnderWay(second * 1000 + ms);
  }
  jvm.close();
  return told;
}

test('a JVM stalls while any of its threads waits for the kernel and gets nothing, and not while it is starved, stopped or at work', () => {
  assert.deepEqual(stalls('D', 2, 4), [false, false, false, true, true]);
  for (const [state, runs] of [
    ['D', 500],
    ['S', 2],
    ['T', 0],
    ['R', 2],
  ] as const)
    assert.deepEqual(stalls(state, runs, 4), [false, false, false, false, false], state);
});

/**
 * A JVM of 40 threads, the last of which waits for the kernel and runs 90 times a second with 2 MiB moved in each; how many of the others run in each second,
 * and in which of these it stalls.
 */
function stallsWith(othersThatRun: readonly number[]): boolean[] {
  const jvm = new JvmStall(PID, root);
  const slices = Array.from({ length: 40 }, () => 1);
  const told = othersThatRun.map((running, second) => {
    for (let thread = 0; thread < 40; thread += 1) {
      const isLast = thread === 39;
      slices[thread] = (slices[thread] ?? 0) + (isLast ? 90 : thread < running ? 5 : 0);
      const folder = `task/${PID + thread}`;
      file(`${folder}/stat`, `${PID + thread} (t) ${isLast ? 'D' : 'S'} ${'0 '.repeat(49)}\n`);
      file(`${folder}/schedstat`, `0 0 ${slices[thread]}\n`);
      file(`${folder}/io`, `read_bytes: 0\nwrite_bytes: ${second * 2 * 2 ** 20}\n`);
    }
    const isStalled = jvm.isUnderWay(second * 1000);
    for (let ms = LOOK_MS; ms < 1000; ms += LOOK_MS) jvm.isUnderWay(second * 1000 + ms);
    return isStalled;
  });
  jvm.close();
  return told;
}

test('a thread that is slow but gets some stalls the JVM where most others fall silent with it, and not where they go on or never ran', () => {
  const stallsIn = (others: readonly number[]) => stallsWith(others).filter(Boolean).length;
  // The lock is given back each third second.
  assert.deepEqual(stallsWith([20, 20, 20, 2, 2, 20, 2, 2]).slice(-3), [false, true, true]);
  assert.equal(stallsIn(Array.from({ length: 12 }, (_, at) => [20, 12, 9][at % 3] ?? 0)), 0);
  assert.equal(stallsIn(Array.from({ length: 12 }, () => 0)), 0);
  assert.equal(stallsIn(Array.from({ length: 12 }, () => 20)), 0);
  // One that has ended its work is no crowd.
  assert.equal(stallsIn([1, 1, 1, 0, 0, 0, 0, 0]), 0);
  // What ran longer ago than half a minute is no measure.
  const rare = (pause: number) => [20, 20, ...Array.from({ length: pause }, () => 7), 3, 3, 3, 3];
  assert.equal(stallsIn(rare(20)), 2);
  assert.equal(stallsIn(rare(31)), 0);
});

test('a stall is looked for once a second, however often it is asked about', () => {
  const jvm = new JvmStall(PID, root);
  file(`task/${PID}/stat`, `${PID} (t) D ${'0 '.repeat(49)}\n`);
  for (let at = 0; at < 2000; at += 100) assert.equal(jvm.isUnderWay(at), false);
  jvm.close();
});
