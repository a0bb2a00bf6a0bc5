// Another user who owns a folder that root writes in, and exchanges what root makes there for links to what is root's alone: nothing of
// that is ever written to, removed or read. Where it can be, the exchange is made certain: the link lies there already, or is put there
// right behind a system call. And a process of his does it as fast as it can.

import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { holdFolder } from '../../src/base/hold-path.js';
import { recoverStale, UndoJournal } from '../../src/capture/undo.js';
import { Draw } from '../../src/lab/draw.js';
import { Stage } from '../../src/lab/drill.js';
import { startProbe, type ProbeEnd } from '../../src/lab/probe.js';
import { fillUp, makeLoopVolume, useUpInodes } from '../../src/lab/scenarios/loop-volume.js';
import type { ProbeProgress } from '../../src/model/recording.js';
import { RecordingWriter } from '../../src/recording/writer.js';
import { withRival } from '../support/between-calls.js';
import { ORDINARY, refusal, run } from '../support/cli.js';
import { fixturePath } from '../support/fixtures.js';
import { leave } from '../support/journals.js';
import { newManifest } from '../support/recordings.js';
import { needsCommand, needsLoop } from '../support/requirements.js';
import { besideRival, needsRival, whileRivalPlays } from '../support/rival.js';
import { inWorkplace } from '../support/scenario.js';

const skip = needsRival();
/** Each round has some ten moments at which an exchange would do harm. */
const ROUNDS = 4;
const RECORD = ['record', '--for', '1s', '--no-events', '-o'] as const;

test('record refuses a folder that somebody else has made ready for it', { skip }, async () => {
  await besideRival(async ({ theirs, precious, assertUntouched }) => {
    const place = path.join(theirs, 'x.iow');
    const refuses = async (why: RegExp): Promise<void> => {
      assert.match(refusal(await run([...RECORD, place, '--', 'true'])), why);
      assert.match(refusal(await run(['check', theirs, '-o', place])), why);
      assertUntouched();
    };
    mkdirSync(place);
    chownSync(place, ORDINARY.uid, ORDINARY.gid);
    await refuses(/x\.iow belongs to another user \(65534\), so the recording would not be safe there: /);
    assert.deepEqual(readdirSync(place), []);
    chownSync(place, 0, 0);
    chmodSync(place, 0o777);
    await refuses(/x\.iow can be written by others \(its mode is 777\), so /);
    rmSync(place, { recursive: true });
    symlinkSync(path.join(precious, 'folder'), place);
    await refuses(/x\.iow is a link and is not followed: /);
    unlinkSync(place);
    symlinkSync(precious, path.join(theirs, 'way'));
    assert.match(
      refusal(await run([...RECORD, path.join(theirs, 'way/x.iow'), '--', 'true'])),
      /theirs\/way is a link that another user may have put there: name the folder that it leads to\.$/,
    );
  });
});

test(
  'a recording’s folder that is exchanged behind any call holds the recording, or none is made',
  { skip },
  async () => {
    for (const instead of ['link', 'folder'] as const) {
      await besideRival(async ({ theirs, precious }) => {
        const place = path.join(theirs, 'x.iow');
        let exchanged = 0;
        const calls = await withRival(
          async () => {
            const writer = await RecordingWriter.create(place, newManifest()).catch(() => undefined);
            writer?.pages('machine', 0, Buffer.alloc(16));
            writer?.file('trace/events/a/b/format', Buffer.from('format'));
            await writer?.close({ monotonicNs: '1', wallMs: 2 }, 'time');
          },
          () => {
            if (!existsSync(place) || statSync(place).uid !== 0) return;
            renameSync(place, path.join(theirs, `moved-${exchanged}`));
            exchanged += 1;
            if (instead === 'link') symlinkSync(precious, place);
            else {
              mkdirSync(place);
              chownSync(place, ORDINARY.uid, ORDINARY.gid);
            }
          },
        );
        assert.ok(exchanged > 0 && calls > exchanged, `${exchanged} exchanges in ${calls} calls`);
        assert.deepEqual(instead === 'folder' ? readdirSync(place) : [], [], 'nothing was written into his folder');
      });
    }
  },
);

test('record beside a rival who exchanges what it makes writes to nothing else', { skip }, async () => {
  await besideRival(async ({ theirs, precious, assertUntouched }) => {
    const exchanges = await whileRivalPlays(theirs, precious, async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { stderr } = await run([...RECORD, path.join(theirs, `${round}.iow`), '--', 'true']);
        assert.doesNotMatch(stderr, /error in iowitness itself/);
        assertUntouched();
      }
    });
    assert.ok(exchanges > 0, 'the rival never came to anything');
  });
});

