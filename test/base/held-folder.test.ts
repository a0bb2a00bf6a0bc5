// Held folders: what is done in them stays in them, however their paths change meanwhile; no link is followed; errors name entries as the
// user does. And the way from a path to a held folder, the removal of trees, and copies.

import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { copyTree } from '../../src/base/copy-tree.js';
import { holdFolder, holdPlace } from '../../src/base/hold-path.js';
import { removeTree } from '../../src/base/remove-tree.js';
import { withRival } from '../support/between-calls.js';
import { ORDINARY } from '../support/cli.js';
import { inFolder } from '../support/recordings.js';
import { needsRoot } from '../support/requirements.js';

/** A folder with a secret that is not to be touched. */
function precious(folder: string): string {
  const place = path.join(folder, 'precious');
  mkdirSync(place);
  writeFileSync(path.join(place, 'file'), 'secret');
  return place;
}

function assertUntouched(place: string): void {
  assert.deepEqual(readdirSync(place), ['file']);
  assert.equal(readFileSync(path.join(place, 'file'), 'utf8'), 'secret');
}

describe('a held folder', () => {
  it('is the same folder when another stands in its place', async () => {
    await inFolder(async (folder) => {
      const [at, moved] = [path.join(folder, 'at'), path.join(folder, 'moved')];
      mkdirSync(at);
      const held = holdFolder(at);
      const target = precious(folder);
      renameSync(at, moved);
      symlinkSync(target, at);
      await (await held.create('a')).close();
      held.makeFolder('b').close();
      await held.makeFolders('c/d/e');
      await held.makeFolders('c/d/e');
      await held.rename('a', 'file');
      assert.deepEqual(readdirSync(moved).sort(), ['b', 'c', 'file']);
      await held.remove('file');
      removeTree(held, 'c');
      held.removeEmptyFolder('b');
      assert.deepEqual(held.list(), []);
      held.close();
      assertUntouched(target);
    });
  });

  it('follows no link that bears an entry’s name', async () => {
    await inFolder(async (folder) => {
      const target = precious(folder);
      const held = holdFolder(folder);
      symlinkSync(path.join(target, 'file'), path.join(folder, 'link'));
      symlinkSync(path.join(target, 'new'), path.join(folder, 'dangling'));
      symlinkSync(target, path.join(folder, 'folder'));
      for (const name of ['link', 'dangling']) {
        assert.throws(() => held.createSync(name), { code: 'EEXIST' });
        await assert.rejects(held.create(name), { code: 'EEXIST' });
        assert.throws(() => held.openSync(name, 1), { code: 'ELOOP' });
      }
      assert.throws(() => held.folder('folder'), { code: 'ENOTDIR' });
      assert.throws(() => held.makeFolder('folder'), { code: 'ENOTDIR' });
      assert.equal(held.stat('folder')?.isSymbolicLink(), true);
      held.removeSync('link');
      held.close();
      assertUntouched(target);
    });
  });

  it('names entries in errors as the user knows them', async () => {
    await inFolder(async (folder) => {
      const held = holdFolder(folder);
      const message = `ENOENT: no such file or directory, unlink '${folder}/missing'`;
      assert.throws(() => held.removeSync('missing'), { message });
      await assert.rejects(held.remove('missing'), { message });
      assert.throws(() => held.renameSync('missing', 'b'), {
        message: `ENOENT: no such file or directory, rename '${folder}/missing' -> '${folder}/b'`,
      });
      held.close();
      const here = holdFolder('.');
      assert.throws(() => here.removeSync('missing'), {
        message: "ENOENT: no such file or directory, unlink 'missing'",
      });
      here.close();
    });
  });

  it('is refused once it is closed, as its descriptor may stand for another by then', async () => {
    await inFolder(async (folder) => {
      const held = holdFolder(folder);
      held.close();
      held.close();
      assert.throws(() => held.createSync('a'), /no longer held/);
      await assert.rejects(async () => held.create('a'), /no longer held/);
      await assert.rejects(held.makeFolders('a/b'), /no longer held/);
    });
  });

  it('makes files and folders for its user alone, and says where others can write', async () => {
    await inFolder(async (folder) => {
      const held = holdFolder(folder);
      await (await held.create('file')).close();
      const made = held.makeFolder('made');
      await held.makeFolders('x/y');
      for (const [name, mode] of [
        ['file', 0o600],
        ['made', 0o700],
        ['x', 0o700],
        ['x/y', 0o700],
      ] as const)
        assert.equal(statSync(path.join(folder, name)).mode & 0o777, mode, name);
      assert.equal(made.danger(), undefined);
      chmodSync(path.join(folder, 'made'), 0o755);
      assert.equal(made.danger(), undefined);
      for (const mode of [0o770, 0o702, 0o777]) {
        chmodSync(path.join(folder, 'made'), mode);
        assert.equal(made.danger(), `can be written by others (its mode is ${mode.toString(8)})`);
      }
      made.close();
      held.close();
    });
  });

  it('of another user is dangerous', { skip: needsRoot() }, async () => {
    await inFolder((folder) => {
      chownSync(folder, ORDINARY.uid, ORDINARY.gid);
      const held = holdFolder(folder);
      assert.equal(held.danger(), `belongs to another user (${ORDINARY.uid})`);
      held.close();
    });
  });
});

