// Inputs whose reads give less than is there, as those of network filesystems and FUSE may: records are those that reads of one block each would give.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Calls, type WasiCalls } from '../../../src/run/dd/calls.js';
import { Copy, memoryFor } from '../../../src/run/dd/copy.js';
import { openEnds } from '../../../src/run/dd/ends.js';
import { SharedState } from '../../../src/run/dd/shared-state.js';
import { parseDdOptions } from '../../../src/tools/dd/options.js';
import { quotingFor } from '../../../src/tools/dd/quoting.js';

const EIO = 29;
const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-dd-input-'));
after(() => rmSync(folder, { recursive: true }));
const INPUT = path.join(folder, 'in');
const OUTPUT = path.join(folder, 'out');
const CONTENT = Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7) % 251));

/** How many of the bytes that are asked for a read gives, by where it begins; below 0 where it is refused. */
type Giving = (asked: number, at: number) => number;

interface Copied {
  readonly full: number;
  readonly partial: number;
  readonly status: number;
  readonly told: readonly string[];
}

/** Copies CONTENT through such reads, and makes sure that nothing of it is lost or doubled up to `upTo`. */
async function copied(operands: readonly string[], giving: Giving, upTo = CONTENT.length): Promise<Copied> {
  writeFileSync(INPUT, CONTENT);
  rmSync(OUTPUT, { force: true });
  const quoting = quotingFor(true);
  const options = parseDdOptions([`if=${INPUT}`, `of=${OUTPUT}`, ...operands], quoting, assert.fail);
  const ends = openEnds(options, quoting, { opened: () => {}, tell: assert.fail });
  const told: string[] = [];
  const state = new SharedState();
  try {
    let place = 0;
    const calls = await Calls.on(
      ends.input,
      ends.output,
      Number(memoryFor(options)),
      async (_input, _output, memory) => {
        const numbers = (): Uint32Array => new Uint32Array(memory.buffer);
        const refused = (): number => 76;
        const fd_read: WasiCalls['fd_read'] = () => {
          const [at = 0, asked = 0] = numbers();
          const given = giving(asked, place);
          if (given < 0) return EIO;
          const got = readSync(ends.input, Buffer.from(memory.buffer), at, Math.min(asked, given), place);
          place += got;
          numbers()[4] = got;
          return 0;
        };
        return { fd_read, fd_write: refused, fd_seek: refused, fd_advise: refused, fd_fdstat_set_flags: refused };
      },
    );
    const host = { tell: (text: string) => void told.push(text), showCounts: () => {} };
    const status = new Copy({ options, quoting, ends, calls, state, host }).run();
    const { fullIn, partialIn } = state.read().counts;
    assert.deepEqual(readFileSync(OUTPUT), CONTENT.subarray(0, upTo));
    return { full: Number(fullIn), partial: Number(partialIn), status, told };
  } finally {
    ends.close();
  }
}

const all: Giving = (asked) => asked;
/** A larger read gives 24 bytes less than it is asked for, one of a block all of them. */
const lessOfMore: Giving = (asked) => (asked > 512 ? asked - 24 : asked);

test('what a read of many blocks leaves short is made whole, as reads of a block are', async () => {
  const whole = { full: 9, partial: 1, status: 0, told: [] };
  assert.deepEqual(await copied(['bs=512'], all), whole);
  assert.deepEqual(await copied(['bs=512'], lessOfMore), whole);
  assert.deepEqual(await copied(['bs=512', 'iflag=fullblock'], lessOfMore), whole);
  assert.deepEqual(await copied(['ibs=512', 'obs=700'], lessOfMore), whole);
  // A count has short records told of.
  const halves: Giving = (asked) => (asked > 512 ? 256 : asked);
  assert.deepEqual(await copied(['bs=512', 'count=20'], halves), whole);
});

test('what reads of a block leave short as well stays a short record, unless all of a block is asked for', async () => {
  const short: Giving = (_asked, at) => 300 - (at % 300);
  const { full, partial, status } = await copied(['bs=512'], short);
  assert.ok(partial > 1 && full + partial > 10, `${full}+${partial}`);
  assert.equal(status, 0);
  assert.deepEqual(await copied(['bs=512', 'iflag=fullblock'], short), { full: 9, partial: 1, status: 0, told: [] });
});

test('the last record that is asked for is as long as it should be', async () => {
  assert.deepEqual(await copied(['bs=512', 'count=1500B', 'iflag=fullblock'], lessOfMore, 1500), {
    full: 2,
    partial: 1,
    status: 0,
    told: [],
  });
});

test('what was read before a refusal is passed on, and the refusal is told once', async () => {
  const refused: Giving = (asked, at) => (at >= 2000 ? -1 : Math.min(asked, 2000 - at));
  const { full, partial, status, told } = await copied(['bs=512'], refused, 2000);
  assert.deepEqual([full, partial, status, told.length], [3, 1, 1, 1]);
  assert.match(told[0] ?? '', /^error reading '.*\/in': Input\/output error$/);
});
