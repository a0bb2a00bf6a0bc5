// Files that stay open: read anew each time, whole at any length, and opened again after they failed.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { errnoOf } from '../../src/base/errors.js';
import { OpenFiles, readWhole } from '../../src/capture/files.js';

describe('OpenFiles', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'iowitness-files-'));
    mkdirSync(path.join(root, 'proc/7'), { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const held = () =>
    readdirSync('/proc/self/fd')
      .flatMap((fd) => linkOf(`/proc/self/fd/${fd}`) ?? [])
      .filter((file) => file.startsWith(root));

  it('sees new content without opening again, shorter or longer than its buffer', () => {
    const files = new OpenFiles(root);
    for (const text of ['first', 'x', '', 'long '.repeat(100_000), 'short again']) {
      writeFileSync(path.join(root, 'proc/vmstat'), text);
      assert.equal(files.read('/proc/vmstat').toString(), text);
      assert.equal(held().length, 1);
    }
    files.closeAll();
    assert.deepEqual(held(), []);
  });

  it('throws the system’s error while a file is missing, and reads it when it is there', () => {
    const files = new OpenFiles(root);
    assert.throws(
      () => files.read('/proc/7/io'),
      (error) => errnoOf(error) === 'ENOENT',
    );
    writeFileSync(path.join(root, 'proc/7/io'), 'rchar: 1');
    assert.equal(files.read('/proc/7/io').toString(), 'rchar: 1');
    files.closeAll();
  });

  it('closes one folder’s files and keeps the others', () => {
    const files = new OpenFiles(root);
    for (const name of ['proc/7/io', 'proc/7/stat', 'proc/vmstat']) {
      writeFileSync(path.join(root, name), name);
      files.read(`/${name}`);
    }
    files.closeUnder('/proc/7/');
    assert.deepEqual(held(), [path.join(root, 'proc/vmstat')]);
    assert.equal(files.readOnce('/proc/7/io').toString(), 'proc/7/io');
    assert.equal(held().length, 1);
    files.closeAll();
  });

  it('reads the live kernel’s files as one whole read does', () => {
    const files = new OpenFiles();
    for (const file of ['/proc/version', '/proc/self/mountinfo', '/proc/filesystems', '/proc/swaps']) {
      files.read(file);
      assert.equal(files.read(file).toString(), readWhole(file), file);
    }
    files.closeAll();
    assert.equal(readWhole('/proc/no such file'), undefined);
  });
});

/** Undefined for a descriptor that was closed since it was listed. */
function linkOf(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}