describe('the way to a folder', () => {
  it('leads over links of the user’s own, absolute and relative, and ends where they loop', async () => {
    await inFolder((folder) => {
      mkdirSync(path.join(folder, 'a/b'), { recursive: true });
      symlinkSync(path.join(folder, 'a'), path.join(folder, 'absolute'));
      symlinkSync('../a/./b', path.join(folder, 'a/relative'));
      symlinkSync('loop', path.join(folder, 'loop'));
      for (const way of ['absolute/relative', 'a/b/', 'a/../a//b', 'absolute/b/.']) {
        const held = holdFolder(path.join(folder, '.') + `/${way}`);
        assert.equal(held.realPath(), path.join(folder, 'a/b'), way);
        held.close();
      }
      assert.throws(() => holdFolder(path.join(folder, 'loop')), /too many links/);
      assert.throws(() => holdFolder(path.join(folder, 'none')), { code: 'ENOENT' });
      writeFileSync(path.join(folder, 'file'), '');
      assert.throws(() => holdFolder(path.join(folder, 'file')), { code: 'ENOTDIR' });
      const held = holdFolder(path.join(folder, 'new/folders'), { make: true });
      assert.equal(held.realPath(), path.join(folder, 'new/folders'));
      held.close();
    });
  });

  it('leads where the kernel’s own links lead, in /proc', () => {
    const held = holdFolder('/proc/self/cwd');
    assert.equal(held.realPath(), process.cwd());
    held.close();
  });

  it('does not lead over a link that another user may have made', { skip: needsRoot() }, async () => {
    await inFolder((folder) => {
      const target = precious(folder);
      const theirs = path.join(folder, 'theirs');
      mkdirSync(theirs);
      symlinkSync(target, path.join(theirs, 'link'));
      const way = path.join(theirs, 'link');
      const expect = (isFollowed: boolean, what: string): void => {
        if (isFollowed) holdFolder(way).close();
        else
          assert.throws(
            () => holdFolder(way),
            { name: 'UserError', message: /theirs\/link is a link that another user/ },
            what,
          );
      };
      expect(true, 'ours in a folder of ours');
      chmodSync(theirs, 0o777);
      expect(false, 'others may have moved it there');
      chmodSync(theirs, 0o1777);
      expect(true, 'only its owner can move it');
      chownSync(theirs, ORDINARY.uid, ORDINARY.gid);
      expect(false, 'the folder’s owner can move it as well');
      chmodSync(theirs, 0o755);
      expect(false, 'in another user’s folder');
    });
  });

  it('is guarded where no other user can exchange a folder on it', { skip: needsRoot() }, async () => {
    holdFolder('/var/tmp', { guarded: true }).close();
    await inFolder((folder) => {
      const inner = path.join(folder, 'a/b');
      mkdirSync(inner, { recursive: true });
      holdFolder(inner, { guarded: true }).close();
      const refused = { name: 'UserError', message: /b is not safe, as other users can change .*\/a: / };
      chmodSync(path.join(folder, 'a'), 0o775);
      assert.throws(() => holdFolder(inner, { guarded: true }), refused);
      chmodSync(path.join(folder, 'a'), 0o755);
      chownSync(path.join(folder, 'a'), ORDINARY.uid, ORDINARY.gid);
      assert.throws(() => holdFolder(inner, { guarded: true }), refused);
    });
  });

  it('splits a path at its last slash', () => {
    for (const [given, folder, name] of [
      ['a', '.', 'a'],
      ['/a', '/', 'a'],
      ['/usr/b', '/usr', 'b'],
      ['/usr/', '/usr', ''],
    ] as const) {
      const place = holdPlace(given);
      assert.deepEqual([place.folder.path, place.name], [folder, name]);
      place.folder.close();
    }
  });
});

