// dd against GNU dd over a generated table of operands: what is printed (seconds and rates aside), the exit status, and the bytes of the output.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { generator } from '../../../src/base/random.js';
import { copyOnce } from '../../../src/run/dd/copy-once.js';
import type { FromCopy } from '../../../src/run/dd/messages.js';
import { SharedState } from '../../../src/run/dd/shared-state.js';
import { DdRefusal, parseDdOptions } from '../../../src/tools/dd/options.js';
import { statisticsText } from '../../../src/tools/dd/statistics.js';
import { quotingFor } from '../../../src/tools/dd/quoting.js';
import { needsCommand } from '../../support/requirements.js';

const SEED = 20261129;
const CASES = 500;

/** In memory where that can be: hundreds of durable writes are made. */
const folder = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'iowitness-dd-'));
after(() => rmSync(folder, { recursive: true }));

const INPUT = path.join(folder, 'in');
const OUTPUT = path.join(folder, 'out');
const LINK = path.join(folder, 'link');

/** Lines of several lengths, stretches of zeros, and all bytes. */
function contents(random: () => number): Buffer {
  const parts = Array.from({ length: 12 }, () => {
    const length = Math.floor(random() * 400);
    const kind = random();
    if (kind < 0.3) return Buffer.alloc(length * 8);
    if (kind < 0.7)
      return Buffer.from(Array.from({ length }, () => (random() < 0.1 ? 10 : 32 + Math.floor(random() * 90))));
    return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
  });
  return Buffer.concat(parts);
}

const masked = (text: string): string =>
  text
    .replace(/copied, .*$/gm, 'copied')
    .replace(/^Try .*$/gm, 'Try')
    .replaceAll(/^.*\r/gm, '');

interface Outcome {
  readonly text: string;
  readonly status: number | null;
  readonly output: string;
}

/** What the output holds after it; it holds `before` at first, or is not there. */
function outputAfter<T>(before: Buffer | undefined, run: () => T): T {
  rmSync(OUTPUT, { force: true });
  if (before) writeFileSync(OUTPUT, before);
  return run();
}

const outputNow = (): string => (existsSync(OUTPUT) ? readFileSync(OUTPUT).toString('base64') : 'absent');

function byGnu(operands: readonly string[], before: Buffer | undefined): Outcome {
  return outputAfter(before, () => {
    const { stderr, status } = spawnSync('dd', operands, {
      env: { ...process.env, LC_ALL: 'C.UTF-8', POSIXLY_CORRECT: undefined },
      encoding: 'utf8',
      timeout: 60_000,
    });
    return { text: masked(stderr), status, output: outputNow() };
  });
}

async function byOurs(operands: readonly string[], before: Buffer | undefined, quick: boolean): Promise<Outcome> {
  let text = '';
  const print = (more: string): void => void (text += more);
  const status = await outputAfter(before, async () => {
    try {
      const options = parseDdOptions(operands, quotingFor(true), (sentence) => print(`dd: ${sentence}\n`));
      const post = (message: FromCopy): void => {
        if (message.kind === 'sentence') print(`dd: ${message.text}\n`);
        else if ('counts' in message && message.counts)
          print(statisticsText(message.counts, message.seconds, options.status));
      };
      const ended = await copyOnce({ options, quoting: quotingFor(true), state: new SharedState(), quick, post });
      post(ended);
      return ended.kind === 'copied' ? ended.status : null;
    } catch (error) {
      if (!(error instanceof DdRefusal)) throw error;
      print(`dd: ${error.message}\n${error.isUsage ? 'Try\n' : ''}`);
      return 1;
    }
  });
  return { text: masked(text), status, output: outputNow() };
}

type Random = () => number;
function pick<T>(random: Random, from: readonly T[]): T {
  const picked = from[Math.floor(random() * from.length)];
  if (picked === undefined) throw new Error('there is nothing to pick from');
  return picked;
}
const some = (random: Random, from: readonly string[], most: number): string =>
  Array.from({ length: 1 + Math.floor(random() * most) }, () => pick(random, from)).join(',');

const SIZES = [
  '1',
  '2',
  '3',
  '7',
  '16',
  '64',
  '100',
  '512',
  '513',
  '1k',
  '1kB',
  '4096',
  '2x3',
  '2w',
  '1b',
  '3c',
  'K',
  '1MiB',
];
const COUNTS = ['0', '1', '2', '3', '5', '10', '100', '10B', '1000B', '1kB', '2x3', '0x3', '00x3', '1KiB', '3Bx2'];
const ODD_NUMBERS = [
  '',
  'x',
  '-1',
  '0',
  '1x',
  'x1',
  '2x3x4',
  '1q',
  '1BB',
  'B',
  '99999999999999999999',
  '1Z',
  '8E',
  '1.5',
  ' 2',
  '+2',
  '1kD',
  '1Ki',
  '1e3',
];
const CONVERSIONS = [
  'notrunc',
  'sync',
  'noerror',
  'sparse',
  'excl',
  'nocreat',
  'lcase',
  'ucase',
  'swab',
  'block',
  'unblock',
  'ascii',
  'ebcdic',
  'ibm',
  'fsync',
  'fdatasync',
];
const INPUT_FLAGS = ['fullblock', 'skip_bytes', 'count_bytes', 'nonblock', 'noctty', 'noatime', 'nocache', 'sync'];
const OUTPUT_FLAGS = ['append', 'seek_bytes', 'dsync', 'sync', 'nonblock', 'noctty', 'nocache'];
const RARE = [
  'conv=',
  'conv=foo',
  'conv=sync,foo',
  'iflag=foo',
  'oflag=fullblock',
  'status=foo',
  'foo',
  'foo=1',
  '=',
  'if',
  'iflag=direct,nocache',
  'oflag=directory',
  'iflag=directory',
  'iflag=nofollow',
  'oflag=direct',
];

