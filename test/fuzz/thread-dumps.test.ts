// Damaged thread dumps: cut anywhere, with lines lost, doubled or put between, with bytes overwritten, in pieces of any size. Nothing is thrown, and no
// damage makes a lock's owner one that the whole dump does not show.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DumpReader } from '../../src/decode/thread-dump/reader.js';
import { JavacoreReader } from '../../src/decode/thread-dump/javacore.js';
import { jsonReaderFor } from '../../src/decode/thread-dump/json.js';
import { LineSplitter } from '../../src/decode/thread-dump/text.js';
import type { ThreadDump } from '../../src/model/thread-dump.js';
import { dumpsIn } from '../../src/open/thread-dumps.js';
import { dumpBytes, judged } from '../support/thread-dumps.js';

const FIXTURES = [
  'locks-jdk17-print-l.txt',
  'locks-jdk25-print-l.txt',
  'locks-jdk17-jhsdb.txt',
  'locks-jdk25-file.txt',
  'locks-jdk25-file.json',
  'locks-jdk17-visualvm.txt',
  'locks-jdk17-spring.json',
  'locks-jdk17-javacore.txt',
  'mixed-jdk17-jstack-l.txt',
  'mixed-jdk17-thread-info.txt',
  'mixed-jdk25-print-l.txt',
];
const RUNS = { seed: 15, numRuns: 60 };

/** What a thread is called of which the name was lost. */
const NAMELESS = /^(?:#\d+|\(its header is lost\))$/;

/** Lock and owner of each lock that is told with a name, 'ID < NAME'. */
function told(bytes: Uint8Array): Set<string> {
  const pairs = new Set<string>();
  for (const dump of dumpsIn(bytes))
    for (const { id, owner } of judged([dump]).locks)
      if (owner.thread && !NAMELESS.test(owner.thread.name)) pairs.add(`${id} < ${owner.thread.name}`);
  return pairs;
}

function assertNoOther(damaged: Uint8Array, whole: ReadonlySet<string>): void {
  for (const pair of told(damaged)) assert.ok(whole.has(pair), `${pair} is told of the damaged dump alone`);
}

for (const name of FIXTURES) {
  const bytes = dumpBytes(name);
  const whole = told(bytes);
  const lines = bytes.toString('latin1').split('\n');
  const asBytes = (some: readonly string[]): Buffer => Buffer.from(some.join('\n'), 'latin1');

  describe(name, () => {
    test('cut at any place', () => {
      fc.assert(
        fc.property(fc.nat(bytes.length), (end) => assertNoOther(bytes.subarray(0, end), whole)),
        RUNS,
      );
    });

    test('begun at any place', () => {
      fc.assert(
        fc.property(fc.nat(bytes.length), (from) => assertNoOther(bytes.subarray(from), whole)),
        RUNS,
      );
    });

    test('without a line', () => {
      fc.assert(
        fc.property(fc.nat(lines.length - 1), (at) => assertNoOther(asBytes(lines.toSpliced(at, 1)), whole)),
        RUNS,
      );
    });

    test('with a line of it twice, or with a line of a log', () => {
      fc.assert(
        fc.property(
          fc.nat(lines.length - 1),
          fc.constantFrom('', '12:00 INFO "x" locked <1>', 'at last', '"', '- locked'),
          (at, other) => {
            const copy = other === '' ? (lines[at] ?? '') : other;
            assertNoOther(asBytes(lines.toSpliced(at, 0, copy)), whole);
          },
        ),
        RUNS,
      );
    });

    test('with any bytes at any place', () => {
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), fc.uint8Array({ minLength: 1, maxLength: 200 }), (at, noise) => {
          const damaged = Buffer.from(bytes);
          damaged.set(noise.subarray(0, damaged.length - at), at);
          judged(dumpsIn(damaged));
        }),
        RUNS,
      );
    });

    test('in pieces of any size', () => {
      const expected = dumpsIn(bytes);
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 5000 }), (size) => {
          const found: ThreadDump[] = [];
          const emit = (dump: ThreadDump): unknown => found.push(dump);
          const json = jsonReaderFor(bytes.toString('latin1', 0, 100));
          const reader = name.includes('javacore') ? new JavacoreReader(emit) : new DumpReader(emit);
          const splitter = new LineSplitter((line) => reader.line(line));
          for (let at = 0; at < bytes.length; at += size) {
            const piece = bytes.subarray(at, at + size);
            if (json) json.push(piece.toString('latin1'));
            else splitter.push(piece);
          }
          reader.end(splitter.end());
          const document = json?.end();
          assert.deepEqual(document ? [document] : found, expected);
        }),
        { seed: 15, numRuns: 15 },
      );
    });
  });
}
