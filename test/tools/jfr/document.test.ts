// What `jfr` says of real recordings: the answer names the lock, its owner and what that one did, and every sentence and table holds what the events hold.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import * as v from 'valibot';
import { JfrSchema } from '../../../src/model/jfr.js';
import { renderJfr } from '../../../src/present/jfr/text.js';
import { Waits } from '../../../src/tools/jfr/waits.js';
import { run } from '../../support/cli.js';
import { FLIGHTS, flightBytes, flightDocumentOf } from '../../support/flight.js';

for (const name of FLIGHTS) {
  describe(name, () => {
    const document = flightDocumentOf(flightBytes(name));

    test('names the monitor, who had it and what that thread did meanwhile', () => {
      v.parse(JfrSchema, document);
      const [monitor] = document.monitors;
      assert.equal(monitor?.type, 'FlightLab$SnapshotLock');
      assert.deepEqual([monitor.waits, monitor.threads], [4, 4]);
      assert.deepEqual(monitor.waiters.map((each) => each.name).sort(), ['http-0', 'http-1', 'http-2', 'http-3']);
      const { owner, meanwhile } = monitor;
      assert.deepEqual([owner.grade, owner.thread?.name, owner.waits + owner.behind], ['exact', 'snapshot-writer', 4]);
      const force = meanwhile.find(({ did }) => did === 'file-force');
      assert.equal(force?.what, 'snapshot');
      assert.equal(force?.by, 'FlightLab.persist');
      assert.equal(force.count, 20);
      assert.match(document.answer.join(' '), /“snapshot-writer” had it before them \(exact: .* snapshot /);
    });

    test('tells parks on locks, and that JFR knows no owner of these', () => {
      const [park] = document.parks;
      assert.deepEqual(
        [park?.lock, park?.threads, park?.by?.replace(/\d$/, '')],
        ['owned', 2, 'FlightLab.lambda$main$'],
      );
      assert.ok(document.limits.some((limit) => limit.includes('no owner of a java.util.concurrent lock')));
    });

    test('counts files and sockets', () => {
      const writes = document.files.find(({ did, path }) => did === 'file-write' && path === 'snapshot');
      assert.deepEqual([writes?.count, writes?.bytes, writes?.thread?.name], [20, 20 * 2 ** 20, 'snapshot-writer']);
      assert.ok(document.sockets.some(({ did, bytes }) => did === 'socket-read' && bytes === 1));
    });

    test('fits any width', () => {
      for (const width of [80, 200])
        for (const line of renderJfr(document, width).split('\n')) assert.ok(line.length <= width, line);
    });
  });
}

test('says what of a cut file was read', () => {
  const bytes = flightBytes('jdk17');
  const { limits, covers } = flightDocumentOf(bytes.subarray(0, 100_000));
  assert.ok(covers.readBytes < 100_000);
  assert.ok(
    limits.some((limit) => /is (?:cut|without)/.test(limit)),
    limits.join('\n'),
  );
});

/** What the program says of a file, in one line, and its status. */
async function saidOf(bytes: Uint8Array): Promise<{ readonly status: number | null; readonly said: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'iowitness-jfr-'));
  try {
    const file = join(folder, 'test.jfr');
    writeFileSync(file, bytes);
    const { status, stdout } = await run(['jfr', file]);
    return { status, said: stdout.replaceAll(/\s+/g, ' ') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('says which JDK wrote what is not read, and that nothing was read, in the first sentence', async () => {
  for (const [version, told] of [
    [1, /^Nothing of this recording is read: it is of version 1 of the format, as JDK 9 and 10 write it; version 2 is/],
    [0, /^Nothing of this recording is read: it is of version 0 of the format, as Oracle’s JDK 7 and 8 write it; /],
    [3, /^Nothing of this recording is read: it is of version 3; version 2 is read/],
  ] as const) {
    const bytes = flightBytes('jdk17');
    bytes[5] = version;
    // Oracle’s is 0.9.
    if (version === 0) bytes[7] = 9;
    for (const chunks of [1, 3]) {
      const { status, said } = await saidOf(Buffer.concat(Array.from({ length: chunks }, () => bytes)));
      assert.match(said, told);
      assert.doesNotMatch(said, /belong to no chunk|The chunk at/);
      assert.equal(status, 2);
    }
  }
});

test('tells chunks of a version that is not read together, beside those that are', async () => {
  const [old, whole] = [flightBytes('jdk17'), flightBytes('jdk17')];
  old[5] = 1;
  const { status, said } = await saidOf(Buffer.concat([old, old, whole]));
  assert.match(
    said,
    / 2 chunks, the first one at byte 0 of \S+, are of version 1 of the format, as JDK 9 and 10 write/,
  );
  assert.match(said, /^4 threads waited for the monitor of FlightLab\$SnapshotLock/);
  assert.equal(status, 1);
});

test('takes no times from what stands in place of a header that is lost', () => {
  const bytes = flightBytes('jdk17');
  const [known] = flightDocumentOf(bytes).monitors;
  for (const at of [6, 50, 58]) {
    const shifted = Buffer.concat([bytes.subarray(0, at), bytes.subarray(2000)]);
    const { monitors, limits } = flightDocumentOf(Buffer.concat([shifted, bytes]));
    assert.deepEqual(monitors[0], known);
    assert.ok(
      limits.some((limit) => limit.endsWith('belong to no chunk.')),
      limits.join('\n'),
    );
  }
});

test('of more waits than are kept one by one the longest stay, and all are counted', () => {
  const waits = new Waits();
  const lock = waits.lockOf('Slow', 1);
  for (let number = 0; number < 500_000; number += 1)
    waits.take({ lock, thread: number % 50, owner: 99, from: number, to: number + 1 + (number % 1000) }, 0);
  assert.equal(waits.locks[lock]?.waits, 500_000);
  assert.ok(waits.kept < 400_000 && waits.leastKept > 0);
  const { from, to } = waits.of(lock);
  assert.ok(to.length === waits.kept && to.every((end, row) => end - (from[row] ?? NaN) > 500));
});