test('a report beside somebody else’s recording goes into a file of its own', { skip }, async () => {
  await besideRival(async ({ theirs, precious, assertUntouched }) => {
    const recording = path.join(theirs, 'r.iow');
    const page = path.join(theirs, 'r.html');
    cpSync(fixturePath('recordings/v1.iow'), recording, { recursive: true });
    symlinkSync(path.join(precious, 'file'), page);
    assert.match(refusal(await run(['report', recording])), /r\.html is a link to \S+ and is not followed: /);
    assertUntouched();
    unlinkSync(page);
    assert.equal((await run(['report', recording])).status, 0);
    const { uid, mode } = statSync(page);
    assert.deepEqual([uid, mode & 0o777], [0, 0o600]);
    const exchanges = await whileRivalPlays(theirs, precious, async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        await run(['report', recording, '-o', path.join(theirs, `${round}.html`)]);
        assertUntouched();
      }
    });
    assert.ok(exchanges > 0, 'the rival never came to anything');
  });
});

/** Runs a probe of one phase in a folder; `meanwhile` is called when it has begun to write. */
async function probe(folder: string, phase: 'buffered' | 'direct', meanwhile: () => void): Promise<ProbeProgress[]> {
  const held = holdFolder(folder);
  const said: ProbeProgress[] = [];
  const running = startProbe(
    {
      folder: held,
      file: 'probe',
      bufferedBlockBytes: 4096,
      bufferedMaxBytes: 64 * 1024 * 1024,
      bufferedSeconds: phase === 'buffered' ? 1 : 0,
      directSeconds: phase === 'direct' ? 1 : 0,
      fsyncSeconds: 0,
    },
    (slice) => said.push(slice),
  );
  held.close();
  meanwhile();
  running.go();
  const end: ProbeEnd = await running.done;
  assert.equal(end.complaint, '');
  return said;
}

test(
  'the probe’s file stays in its folder, whatever stands in the folder’s place, and nothing else is removed',
  { skip },
  async () => {
    await besideRival(async ({ theirs, precious, ours }) => {
      const folder = path.join(theirs, 'data');
      mkdirSync(folder);
      const begun = await probe(folder, 'direct', () => {
        renameSync(folder, path.join(ours, 'moved'));
        symlinkSync(precious, folder);
        // What a probe that went by its path would remove.
        writeFileSync(path.join(precious, 'probe'), '');
      });
      assert.deepEqual(readdirSync(precious).sort(), ['file', 'folder', 'probe']);
      rmSync(path.join(precious, 'probe'));
      assert.ok(begun.some((slice) => slice.bytes > 0));
      assert.deepEqual(readdirSync(path.join(ours, 'moved')), []);
    });
  },
);

test('a probe whose file’s name is taken by a link writes nothing', { skip }, async () => {
  for (const phase of ['buffered', 'direct'] as const) {
    await besideRival(async ({ theirs, precious }) => {
      symlinkSync(path.join(precious, 'file'), path.join(theirs, 'probe'));
      const said = await probe(theirs, phase, () => undefined);
      assert.equal(said[0]?.error, 'EEXIST');
      assert.deepEqual(readdirSync(theirs), ['probe'], 'the link is not ours to remove');
    });
  }
});

test('check in a rival’s folder writes to nothing else', { skip }, async () => {
  await besideRival(async ({ theirs, precious, ours }) => {
    await whileRivalPlays(theirs, precious, async () => {
      const phases = ['--buffered', '400ms', '--direct', '400ms', '--fsync', '400ms'];
      const { stderr } = await run(['check', theirs, ...phases, '--no-report', '-o', path.join(ours, 'c.iow')]);
      assert.doesNotMatch(stderr, /error in iowitness itself/);
    });
    symlinkSync(precious, path.join(theirs, 'way'));
    assert.match(
      refusal(await run(['check', path.join(theirs, 'way')])),
      /theirs\/way is a link that another user may/,
    );
  });
});

test('a journal of root’s is not led away from the folder that it names', { skip }, async () => {
  await besideRival(async ({ theirs, precious, ours }) => {
    const journals = path.join(ours, 'journals');
    symlinkSync(precious, path.join(theirs, 'data'));
    leave(journals, [
      { kind: 'remove-file', path: path.join(theirs, 'data/file') },
      { kind: 'remove-tree', path: path.join(theirs, 'data/folder') },
    ]);
    const { undone, failed } = recoverStale(journals);
    assert.deepEqual(undone, []);
    assert.ok(
      failed.every((sentence) => /is a link that another user may have put there/.test(sentence)),
      failed.join('\n'),
    );
    assert.equal(failed.length, 2);
    chownSync(journals, ORDINARY.uid, ORDINARY.gid);
    assert.match(recoverStale(journals).failed.join(), /journals, where .*, belongs to another user \(65534\): /);
  });
});

