// Convoys of virtual threads of real JVMs: two thousand wait for the lock of one that writes a file. What each source shows of them: all are counted where they stand in it, no
// owner is another than the program's, and where a source can't have them, that nobody waits is not said.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Threads } from '../../src/model/threads.js';
import { run } from '../support/cli.js';
import { compileLab, jdksWithVirtualThreads, needsJdk, startLab, type Lab } from '../support/jvm.js';

const MANY = 2000;
const DEEP = 2000;
/** Grades by source, of shallow stacks and of those of 2000 frames. */
type Truth = Readonly<Record<'file' | 'json' | 'heap', readonly [shallow: string, deep: string]>>;

const MONITOR: Truth = {
  file: ['inferred', 'unknown'],
  json: ['inferred', 'unknown'],
  heap: ['unknown', 'unknown'],
};
const REENTRANT: Truth = {
  file: ['unknown', 'unknown'],
  json: ['unknown', 'unknown'],
  heap: ['exact', 'exact'],
};
const KINDS: Readonly<Record<string, Truth>> = {
  monitor: MONITOR,
  'platform-monitor': MONITOR,
  reentrant: REENTRANT,
  'platform-reentrant': REENTRANT,
};
const needsVirtual = needsJdk() || (jdksWithVirtualThreads().length === 0 && 'cannot: there is no JDK 24 or later');

for (const { name, home } of jdksWithVirtualThreads()) {
  describe(`two thousand virtual threads of ${name}`, { skip: needsVirtual }, () => {
    let classes = '';
    let folder = '';
    before(() => {
      classes = compileLab(home, 'VirtualLab');
      folder = mkdtempSync('/var/tmp/iowitness-virtual-');
    });
    after(() => {
      for (const each of [classes, folder]) rmSync(each, { recursive: true, force: true });
    });

    function jcmd({ pid }: Lab, ...args: readonly string[]): void {
      const { status, stdout, stderr } = spawnSync(path.join(home, 'bin/jcmd'), [String(pid), ...args], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, stdout + stderr);
    }

    async function answered(args: readonly string[]): Promise<Threads> {
      const { stdout, stderr } = await run([...args, '--json']);
      assert.equal(stderr, '');
      return JSON.parse(stdout);
    }

    /** The lock with the writer's grade; fails where another is named, or one of those that wait is missing. */
    function assertLock({ locks }: Threads, grade: string): void {
      const [lock] = locks;
      assert.equal(locks.length, 1);
      assert.equal(lock?.waiters.length, MANY);
      assert.ok(lock.waiters.every(({ name: waiter }) => /^http-\d+$/.test(waiter)));
      const told = lock.owner.thread?.name ?? null;
      assert.deepEqual([lock.owner.grade, told], [grade, grade === 'unknown' ? null : 'snapshot-writer']);
      if (told !== null) assert.equal(lock.does?.doing, 'write');
    }

    for (const [kind, truth] of Object.entries(KINDS))
      for (const [place, depth] of [3, DEEP].entries())
        test(`that wait for a ${kind} lock, taken ${depth} frames ago`, async () => {
          const program = ['VirtualLab', kind, String(MANY), String(depth)];
          const options = ['-Xmx256m', '-XX:MaxJavaStackTraceDepth=1024'];
          const lab = await startLab(home, classes, depth, { options, program });
          try {
            const live = await answered(['threads', '--pid', String(lab.pid)]);
            assert.deepEqual(live.locks, []);
            assert.match(live.answer[0] ?? '', /^None of the \d+ threads in the dump waits for a lock, but virtual/);
            for (const [source, more] of [
              ['file', []],
              ['json', ['-format=json']],
            ] as const) {
              const file = path.join(folder, `${kind}-${depth}.${source}`);
              jcmd(lab, 'Thread.dump_to_file', ...more, file);
              assertLock(await answered(['threads', file]), truth[source][place] ?? '');
            }
            const heap = path.join(folder, `${kind}-${depth}.hprof`);
            jcmd(lab, 'GC.heap_dump', '-all', heap);
            assertLock(await answered(['heap', heap]), truth.heap[place] ?? '');
            rmSync(heap);
          } finally {
            lab.end();
          }
        });

    for (const kind of ['monitor', 'reentrant'])
      test(`of whose waits for a ${kind} lock JFR has none, which is told`, async () => {
        const recording = path.join(folder, `${kind}.jfr`);
        const options = ['-Xmx256m', `-XX:StartFlightRecording=filename=${recording}`];
        const lab = await startLab(home, classes, 3, { options, program: ['VirtualLab', kind, String(MANY), '3'] });
        try {
          const ended = new Promise((settle) => lab.child.once('exit', settle));
          lab.child.stdin?.end();
          // The writer goes on once somebody reads what it writes.
          const reader = new Promise<void>((settle) => {
            setTimeout(() => {
              spawnSync('timeout', ['20', 'cat', lab.pipe], { stdio: 'ignore' });
              settle();
            }, 500);
          });
          await Promise.all([ended, reader]);
        } finally {
          lab.end();
        }
        assert.equal(readFileSync(recording).toString('latin1', 0, 3), 'FLR');
        const { stdout } = await run(['jfr', recording]);
        const said = stdout.replaceAll(/\s+/g, ' ');
        assert.match(
          said,
          /^No wait for a monitor is recorded(?: but for JFR’s own)?; of virtual threads, which are in/,
        );
        assert.match(said, / writes? to \S*snapshot .*“snapshot-writer”/);
      });
  });
}
