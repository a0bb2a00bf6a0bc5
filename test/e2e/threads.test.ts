// `threads --pid` of real JVMs whose locks are known: the truth table by depth of the stack, way of taking the lock and compilation, never with a
// wrong owner; what the kernel adds; and who is left alone.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Threads } from '../../src/model/threads.js';
import { ORDINARY, needsReadableClone, refusal, run } from '../support/cli.js';
import { assertDocument } from '../support/documents.js';
import { compileLab, jdks, needsJdk, startLab, type Lab } from '../support/jvm.js';
import { needsCommand, needsRoot } from '../support/requirements.js';

const DEEP = 2000;

async function threadsOf(pid: number, ...more: readonly string[]): Promise<Threads> {
  const { status, stdout, stderr } = await run(['threads', '--pid', String(pid), '--json', ...more]);
  assert.equal(stderr, '');
  assert.equal(status, 1);
  assertDocument('threads', stdout);
  return JSON.parse(stdout);
}

/** Grades by kind of lock; fails where an owner is another than the program's. */
function grades({ locks }: Threads): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { waiters, owner } of locks) {
    const kind = /^waits-(\w+)-\d$/.exec(waiters[0]?.name ?? '')?.[1];
    if (kind === undefined) continue;
    assert.equal(waiters.length, 2);
    if (owner.thread) assert.equal(owner.thread.name, `holds-${kind}`);
    found[kind] = owner.grade;
  }
  return found;
}

const SHALLOW_TRUTH = {
  block: 'exact',
  method: 'exact',
  reentrant: 'exact',
  write: 'exact',
  read: 'unknown',
  stamped: 'unknown',
};
const DEEP_TRUTH = { ...SHALLOW_TRUTH, block: 'unknown', method: 'unknown' };

for (const { name, home } of jdks()) {
  describe(`a JVM of ${name}`, { skip: needsJdk() }, () => {
    let classes = '';
    let lab: Lab | undefined;
    before(() => {
      classes = compileLab(home, 'LockLab');
    });
    after(() => rmSync(classes, { recursive: true }));

    const CASES: readonly (readonly [
      what: string,
      depth: number,
      options: readonly string[],
      truth: Record<string, string>,
    ])[] = [
      ['with shallow stacks', 3, [], SHALLOW_TRUTH],
      ['with stacks of 2000 frames', DEEP, [], DEEP_TRUTH],
      ['with shallow stacks, compiled at once', 3, ['-Xcomp'], SHALLOW_TRUTH],
      ['with stacks of 2000 frames, compiled at once', DEEP, ['-Xcomp'], DEEP_TRUTH],
    ];
    for (const [what, depth, options, truth] of CASES) {
      test(what, async () => {
        lab = await startLab(home, classes, depth, { options });
        try {
          // The first has to ask the JVM to listen; the second finds its socket.
          for (const more of [[], ['--samples', '2', '--every', '0.2s']]) {
            const document = await threadsOf(lab.pid, ...more);
            assert.deepEqual(grades(document), truth);
            assert.equal(document.cutStacks.length, depth === DEEP ? 6 : 0);
            const held = document.locks.find(({ owner }) => owner.thread?.name === 'holds-reentrant');
            assert.deepEqual([held?.does?.kernel?.call, held?.does?.kernel?.path], ['write', lab.pipe]);
            assert.equal(existsSync(`/tmp/.attach_pid${lab.pid}`), false);
          }
        } finally {
          lab.end();
        }
      });
    }
  });
}

describe('threads --pid', { skip: needsJdk() }, () => {
  const [jdk] = jdks();
  let classes = '';
  before(() => {
    if (jdk) classes = compileLab(jdk.home, 'LockLab');
  });
  after(() => rmSync(classes, { recursive: true, force: true }));

  test('leaves alone what is no JVM', async () => {
    const child = spawn('sleep', ['60']);
    try {
      assert.match(refusal(await run(['threads', '--pid', String(child.pid)])), /is no HotSpot JVM/);
      assert.equal(child.exitCode, null);
      assert.match(readlinkSync(`/proc/${child.pid}/exe`), /sleep|coreutils/);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('leaves alone a JVM that would die of SIGQUIT, one that lets nobody ask, and one that is stopped', async () => {
    const REFUSED: readonly (readonly [option: string, why: RegExp])[] = [
      ['-Xrs', /would die of the signal/],
      ['-XX:+DisableAttachMechanism', /lets nobody ask/],
    ];
    for (const [option, why] of REFUSED) {
      const lab = await startLab(jdk?.home ?? '', classes, 3, { options: [option] });
      try {
        assert.match(refusal(await run(['threads', '--pid', String(lab.pid)])), why);
        assert.equal(lab.child.exitCode, null);
        if (option === '-Xrs') continue;
        lab.child.kill('SIGSTOP');
        assert.match(refusal(await run(['threads', '--pid', String(lab.pid)])), /is stopped|lets nobody ask/);
      } finally {
        lab.end();
      }
    }
  });

  test('of another user’s JVM is for root', { skip: needsRoot() || needsReadableClone() }, async () => {
    const lab = await startLab(jdk?.home ?? '', classes, 3);
    try {
      assert.match(
        refusal(await run(['threads', '--pid', String(lab.pid)], { ...ORDINARY, cwd: '/' })),
        /run it as root/,
      );
    } finally {
      lab.end();
    }
  });

  test(
    'as root asks a JVM of another user as that user, and takes the file away again',
    { skip: needsRoot() || needsCommand('setpriv') },
    async () => {
      const { uid, gid } = ORDINARY;
      const lab = await startLab(jdk?.home ?? '', classes, 3, {
        by: ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'],
      });
      try {
        assert.deepEqual(grades(await threadsOf(lab.pid)), SHALLOW_TRUTH);
        assert.equal(existsSync(`/tmp/.attach_pid${lab.pid}`), false);
      } finally {
        lab.end();
      }
    },
  );

  test(
    'asks a JVM in namespaces of its own, where it has another /tmp and other numbers',
    { skip: needsRoot() || needsCommand('unshare') },
    async () => {
      const into = [
        'unshare',
        '--pid',
        '--fork',
        '--mount',
        '--kill-child',
        'sh',
        '-c',
        'mount -t proc none /proc; mkdir -p "$0/tmp" && mount -t tmpfs none "$0/tmp" && mount --bind "$0/tmp" /tmp 2>/dev/null; exec "$@"',
      ];
      const outside = mkdtempSync('/var/tmp/iowitness-threads-');
      // Its /tmp hides ours, so the pipe and the classes have to lie elsewhere.
      const elsewhere = path.join(outside, 'classes');
      cpSync(classes, elsewhere, { recursive: true });
      const lab = await startLab(jdk?.home ?? '', elsewhere, 3, { by: [...into, outside], folder: outside });
      try {
        const [inner = ''] = readFileSync(`/proc/${lab.pid}/task/${lab.pid}/children`, 'utf8').trim().split(' ');
        const document = await threadsOf(Number(inner));
        assert.deepEqual(grades(document), SHALLOW_TRUTH);
        assert.equal(
          document.locks.find(({ owner }) => owner.thread?.name === 'holds-write')?.does?.kernel?.call,
          'write',
        );
        assert.deepEqual(
          readdirSync(`/proc/${inner}/root/tmp`).filter((name) => name.startsWith('.attach')),
          [],
        );
        assert.equal(existsSync('/tmp/.attach_pid1'), false);
      } finally {
        lab.end();
        rmSync(outside, { recursive: true });
      }
    },
  );
});