test('a tree is removed while a rival in it exchanges folders for links', { skip }, async () => {
  await besideRival(async ({ theirs, precious, ours, assertUntouched }) => {
    let exchanges = 0;
    for (let round = 0; round < 3 * ROUNDS; round += 1) {
      const tree = path.join(ours, 'iowitness-tree');
      const inside = path.join(tree, 'theirs');
      mkdirSync(path.join(theirs, 'at'), { recursive: true });
      for (let count = 0; count < 200; count += 1) writeFileSync(path.join(theirs, 'at', `file${count}`), '');
      mkdirSync(tree);
      renameSync(theirs, inside);
      exchanges += await whileRivalPlays(inside, precious, async () => {
        await sleep(5);
        const journal = UndoJournal.open(path.join(ours, 'journals'));
        journal.plan([{ kind: 'remove-tree', path: tree }]);
        for (let again = 0; existsSync(tree) && again < 50; again += 1) {
          journal.undoAll();
          if (existsSync(tree)) journal.plan([{ kind: 'remove-tree', path: tree }]);
        }
      });
      assert.equal(existsSync(tree), false);
      assertUntouched();
      mkdirSync(theirs);
      chownSync(theirs, ORDINARY.uid, ORDINARY.gid);
    }
    assert.ok(exchanges > 0, 'the rival never came to anything');
  });
});

test(
  'a drill gives nothing away through the links of its own workloads',
  { skip: skip || needsLoop() || needsCommand('mkfs.ext4') },
  async () => {
    await besideRival(async ({ precious }) => {
      await inWorkplace(async ({ folder, journal }) => {
        const stage = new Stage(folder, journal, new Draw(1), true);
        const { mountPoint } = stage.volume({ bytes: 64 * 1024 * 1024 });
        assert.equal(statSync(mountPoint).uid, ORDINARY.uid);
        for (const name of ['file', 'filler0', 'empty-0'])
          symlinkSync(path.join(precious, 'file'), path.join(mountPoint, name));
        symlinkSync(precious, path.join(mountPoint, 'parts'));
        assert.throws(() => stage.fill(path.join(mountPoint, 'file'), 4 * 1024 * 1024), { code: 'EEXIST' });
        assert.throws(() => stage.folderIn(mountPoint, 'parts'), { code: 'ENOTDIR' });
        assert.throws(() => fillUp(mountPoint, 0, 'root'), { code: 'EEXIST' });
        assert.throws(() => useUpInodes(mountPoint, 'empty'), { code: 'EEXIST' });
        stage.fill(path.join(mountPoint, 'table'), 4 * 1024 * 1024);
        assert.deepEqual(
          ['table', ''].map((name) => statSync(path.join(mountPoint, name)).uid),
          [ORDINARY.uid, ORDINARY.uid],
        );
        assert.equal(statSync(stage.elsewhere('log')).uid, ORDINARY.uid);
      });
      assert.equal(statSync(precious).uid, 0);
      assert.equal(statSync(path.join(precious, 'file')).mode & 0o777, 0o600);
    });
  },
);

test('a drill is refused a folder that somebody else can exchange', { skip }, async () => {
  await besideRival(async ({ theirs }) => {
    const folder = path.join(theirs, 'deep');
    mkdirSync(folder);
    assert.match(
      refusal(await run(['drill', 'healthy.paced-writer', '--dir', folder])),
      /deep is not safe, as other users can change \S+theirs: name a folder that they can’t move\.$/,
    );
    assert.deepEqual(readdirSync(folder), []);
  });
});

test(
  'volumes that nobody was given are root’s alone',
  { skip: skip || needsLoop() || needsCommand('mkfs.ext4') },
  async () => {
    await inWorkplace(async ({ folder, journal }) => {
      const stage = new Stage(folder, journal, new Draw(1), false);
      const volume = makeLoopVolume(journal, { folder, name: 'v', bytes: 64 * 1024 * 1024 });
      stage.open(volume);
      const { uid, mode } = statSync(volume.mountPoint);
      assert.deepEqual([uid, mode & 0o022], [0, 0]);
    });
  },
);