/** A table's line: operands, and what the output holds before. */
function drawn(random: Random): { readonly operands: string[]; readonly before: Buffer | undefined } {
  const operands: string[] = [];
  const sometimes = (share: number, make: () => string): void => {
    if (random() < share) operands.push(make());
  };
  const number = (from: readonly string[]): string =>
    random() < 0.03 ? pick(random, ODD_NUMBERS) : pick(random, from);
  operands.push(
    `if=${pick(random, [INPUT, INPUT, INPUT, INPUT, INPUT, LINK, folder, path.join(folder, 'none'), '/dev/null'])}`,
  );
  sometimes(
    0.97,
    () =>
      `of=${pick(random, [OUTPUT, OUTPUT, OUTPUT, OUTPUT, OUTPUT, OUTPUT, OUTPUT, '/dev/null', '/dev/full', folder])}`,
  );
  sometimes(0.4, () => `bs=${number(SIZES)}`);
  sometimes(0.3, () => `ibs=${number(SIZES)}`);
  sometimes(0.3, () => `obs=${number(SIZES)}`);
  sometimes(0.3, () => `cbs=${number(SIZES)}`);
  sometimes(0.5, () => `count=${number(COUNTS)}`);
  sometimes(0.3, () => `${pick(random, ['skip', 'iseek'])}=${number(COUNTS)}`);
  sometimes(0.3, () => `${pick(random, ['seek', 'oseek'])}=${number(COUNTS)}`);
  sometimes(0.5, () => `conv=${some(random, CONVERSIONS, 3)}`);
  sometimes(0.2, () => `iflag=${some(random, INPUT_FLAGS, 2)}`);
  sometimes(0.2, () => `oflag=${some(random, OUTPUT_FLAGS, 2)}`);
  sometimes(0.3, () => `status=${pick(random, ['none', 'noxfer', 'progress'])}`);
  sometimes(0.08, () => pick(random, RARE));
  // GNU dd 9.1 reads a folder with conv=noerror for ever.
  const isEndless =
    operands.some((each) => each === `if=${folder}`) && operands.some((each) => /^conv=.*noerror/.test(each));
  const before = random() < 0.5 ? Buffer.alloc(Math.floor(random() * 3000), 'previous ') : undefined;
  return { operands: isEndless ? operands.slice(1) : operands, before };
}

test('what dd prints, counts and writes is GNU dd’s', { skip: needsCommand('dd') }, async () => {
  const random = generator(SEED);
  writeFileSync(INPUT, contents(random));
  symlinkSync(INPUT, LINK);
  let copied = 0;
  for (let line = 0; line < CASES; line += 1) {
    const { operands, before } = drawn(random);
    // Standard output is the test's own.
    if (!operands.some((each) => each.startsWith('of='))) operands.push(`of=${OUTPUT}`);
    if (!operands.some((each) => each.startsWith('if='))) operands.push(`if=${INPUT}`);
    const expected = byGnu(operands, before);
    const found = await byOurs(operands, before, line % 2 === 0);
    assert.deepEqual(found, expected, `line ${line}: dd ${operands.join(' ')}`);
    if (expected.status === 0) copied += 1;
  }
  assert.ok(copied > CASES / 4, `only ${copied} copies were made`);
});

const BY_HAND: readonly (readonly [name: string, operands: readonly string[]])[] = [
  ['flags of other systems are unknown', ['iflag=text,binary']],
  ['so is one of hard links', ['oflag=nolinks']],
  ['the last of several levels counts', ['status=none,noxfer']],
  ['one of several levels is none', ['status=none,foo']],
  ['a record may be as long as an offset', ['cbs=9223372036854775807']],
  ['a block may not', ['ibs=9223372036854775807']],
  ['no file is made where none is so long', ['seek=9223372036854775807']],
];

for (const [name, more] of BY_HAND)
  test(name, { skip: needsCommand('dd') }, async () => {
    writeFileSync(INPUT, contents(generator(SEED)));
    const operands = [`if=${INPUT}`, `of=${OUTPUT}`, ...more];
    assert.deepEqual(await byOurs(operands, undefined, true), byGnu(operands, undefined));
  });

test(
  'a length that the filesystem refuses is told, and what follows from it',
  { skip: needsCommand('dd') },
  async () => {
    writeFileSync(INPUT, 'input');
    // The folder may be in memory, where files may be that long.
    const onDisk = mkdtempSync('/var/tmp/iowitness-dd-');
    try {
      const operands = [`if=${INPUT}`, `of=${onDisk}/out`, 'bs=1', 'seek=9223372036854775806B'];
      const expected = byGnu(operands, undefined);
      if (/cannot seek/.test(expected.text)) assert.deepEqual(await byOurs(operands, undefined, true), expected);
    } finally {
      rmSync(onDisk, { recursive: true });
    }
  },
);
