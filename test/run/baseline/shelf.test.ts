// The folder of the machine's memory: what is damaged is put aside and told, what a later version wrote or another user has a hand in is left alone, and
// of many disks the one that was seen last the longest ago is forgotten.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Book } from '../../../src/baseline/book.js';
import { Shelf } from '../../../src/run/baseline/shelf.js';

let top = '';
let folder = '';
let told: string[] = [];
before(() => (top = mkdtempSync('/var/tmp/iowitness-shelf-')));
after(() => rmSync(top, { recursive: true }));
beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(top, 'state-')), 'iowitness/baseline');
  told = [];
});

function shelf(): Shelf {
  return new Shelf({ path: folder, warn: (sentence) => told.push(sentence) });
}

function keyOf(number: number): string {
  return number.toString(16).padStart(24, '0');
}

function book(number: number, name = `disk${number}`): Book {
  return { key: keyOf(number), knownBy: 'serial', name, model: null, chapters: [] };
}

function put(number: number, name?: string): void {
  shelf().change(keyOf(number), () => book(number, name));
}

function fileOf(number: number): string {
  return path.join(folder, `${keyOf(number)}.json`);
}

describe('a shelf', () => {
  it('is made for its user alone when something is put there, and empty before', () => {
    assert.deepEqual(shelf().books(), []);
    assert.ok(!existsSync(folder));
    put(1);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.equal(statSync(fileOf(1)).mode & 0o777, 0o600);
    assert.deepEqual(shelf().books(), [book(1)]);
    assert.deepEqual(told, []);
  });

  it('gives what is kept to whoever changes it, and keeps it where nothing comes back', () => {
    put(1, 'sda');
    shelf().change(keyOf(1), (kept) => kept && { ...kept, name: `${kept.name} again` });
    shelf().change(keyOf(1), () => undefined);
    assert.deepEqual(
      shelf()
        .books()
        .map(({ name }) => name),
      ['sda again'],
    );
    assert.deepEqual(readdirSync(folder), [`${keyOf(1)}.json`]);
  });

  it('puts a damaged book aside and tells so, each time under another name', () => {
    for (const number of [1, 2]) {
      put(7);
      writeFileSync(fileOf(7), '{"format":"iowitness-base');
      put(7, 'new');
      assert.equal(
        readFileSync(path.join(folder, `${keyOf(7)}.damaged-${number}`), 'utf8'),
        '{"format":"iowitness-base',
      );
      assert.deepEqual(
        shelf()
          .books()
          .map(({ name }) => name),
        ['new'],
      );
      assert.match(
        told.at(-1) ?? '',
        /^what was remembered of a disk can’t be read \(it is no JSON, cut off or damaged\): it is kept as .*damaged-\d, and a new memory begins\.$/,
      );
      rmSync(fileOf(7));
    }
  });

  it('only tells of a damaged book where it is looked at', () => {
    put(7);
    writeFileSync(fileOf(7), 'x');
    assert.deepEqual(shelf().books(), []);
    assert.equal(told.length, 1);
    assert.equal(readFileSync(fileOf(7), 'utf8'), 'x');
  });

  it('leaves the book of a later version as it is', () => {
    put(7);
    const later = readFileSync(fileOf(7), 'utf8').replace('"version":1', '"version":2');
    writeFileSync(fileOf(7), later);
    put(7, 'new');
    assert.equal(readFileSync(fileOf(7), 'utf8'), later);
    assert.match(told[0] ?? '', /it is of version 2, and this program reads up to 1/);
  });

  it('leaves a file alone that others can write, and follows no link', () => {
    put(7);
    chmodSync(fileOf(7), 0o666);
    put(7, 'new');
    assert.match(told[0] ?? '', /is no file of this user’s alone and is left alone/);
    rmSync(fileOf(7));
    const elsewhere = path.join(top, 'elsewhere');
    writeFileSync(elsewhere, 'kept');
    symlinkSync(elsewhere, fileOf(7));
    put(7, 'new');
    assert.equal(readFileSync(elsewhere, 'utf8'), 'kept');
    assert.equal(told.length, 2);
  });

  it('is refused where others can write in it', () => {
    put(1);
    chmodSync(folder, 0o777);
    assert.throws(() => put(1), /where the machine’s memory is kept, can be written by others/);
    assert.throws(() => shelf().books(), /can be written by others/);
  });

  it('forgets the disk that was seen last the longest ago where there are too many', () => {
    for (let number = 0; number < 64; number += 1) {
      put(number);
      utimesSync(fileOf(number), 1e9 + ((number + 10) % 64), 1e9 + ((number + 10) % 64));
    }
    put(100);
    assert.equal(readdirSync(folder).length, 64);
    assert.ok(!existsSync(fileOf(54)) && existsSync(fileOf(100)));
  });
});

/** Puts a chapter more into a book, in a process of its own that begins when it is told to. */
const ADDS = `
  import { Shelf } from ${JSON.stringify(new URL('../../../src/run/baseline/shelf.js', import.meta.url).href)};
  const [folder, key, name] = process.argv.slice(1);
  const shelf = new Shelf({ path: folder, warn: () => {} });
  for (let number = 0; number < 4; number += 1)
    shelf.change(key, (before) => {
      const book = before ?? { key, knownBy: 'serial', name: 'disk', model: null, chapters: [] };
      const chapter = { state: { by: name + number }, sinceMs: 0, untilMs: 0, days: [] };
      return { ...book, chapters: [...book.chapters, chapter] };
    });
`;

describe('several processes that write one book at once', () => {
  it('lose nothing of what each of them adds', async () => {
    put(1);
    const names = ['a', 'b'];
    const ends = names.map(async (name) => {
      const args = ['--input-type=module', '-e', ADDS, folder, keyOf(1), name];
      const [status] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
      assert.equal(status, 0);
    });
    await Promise.all(ends);
    const [kept] = shelf().books();
    const added = kept?.chapters.map(({ state }) => state['by']).toSorted();
    assert.deepEqual(
      added,
      names.flatMap((name) => [0, 1, 2, 3].map((number) => `${name}${number}`)),
    );
    assert.deepEqual(readdirSync(folder), [`${keyOf(1)}.json`]);
  });

  it('take over what a killed one left', () => {
    put(1);
    for (const left of ['4194303 1 of another boot', '']) {
      writeFileSync(path.join(folder, 'lock'), left, { mode: 0o600 });
      utimesSync(path.join(folder, 'lock'), 1, 1);
      put(1, 'renamed');
      assert.deepEqual(readdirSync(folder), [`${keyOf(1)}.json`]);
    }
  });
});
