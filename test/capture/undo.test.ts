// The undo journal: what is planned, undone and recovered; owners that died, other boots, damage and torn lines. What needs the real
// kernel's mounts, devices and cgroups is in test/e2e/undo.test.ts. This file also is its own child process: with the argument `child` it makes changes until
// it is killed.

import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { recoverStale, UndoJournal } from '../../src/capture/undo.js';
import type { UndoEntry } from '../../src/capture/undo-entries.js';
import { BOOT, DEAD, inFolder, leave } from '../support/journals.js';
import { killWithWatchdogs, lives, watchdogsOf } from '../support/leftovers.js';
import { needsCommand, needsRoot } from '../support/requirements.js';
import { until } from '../support/until.js';

/** Makes files and undoes them until it is killed, most of the time with some that are made; says on standard output which change is made. */
function churn(folder: string, journals: string): void {
  for (let count = 0; ; count += 1) {
    const journal = UndoJournal.open(journals);
    const made = Array.from({ length: 200 }, (_, index) => path.join(folder, `probe-${count}-${index}`));
    for (const file of made) {
      journal.plan([{ kind: 'remove-file', path: file }]);
      writeFileSync(file, 'x');
    }
    if (count === 0) process.stdout.write('begun');
    assert.deepEqual(journal.undoAll(), []);
  }
}

if (process.argv[2] === 'child') churn(process.argv[3] ?? '', process.argv[4] ?? '');

test('files and folders go, last first, and the journal with them', async () => {
  await inFolder((folder, journals) => {
    const journal = UndoJournal.open(journals);
    assert.equal(existsSync(journals), false, 'nothing is made before the first plan');
    const tree = path.join(folder, 'iowitness-tree');
    journal.plan([{ kind: 'remove-tree', path: tree }]);
    mkdirSync(path.join(tree, 'deep/deeper'), { recursive: true });
    const dir = path.join(folder, 'dir');
    journal.plan([
      { kind: 'rmdir', path: dir },
      { kind: 'remove-file', path: path.join(dir, 'file') },
      { kind: 'remove-file', path: path.join(folder, 'never-made') },
    ]);
    mkdirSync(dir);
    symlinkSync('/nowhere', path.join(dir, 'file'));
    assert.deepEqual(journal.undoAll(), []);
    assert.equal(existsSync(tree) || existsSync(dir), false);
    assert.deepEqual(readdirSync(journals), []);
    assert.deepEqual(journal.undoAll(), [], 'a second time does nothing');
  });
});

test('what is planned is in the file before plan returns', async () => {
  await inFolder((folder, journals) => {
    const journal = UndoJournal.open(journals);
    const entries: UndoEntry[] = [
      { kind: 'remove-file', path: path.join(folder, 'a') },
      { kind: 'write-file', path: '/proc/sys/vm/swappiness', value: '60\n' },
    ];
    journal.plan(entries);
    const [name = ''] = readdirSync(journals);
    const lines = readFileSync(path.join(journals, name), 'utf8').trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      [{ boot: BOOT }, ...entries],
    );
    rmSync(path.join(journals, name));
  });
});

test('two journals of one process do not share a file', async () => {
  await inFolder((folder, journals) => {
    const [one, two] = [UndoJournal.open(journals), UndoJournal.open(journals)];
    one.plan([{ kind: 'remove-file', path: path.join(folder, 'one') }]);
    two.plan([{ kind: 'remove-file', path: path.join(folder, 'two') }]);
    writeFileSync(path.join(folder, 'two'), '');
    assert.deepEqual(one.undoAll(), []);
    assert.equal(readdirSync(journals).length, 1);
    assert.deepEqual(two.undoAll(), []);
    assert.deepEqual([readdirSync(journals), existsSync(path.join(folder, 'two'))], [[], false]);
  });
});

test('what is not ours is refused before anything is written', async () => {
  await inFolder((_folder, journals) => {
    const journal = UndoJournal.open(journals);
    for (const entry of [
      { kind: 'remove-tree', path: '/var/lib/postgresql' },
      { kind: 'remove-tree', path: '/var/tmp/iowitness-a/../../lib' },
      { kind: 'remove-file', path: 'relative' },
    ] as const)
      assert.throws(() => journal.plan([entry]), /not ours|\.\.|Invalid/);
    assert.equal(existsSync(journals), false);
  });
});

