// `heap` on heap dumps of real JVMs whose locks are known: the truth table by JDK, depth of the stack, way of taking the lock and compilation, never with a
// wrong owner; and virtual threads.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Heap } from '../../src/model/heap.js';
import { run } from '../support/cli.js';
import { assertDocument } from '../support/documents.js';
import { compileLab, jdks, needsJdk, startLab, type Lab } from '../support/jvm.js';

const DEEP = 2000;
const folder = mkdtempSync('/var/tmp/iowitness-heap-');
after(() => rmSync(folder, { recursive: true }));

let dumps = 0;
/** A file with a thread dump of it. */
function beside(home: string, { pid }: Lab): string {
  const file = path.join(folder, `${(dumps += 1)}.txt`);
  writeFileSync(file, spawnSync(path.join(home, 'bin/jcmd'), [String(pid), 'Thread.print']).stdout);
  return file;
}

interface HeapRun {
  /** Of jcmd. */
  readonly options?: readonly string[];
  /** A thread dump. */
  readonly threads?: string;
}

async function heapOf(home: string, { pid }: Lab, { options = [], threads }: HeapRun = {}): Promise<Heap> {
  const file = path.join(folder, `${(dumps += 1)}.hprof`);
  const { status, stdout, stderr } = spawnSync(
    path.join(home, 'bin/jcmd'),
    [String(pid), 'GC.heap_dump', '-all', ...options, file],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stdout + stderr);
  const answer = await run(['heap', file, '--json', ...(threads === undefined ? [] : ['--threads', threads])]);
  rmSync(file);
  assert.equal(answer.stderr, '');
  assertDocument('heap', answer.stdout);
  return JSON.parse(answer.stdout);
}

/** Grades by kind of lock; fails where an owner is another than the program's. */
function grades({ locks }: Heap): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { waiters, owner } of locks) {
    const kind = waiters.map(({ name }) => /^waits-(\w+)-\d$/.exec(name)?.[1]).find((each) => each !== undefined);
    if (kind === undefined) continue;
    if (owner.thread) assert.equal(owner.thread.name, `holds-${kind}`);
    found[kind] = owner.grade;
  }
  return found;
}

const LOCKS = { block: 'inferred', reentrant: 'exact', write: 'exact', read: 'unknown', stamped: 'unknown' };
const MONITORS = { field: 'inferred', still: 'inferred', own: 'unknown', argument: 'unknown' };

for (const { name, home } of jdks()) {
  describe(`a heap dump of ${name}`, { skip: needsJdk() }, () => {
    let classes = '';
    before(() => {
      classes = compileLab(home, 'LockLab', 'MonitorLab');
    });
    after(() => rmSync(classes, { recursive: true }));

    const CASES: readonly (readonly [what: string, depth: number, options: readonly string[], method: string])[] = [
      ['with shallow stacks', 3, [], 'inferred'],
      ['with stacks of 2000 frames', DEEP, [], 'inferred'],
      // A compiled method forgets what it has locked.
      ['with shallow stacks, compiled at once', 3, ['-Xcomp'], 'unknown'],
      ['with stacks of 2000 frames, compiled at once', DEEP, ['-Xcomp'], 'unknown'],
    ];
    for (const [what, depth, options, method] of CASES) {
      test(what, async () => {
        const lab = await startLab(home, classes, depth, { options });
        try {
          for (const more of [[], ['-gz=1']]) {
            const heap = await heapOf(home, lab, { options: more });
            assert.deepEqual(grades(heap), { ...LOCKS, method });
            assert.deepEqual([heap.cutStacks, heap.limits], [[], []]);
            const held = heap.locks.find(({ owner }) => owner.thread?.name === 'holds-reentrant');
            assert.equal(held?.does?.doing, 'write');
            const candidates = heap.locks.find(({ kind, type }) => kind === 'monitor' && type === 'LockLab')?.owner;
            if (method === 'unknown') assert.equal(candidates?.candidates[0]?.name, 'holds-method');
          }
        } finally {
          lab.end();
        }
      });
    }

    for (const [what, options, bare] of [
      ['', [], 'inferred'],
      [', compiled at once', ['-Xcomp'], 'unknown'],
    ] as const)
      test(`with monitors of all kinds, while another thread has their objects${what}`, async () => {
        const lab = await startLab(home, classes, 0, { options, program: ['MonitorLab'] });
        try {
          const heap = await heapOf(home, lab);
          assert.deepEqual(grades(heap), { ...MONITORS, bare });
          const joined = await heapOf(home, lab, { threads: beside(home, lab) });
          assert.deepEqual(new Set(Object.values(grades(joined))), new Set(['inferred']));
          assert.ok(joined.locks.every(({ owner }) => (owner.thread?.nativeId ?? 0) > 0));
          assert.equal(heap.locks.find(({ type }) => type === 'java.lang.Class for MonitorLab')?.waiters.length, 4);
        } finally {
          lab.end();
        }
      });

    test(
      'with virtual threads',
      { skip: !/-(?:2[2-9]|[3-9]\d)-/.test(name) && 'cannot: before JDK 22 a dump has none' },
      async () => {
        const lab = await startLab(home, classes, 0, { program: ['MonitorLab', 'virtual'] });
        try {
          const heap = await heapOf(home, lab);
          assert.equal(grades(heap)['virtual'], 'exact');
          const monitor = heap.locks.find(({ kind }) => kind === 'monitor');
          // The third is a virtual thread that waits without its carrier.
          assert.equal(monitor?.waiters.length, 3);
          assert.equal(monitor.owner.candidates[0]?.name ?? monitor.owner.thread?.name, 'holds-monitor');
        } finally {
          lab.end();
        }
      },
    );
  });
}
