// Where -o leads: free names, files, links, folders, pipes, devices, and this process's own descriptors; and files that are written while
// somebody looks on.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { holdFolder } from '../../src/base/hold-path.js';
import { findOutput, openFile } from '../../src/base/output.js';
import { ORDINARY } from '../support/cli.js';
import { inFolder } from '../support/recordings.js';
import { needsCommand, needsRoot } from '../support/requirements.js';

const refused = (message: RegExp) => ({ name: 'UserError', message });

describe('an output', () => {
  it('is a file where the name is free or a file’s', async () => {
    await inFolder((folder) => {
      writeFileSync(path.join(folder, 'old'), '');
      for (const name of ['old', 'new']) {
        const output = findOutput(path.join(folder, name));
        assert.ok(output.kind === 'file');
        assert.deepEqual([output.folder.realPath(), output.name], [folder, name]);
        output.folder.close();
      }
      assert.throws(() => findOutput(path.join(folder, 'none/new')), { code: 'ENOENT' });
    });
  });

  it('is refused where it is a link, a folder or a socket, with what to do', async () => {
    await inFolder((folder) => {
      const at = (name: string): string => path.join(folder, name);
      symlinkSync('old', at('link'));
      mkdirSync(at('folder'));
      assert.throws(() => findOutput(at('link')), refused(/link is a link to old and is not followed: name that file/));
      for (const name of ['folder', 'folder/', '.'])
        assert.throws(() => findOutput(at(name)), refused(/ is a folder: name a file in it\.$/));
      assert.deepEqual(readdirSync(folder).sort(), ['folder', 'link']);
    });
  });

  it('is a device or a pipe as it stands, and a descriptor by the names that a shell gives it', async (t) => {
    const device = findOutput('/dev/null');
    assert.ok(device.kind === 'stream' && device.ours);
    assert.ok(statSync('/dev/null').isCharacterDevice());
    writeSync(device.descriptor, 'gone');
    closeSync(device.descriptor);
    for (const [name, descriptor] of [
      ['/dev/stdout', 1],
      ['/dev/stderr', 2],
      ['/dev/fd/7', 7],
      ['/proc/self/fd/12', 12],
    ] as const)
      assert.deepEqual(findOutput(name), { kind: 'stream', descriptor, ours: false });
    if (needsCommand('mkfifo') !== false) {
      t.skip('it needs mkfifo: install it');
      return;
    }
    await inFolder(async (folder) => {
      const pipe = path.join(folder, 'pipe');
      assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
      const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'inherit'] });
      let text = '';
      reader.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
      const output = findOutput(pipe);
      assert.ok(output.kind === 'stream');
      writeSync(output.descriptor, 'through the pipe');
      closeSync(output.descriptor);
      await once(reader, 'close');
      assert.equal(text, 'through the pipe');
      assert.ok(statSync(pipe).isFIFO());
    });
  });

  it('is no pipe of another user', { skip: needsRoot() || needsCommand('mkfifo') }, async () => {
    await inFolder((folder) => {
      const pipe = path.join(folder, 'pipe');
      assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
      chownSync(pipe, ORDINARY.uid, ORDINARY.gid);
      assert.throws(() => findOutput(pipe), refused(/pipe is a pipe of another user \(65534\), who would read it: /));
    });
  });
});

describe('a file that is written from its beginning', () => {
  it('is a new one for this user alone, or one of this user’s, emptied', async () => {
    await inFolder((folder) => {
      const held = holdFolder(folder);
      const file = path.join(folder, 'file');
      closeSync(openFile(held, 'file'));
      assert.equal(statSync(file).mode & 0o777, 0o600);
      writeFileSync(file, 'a long text that is no longer wanted');
      const descriptor = openFile(held, 'file');
      writeSync(descriptor, 'new');
      closeSync(descriptor);
      assert.equal(readFileSync(file, 'utf8'), 'new');
      held.close();
    });
  });

  it('is no file that has a second name, no link, and nobody else’s', { skip: needsRoot() }, async () => {
    await inFolder((folder) => {
      const held = holdFolder(folder);
      const at = (name: string): string => path.join(folder, name);
      for (const name of ['secret', 'theirs']) writeFileSync(at(name), 'secret');
      linkSync(at('secret'), at('second'));
      symlinkSync('secret', at('link'));
      chownSync(at('theirs'), ORDINARY.uid, ORDINARY.gid);
      assert.throws(() => openFile(held, 'second'), refused(/second has a second name: remove it, or /));
      assert.throws(
        () => openFile(held, 'theirs'),
        refused(/theirs belongs to another user \(65534\): remove it, or /),
      );
      assert.throws(() => openFile(held, 'link'), { code: 'ELOOP' });
      for (const name of ['secret', 'theirs']) assert.equal(readFileSync(at(name), 'utf8'), 'secret');
      held.close();
    });
  });
});