test('a failure leaves the others undone and stays in the journal until it can be mended', async () => {
  await inFolder((folder, journals) => {
    const before = path.join(folder, 'before');
    const full = path.join(folder, 'full');
    const after = path.join(folder, 'after');
    const file = leave(journals, [
      { kind: 'remove-file', path: before },
      { kind: 'rmdir', path: full },
      { kind: 'remove-file', path: after },
    ]);
    mkdirSync(path.join(full, 'someone-elses'), { recursive: true });
    writeFileSync(before, '');
    writeFileSync(after, '');
    const first = recoverStale(journals);
    assert.deepEqual(first.undone, [`removed ${after}`, `removed ${before}`]);
    assert.equal(first.failed.length, 1);
    assert.match(first.failed[0] ?? '', /^rmdir of .*full: ENOTEMPTY/);
    assert.deepEqual(readdirSync(journals), [path.basename(file)]);
    rmSync(path.join(full, 'someone-elses'), { recursive: true });
    assert.deepEqual(recoverStale(journals), { undone: [`removed ${full}`], failed: [] });
    assert.deepEqual(readdirSync(journals), []);
  });
});

test('a journal whose owner lives is left alone; one of an earlier boot is not', async () => {
  await inFolder((folder, journals) => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    const journal = UndoJournal.open(journals);
    journal.plan([{ kind: 'remove-file', path: file }]);
    assert.deepEqual(recoverStale(journals), { undone: [], failed: [] });
    assert.ok(existsSync(file));
    const [name = ''] = readdirSync(journals);
    const text = readFileSync(path.join(journals, name), 'utf8');
    writeFileSync(path.join(journals, name), text.replace(BOOT, 'the-boot-before'));
    assert.deepEqual(recoverStale(journals), { undone: [`removed ${file}`], failed: [] });
  });
});

test('after a reboot only what lasts is undone', async () => {
  await inFolder((folder, journals) => {
    const [file, setting] = [path.join(folder, 'file'), path.join(folder, 'setting')];
    writeFileSync(file, '');
    writeFileSync(setting, 'new');
    leave(
      journals,
      [
        { kind: 'write-file', path: setting, value: 'old' },
        { kind: 'remove-file', path: file },
      ],
      { boot: 'another' },
    );
    assert.deepEqual(recoverStale(journals), { undone: [`removed ${file}`], failed: [] });
    assert.equal(readFileSync(setting, 'utf8'), 'new');
    assert.deepEqual(readdirSync(journals), []);
  });
});

test('a journal that is cut off anywhere undoes the entries before the cut', async () => {
  await inFolder((folder, journals) => {
    const files = ['a', 'b'].map((name) => path.join(folder, name));
    const whole = readFileSync(
      leave(
        journals,
        files.map((file) => ({ kind: 'remove-file', path: file })),
      ),
    );
    for (let length = 0; length <= whole.length; length += 1) {
      for (const file of files) writeFileSync(file, '');
      writeFileSync(path.join(journals, `${DEAD}-1.jsonl`), whole.subarray(0, length));
      const { undone, failed } = recoverStale(journals);
      assert.deepEqual(failed, []);
      const lines = whole.subarray(0, length).toString().split('}').length - 2;
      assert.equal(undone.length, Math.max(0, lines));
      assert.deepEqual(readdirSync(journals), []);
    }
  });
});

test('a damaged journal is undone as far as it can be read, and set aside with a sentence', async () => {
  await inFolder((folder, journals) => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    leave(journals, [
      { kind: 'remove-file', path: file },
      { kind: 'remove-tree', path: '/etc' },
      { kind: 'unheard-of', path: '/a' },
    ]);
    const { undone, failed } = recoverStale(journals);
    assert.deepEqual(undone, [`removed ${file}`]);
    assert.equal(failed.length, 1);
    assert.match(failed[0] ?? '', /^line 3, 4 of a journal could not be read/);
    assert.deepEqual(readdirSync(journals), [`${DEAD}-1.jsonl.damaged`]);
    assert.deepEqual(recoverStale(journals), { undone: [], failed: [] }, 'it is told once');
  });
});

test('nothing at the start throws: no folder, a file in its place, rubbish in it', async () => {
  await inFolder((folder, journals) => {
    const nothing = { undone: [], failed: [] };
    assert.deepEqual(recoverStale(journals), nothing);
    writeFileSync(path.join(folder, 'file'), '');
    assert.deepEqual(recoverStale(path.join(folder, 'file')), nothing);
    mkdirSync(journals);
    writeFileSync(path.join(journals, 'notes.txt'), 'hello');
    mkdirSync(path.join(journals, `${DEAD}-9.jsonl`));
    const { undone, failed } = recoverStale(journals);
    assert.deepEqual(undone, []);
    assert.equal(failed.length, 1);
  });
});

test('a recoverer that was killed is recovered in turn', async () => {
  await inFolder((folder, journals) => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    leave(journals, [{ kind: 'remove-file', path: file }], { owner: `4194306-7-of-${DEAD}` });
    assert.deepEqual(recoverStale(journals), { undone: [`removed ${file}`], failed: [] });
    assert.deepEqual(readdirSync(journals), []);
  });
});

