// Damaged recordings through everything that reads one: refused in a sentence, or told of, whatever stands behind checksums that hold; and what
// is kept of them is bounded by their bytes. `bench/fuzz.ts` tries as many as one likes.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { run } from '../support/cli.js';
import { foreignBases, jvmBases } from '../support/foreign-fuzz.js';
import { recordingBases, traceBases } from '../support/fuzz-bases.js';
import { Fuzzer, type FuzzTask } from '../support/fuzz.js';
import { damagedRecording } from '../support/recording-fuzz.js';

const folder = mkdtempSync('/var/tmp/iowitness-fuzz-');
after(() => rmSync(folder, { recursive: true }));
const bases = recordingBases(path.join(folder, 'bases'));
/** The heap of what reads a recording, MiB: a third of what Node takes by itself on a machine of 4 GB. */
const LIMITS = { heapMiB: 768 };

/** Examines seeds one by one, and fails at the first that did not end well. Returns how many were told of rather than refused. */
async function examineAll(task: FuzzTask, seeds: readonly number[]): Promise<number> {
  const fuzzer = new Fuzzer(task, LIMITS);
  let told = 0;
  try {
    for (const seed of seeds) {
      const { ended, what, error } = await fuzzer.examine(seed);
      assert.ok(ended === 'told' || ended === 'refused', `seed ${seed} (${what}) ${ended}: ${error}`);
      if (ended === 'told') told += 1;
    }
  } finally {
    await fuzzer.stop();
  }
  return told;
}

function seedsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

describe('no damaged recording', () => {
  test('stops the diagnosis, its page or its figures, or weighs more than its bytes allow', async () => {
    const told = await examineAll({ kind: 'recording', bases, folder: path.join(folder, 'r') }, seedsFrom(1, 24));
    assert.ok(told > 12, `${told} were told of`);
  });

  test('makes the command line end otherwise than it says: 0 to 3, with nothing or one sentence on standard error', async () => {
    for (const seed of [3, 10]) {
      const place = path.join(folder, 'cli.iow');
      damagedRecording(seed, bases[seed % bases.length]?.path ?? '', place);
      for (const args of [
        ['diagnose', place],
        ['report', place, '-o', `${place}.html`],
        ['blkstats', place],
      ]) {
        const { status, stderr } = await run(args);
        assert.ok([0, 1, 2, 3].includes(status ?? -1), `seed ${seed}: ${status}`);
        assert.match(stderr, /^(|iowitness: [^\n]+[.)]\n)$/);
        assert.doesNotMatch(stderr, /error in iowitness itself/);
      }
    }
  });
});

test('no damaged block trace stops what reads it, or weighs more than its bytes allow', async () => {
  const task: FuzzTask = { kind: 'trace', bases: traceBases(), folder: path.join(folder, 't') };
  const told = await examineAll(task, seedsFrom(5000, 100));
  assert.ok(told > 50, `${told} were told of`);
});

test('no damaged trace or log of another tool stops what reads it, or weighs more than its bytes allow', async () => {
  const files = foreignBases();
  const told = await examineAll(
    { kind: 'foreign', bases: files, folder: path.join(folder, 'f') },
    seedsFrom(100, files.length * 3),
  );
  assert.ok(told > files.length, `${told} were told of`);
});

test('no damaged dump of a JVM stops what reads it', async () => {
  const files = jvmBases();
  const told = await examineAll(
    { kind: 'jvm', bases: files, folder: path.join(folder, 'j') },
    seedsFrom(100, files.length * 10),
  );
  assert.ok(told > files.length, `${told} were told of`);
});
