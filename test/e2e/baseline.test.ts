// The machine's memory with the real kernel: a loop device that is used in quiet time and then becomes slower from below, within the norm of its kind; and
// the same disk for a memory that never knew it otherwise. The memory is one of this test's own: /var/lib/iowitness is covered in a mount namespace.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { makeSlowBelow } from '../../src/lab/scenarios/slow-below.js';
import { MAIN, type Ran } from '../support/cli.js';
import { assertDocument } from '../support/documents.js';
import { needsCommand, needsLoop, needsRoot, needsTracefs } from '../support/requirements.js';
import { inWorkplace, othersBusyShare } from '../support/scenario.js';

/** The share of the CPUs' time that others may take. */
const MOST_BUSY = 0.5;

const skip = needsRoot() || needsTracefs() || needsLoop() || needsCommand('unshare');

/** Runs iowitness with a memory in `memory`. */
async function withMemory(memory: string, ...args: readonly string[]): Promise<Ran> {
  const script = 'mount --bind "$0" /var/lib/iowitness && exec "$@"';
  const child = spawn('unshare', ['-m', 'sh', '-c', script, memory, process.execPath, MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return await new Promise((settle) =>
    child.on('close', (status, signal) => settle({ status, signal, stdout, stderr })),
  );
}

/**
 * Writes 4 KiB past the page cache for so long, one at a time, and records that. Undiagnosed, so that a busy machine teaches as well: who starves is held up.
 */
async function writing(memory: string, file: string, recording: string, seconds: number): Promise<void> {
  const dd = ['dd', 'if=/dev/zero', `of=${file}`, 'bs=4k', 'oflag=direct', 'conv=notrunc', 'count=8192'];
  const again = `end=$(($(date +%s) + ${seconds})); while [ $(date +%s) -lt $end ]; do timeout ${seconds} ${dd.join(' ')} 2>/dev/null; done`;
  await withMemory(memory, 'record', '--no-diagnose', '-o', recording, '--', 'sh', '-c', again);
}

test(
  'a disk that became slower within the norm is slow by its own past, and healthy where it always was',
  { skip },
  async (t) => {
    await inWorkplace(async ({ folder, journal }) => {
      const slow = makeSlowBelow(journal, { folder, name: 'volume', bytes: 128 * 1024 * 1024 });
      const name = path.basename(slow.volume.node);
      const file = path.join(slow.volume.mountPoint, 'data');
      writeFileSync(file, Buffer.alloc(32 * 1024 * 1024));
      const [knowing, unknowing] = ['knowing', 'unknowing'].map((one) => path.join(folder, one));
      assert.ok(knowing && unknowing);
      for (const one of [knowing, unknowing]) mkdirSync(one, { mode: 0o700 });
      await writing(knowing, file, path.join(folder, 'quiet.iow'), 20);
      const { stdout: text } = await withMemory(knowing, 'baseline', name);
      assert.match(text, new RegExp(`^${name}: known by its file`));
      assert.match(text, /writes +up to 16 KiB/);
      assertDocument('baseline', (await withMemory(knowing, 'baseline', '--json')).stdout);

      slow.slow({ writeIops: 300 });
      const judged = async (recording: string) => {
        const { stdout, stderr } = await withMemory(unknowing, 'diagnose', recording, '--json');
        assert.notEqual(stdout, '', stderr);
        const { verdict, also, ruledOut } = JSON.parse(stdout);
        return { verdict, also, ruledOut, all: stdout };
      };
      await writing(knowing, file, path.join(folder, 'slow.iow'), 12);
      // A loop device whose workers starve is as slow in quiet time, and then nothing is to be told.
      if ((await othersBusyShare()) > MOST_BUSY) {
        t.diagnostic('others keep the CPUs busy: what a loop device takes tells nothing of it');
        return;
      }
      // The verdict is made with the memory that knows nothing: the recording holds what it needs.
      const told = await judged(path.join(folder, 'slow.iow'));
      const found = [told.verdict, ...told.also].find(({ cause }) => cause === 'dev.slow');
      assert.match(
        found?.sentence ?? told.all,
        new RegExp(`^${name} is slower than it used to be: writes of up to 16 KiB`),
      );

      // A memory that never knew it otherwise calls nothing slow.
      await writing(unknowing, file, path.join(folder, 'first.iow'), 20);
      await writing(unknowing, file, path.join(folder, 'second.iow'), 12);
      const same = await judged(path.join(folder, 'second.iow'));
      const causes = [same.verdict, ...same.also].map(({ cause }) => cause);
      assert.ok(!causes.includes('dev.slow'), same.verdict.sentence);
    });
  },
);