/** Starts a child that makes changes, and lets it do so for a moment. */
async function startChurn(folder: string, journals: string): Promise<{ child: ChildProcess; ended: Promise<unknown> }> {
  const child = spawn(process.execPath, [import.meta.filename, 'child', folder, journals], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  await sleep(Math.random() * 60);
  return { child, ended };
}

test('kill -9 between plan and change, at any moment: the watchdog leaves nothing', async () => {
  await inFolder(async (folder, journals) => {
    for (let round = 0; round < 6; round += 1) {
      const { child, ended } = await startChurn(folder, journals);
      const watchdogs = watchdogsOf(child.pid ?? 0);
      child.kill('SIGKILL');
      await ended;
      const left = () => [...readdirSync(folder).filter((name) => name !== 'journals'), ...readdirSync(journals)];
      await until(
        () => `this to go: ${left().join(', ')}`,
        () => left().length === 0,
      );
      await until('the watchdog to end', () => !watchdogs.some(lives));
    }
  });
});

test('a process that has undone everything leaves no watchdog behind, however it ends', async () => {
  await inFolder(async (folder, journals) => {
    const script = (
      end: string,
    ) => `import { UndoJournal } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../src/capture/undo.js'))};
      const journal = UndoJournal.open(${JSON.stringify(journals)});
      journal.plan([{ kind: 'remove-file', path: ${JSON.stringify(path.join(folder, 'file'))} }]);
      console.log('planned'); ${end}`;
    for (const end of ['journal.undoAll();', 'process.exit(3);', 'throw new Error("expected");']) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script(end)], {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      const closed = once(child, 'close');
      await once(child.stdout, 'data');
      await closed;
      assert.deepEqual(readdirSync(journals), [], end);
    }
    const child = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      // It runs until it is killed, so that nothing else can end its watchdog.
      script('journal.undoAll(); setInterval(() => {}, 60_000)'),
    ]);
    try {
      await once(child.stdout, 'data');
      // It goes as soon as nothing is left to undo.
      await until('the watchdog to go', () => watchdogsOf(child.pid ?? 0).length === 0);
    } finally {
      child.kill();
    }
  });
});

test('kill -9 with the watchdog, at any moment: the next start finds nothing left after it', async () => {
  await inFolder(async (folder, journals) => {
    let left = 0;
    for (let round = 0; round < 12; round += 1) {
      const { child, ended } = await startChurn(folder, journals);
      await killWithWatchdogs(child.pid ?? 0);
      await ended;
      // Two starts at once do not fight over it.
      const starts = [recoverStale(journals), recoverStale(journals)];
      assert.deepEqual(
        starts.flatMap(({ failed }) => failed),
        [],
      );
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.startsWith('probe-')),
        [],
      );
      assert.deepEqual(readdirSync(journals), []);
      left += starts.flatMap(({ undone }) => undone).length;
    }
    assert.ok(left > 0, 'a kill left something behind');
  });
});

test('starts at the same time share the journals of the dead without a complaint', async () => {
  await inFolder(async (folder, journals) => {
    const files = Array.from({ length: 40 }, (_, index) => path.join(folder, `file-${index}`));
    for (const [index, file] of files.entries()) {
      writeFileSync(file, '');
      leave(journals, [{ kind: 'remove-file', path: file }], { owner: `4194${400 + index}-1` });
    }
    const script = `import { recoverStale } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../src/capture/undo.js'))};
      process.stdout.write(JSON.stringify(recoverStale(${JSON.stringify(journals)})));`;
    const said = await Promise.all(
      [1, 2, 3].map(async () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let text = '';
        child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
        await once(child, 'close');
        return v.parse(v.object({ undone: v.array(v.string()), failed: v.array(v.string()) }), JSON.parse(text));
      }),
    );
    assert.deepEqual(
      said.flatMap(({ failed }) => failed),
      [],
    );
    assert.deepEqual(said.flatMap(({ undone }) => undone).sort(), files.map((file) => `removed ${file}`).sort());
    assert.deepEqual(readdirSync(journals), []);
  });
});

test('a journal of another user is left alone', { skip: needsRoot() }, async () => {
  await inFolder((folder, journals) => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    chownSync(leave(journals, [{ kind: 'remove-file', path: file }]), 12345, 12345);
    assert.match(recoverStale(journals).failed[0] ?? '', /belongs to another user \(12345\) and is left alone$/);
    assert.ok(existsSync(file));
    assert.deepEqual(readdirSync(journals), [`${DEAD}-1.jsonl`]);
  });
});