describe('the removal of a tree', () => {
  it('removes links and not what they lead to, and whatever else there is', async () => {
    await inFolder((folder) => {
      const target = precious(folder);
      const tree = path.join(folder, 'tree');
      mkdirSync(path.join(tree, 'a/b'), { recursive: true });
      writeFileSync(path.join(tree, 'a/b/file'), '');
      symlinkSync(target, path.join(tree, 'a/link'));
      symlinkSync('/nowhere', path.join(tree, 'dangling'));
      const held = holdFolder(folder);
      removeTree(held, 'tree');
      removeTree(held, 'tree');
      held.close();
      assert.equal(existsSync(tree), false);
      assertUntouched(target);
    });
  });

  it('touches nothing outside while a folder in it is exchanged for a link behind every call', async () => {
    await inFolder(async (folder) => {
      const target = precious(folder);
      const tree = path.join(folder, 'tree');
      const [at, aside] = [path.join(tree, 'at'), path.join(tree, 'aside')];
      mkdirSync(at, { recursive: true });
      writeFileSync(path.join(at, 'file'), '');
      const held = holdFolder(folder);
      const seen = new Set<string>();
      let turns = 0;
      await withRival(
        () => removeTree(held, 'tree'),
        (call) => {
          seen.add(call);
          turns += 1;
          if (turns > 60) return;
          try {
            if (isLink(at)) {
              unlinkSync(at);
              renameSync(aside, at);
            } else {
              renameSync(at, aside);
              symlinkSync(target, at);
            }
          } catch {
            // It has been removed.
          }
        },
      );
      held.close();
      assert.ok(seen.has('lstatSync') && seen.has('openSync') && seen.has('readdirSync'), [...seen].join(' '));
      assert.equal(existsSync(tree), false);
      assertUntouched(target);
    });
  });

  it('gives up on a folder that is filled again and again', async () => {
    await inFolder(async (folder) => {
      const tree = path.join(folder, 'tree');
      mkdirSync(tree);
      const held = holdFolder(folder);
      let count = 0;
      const filled = withRival(
        () => removeTree(held, 'tree'),
        (call) => {
          if (call === 'readdirSync') writeFileSync(path.join(tree, `file${(count += 1)}`), '');
        },
      );
      await assert.rejects(filled, { code: 'ENOTEMPTY' });
      held.close();
      assert.ok(count < 200, `${count} tries`);
    });
  });
});

describe('a copy of a tree', () => {
  it('has its files, for this user alone, and none that a link or a pipe stood for', async () => {
    await inFolder((folder) => {
      const [from, to] = [path.join(folder, 'from'), path.join(folder, 'to')];
      mkdirSync(path.join(from, 'deep'), { recursive: true });
      mkdirSync(to);
      const large = Buffer.alloc(3_000_000, 'abc');
      writeFileSync(path.join(from, 'deep/large'), large, { mode: 0o644 });
      symlinkSync('/etc/passwd', path.join(from, 'deep/link'));
      symlinkSync('/etc', path.join(from, 'folder'));
      const [source, target] = [holdFolder(from), holdFolder(to)];
      copyTree(source, target);
      assert.throws(() => copyTree(source, target), { code: 'EEXIST' });
      source.close();
      target.close();
      assert.deepEqual(readdirSync(to, { recursive: true }).map(String).sort(), ['deep', 'deep/large']);
      assert.ok(readFileSync(path.join(to, 'deep/large')).equals(large));
      assert.equal(statSync(path.join(to, 'deep/large')).mode & 0o777, 0o600);
    });
  });
});

function isLink(file: string): boolean {
  try {
    readlinkSync(file);
    return true;
  } catch {
    return false;
  }
}