test('what is no file of this user’s alone is no journal: a link, a pipe, a file that others can write', async (t) => {
  await inFolder((folder, journals) => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    const entries = [{ kind: 'remove-file', path: file }];
    renameSync(leave(journals, entries), path.join(folder, 'text'));
    symlinkSync(path.join(folder, 'text'), path.join(journals, `${DEAD}-1.jsonl`));
    chmodSync(leave(journals, entries, { owner: '4194306-1' }), 0o620);
    if (needsCommand('mkfifo') === false)
      assert.equal(spawnSync('mkfifo', [path.join(journals, '4194307-1-1.jsonl')]).status, 0);
    else t.diagnostic('without mkfifo no pipe was tried');
    const { undone, failed } = recoverStale(journals);
    assert.deepEqual(undone, []);
    assert.ok(failed.length >= 2 && failed.every((sentence) => sentence.startsWith('the journal ')), failed.join('\n'));
    assert.ok(existsSync(file));
  });
});

test('a folder of journals that others can write in, or that is another user’s, is used for nothing', async (t) => {
  await inFolder((folder, journals) => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    leave(journals, [{ kind: 'remove-file', path: file }]);
    const assertRefused = (why: RegExp): void => {
      const { undone, failed } = recoverStale(journals);
      assert.deepEqual([undone, failed.length, existsSync(file)], [[], 1, true]);
      assert.match(failed[0] ?? '', why);
      const journal = UndoJournal.open(journals);
      assert.throws(() => journal.plan([{ kind: 'remove-file', path: file }]), { name: 'UserError', message: why });
    };
    chmodSync(journals, 0o777);
    assertRefused(/journals, where changes are noted .*, can be written by others \(its mode is 777\): /);
    chmodSync(journals, 0o700);
    if (needsRoot()) t.diagnostic('another user’s folder takes root');
    else {
      chownSync(journals, 12345, 12345);
      assertRefused(/journals, where changes are noted .*, belongs to another user \(12345\): /);
      chownSync(journals, 0, 0);
    }
    assert.deepEqual(recoverStale(journals), { undone: [`removed ${file}`], failed: [] });
  });
});

test('without a folder for journals nothing can be changed, and nothing is left to undo', () => {
  assert.deepEqual(recoverStale(undefined), { undone: [], failed: [] });
  const journal = UndoJournal.open(undefined);
  assert.deepEqual(journal.undoAll(), []);
  assert.throws(() => journal.plan([{ kind: 'remove-file', path: '/a' }]), {
    name: 'UserError',
    message: /^There is no folder to note changes in .*: set HOME or XDG_STATE_HOME /,
  });
});

test(
  'a journal and what others have made of its folder’s path: what it names is not looked for there',
  { skip: needsRoot() },
  async () => {
    await inFolder((folder, journals) => {
      const theirs = path.join(folder, 'iowitness-theirs');
      const target = path.join(folder, 'target');
      mkdirSync(theirs);
      chownSync(theirs, 12345, 12345);
      mkdirSync(target);
      for (const name of ['file', 'setting']) writeFileSync(path.join(target, name), 'precious');
      mkdirSync(path.join(target, 'tree'));
      symlinkSync(target, path.join(theirs, 'place'));
      symlinkSync(path.join(target, 'setting'), path.join(theirs, 'setting'));
      const at = (name: string): string => path.join(theirs, 'place', name);
      leave(journals, [
        { kind: 'remove-file', path: at('file') },
        { kind: 'remove-tree', path: at('tree') },
        { kind: 'write-file', path: at('setting'), value: 'theirs' },
        { kind: 'write-file', path: path.join(theirs, 'setting'), value: 'theirs' },
      ]);
      const { undone, failed } = recoverStale(journals);
      assert.deepEqual([undone, failed.length], [[], 4]);
      assert.match(failed[3] ?? '', /^remove-file of .*place is a link that another user may have put there/);
      assert.deepEqual(readdirSync(target).sort(), ['file', 'setting', 'tree']);
      assert.equal(readFileSync(path.join(target, 'setting'), 'utf8'), 'precious');
    });
  },
);

test('a mount is kept while something in it could not be undone', async () => {
  await inFolder((folder) => {
    const journals = path.join(folder, 'undo');
    const mount = path.join(folder, 'mount');
    mkdirSync(path.join(mount, 'instance/full'), { recursive: true });
    const journal = UndoJournal.open(journals);
    const entries: UndoEntry[] = [
      { kind: 'unmount', path: mount },
      { kind: 'rmdir', path: path.join(mount, 'instance') },
      { kind: 'remove-file', path: path.join(folder, 'gone') },
    ];
    journal.plan(entries);
    assert.equal(journal.undoAll().length, 1);
    const [name = ''] = readdirSync(journals);
    const lines = readFileSync(path.join(journals, name), 'utf8').trimEnd().split('\n').slice(1);
    assert.deepEqual(
      lines.map((line): unknown => JSON.parse(line)),
      entries.slice(0, 2),
    );
  });
});
