// Opening what lies at a path: block traces in all their forms, and what is neither a trace nor a recording.

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { measure } from '../../src/analysis/measures.js';
import { UserError } from '../../src/base/errors.js';
import { ACTION, CATEGORY } from '../../src/model/blktrace.js';
import { findTraceFiles } from '../../src/decode/blktrace/files.js';
import { readRecords } from '../../src/decode/blktrace/read.js';
import { openSource } from '../../src/decode/blktrace/source.js';
import { openCase } from '../../src/open/recording.js';
import { clockRecord, lifeOf, oneByOne, writeLoad } from '../support/request-lives.js';

const FIXTURES = path.resolve(import.meta.dirname, '../../../test/fixtures/blktrace/linux-6.18-loop');
const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-open-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => path.join(folder, name);

const traces = new Set(readdirSync(FIXTURES).map((name) => name.replace(/\.blktrace\.\d+$/, '')));

async function refusal(name: string, pid?: number): Promise<string> {
  try {
    await openCase(at(name), pid === undefined ? {} : { pid });
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, /^[^\n]+\.$/);
    return error.message.replace(`${folder}/`, '');
  }
  return assert.fail(`${name} was opened`);
}

/** How often each action stands in a trace, passed-through commands left out. */
async function actionsOf(base: string): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for (const file of findTraceFiles(base)) {
    for await (const batch of readRecords(openSource(file.path), () => undefined)) {
      for (let row = 0; row < batch.length; row += 1) {
        if (((batch.category[row] ?? 0) & (CATEGORY.notify | CATEGORY.pc)) !== 0) continue;
        const action = (batch.action[row] ?? 0) & 0xff;
        counts.set(action, (counts.get(action) ?? 0) + 1);
      }
    }
  }
  return counts;
}

assert.ok(traces.size >= 7);
for (const name of traces) {
  test(`the real trace ${name} is a case: every Q, D and C in its table, the victim’s states sum to its time`, async () => {
    const base = path.join(FIXTURES, name);
    const input = await openCase(base);
    assert.equal(input.source, 'block-trace');
    assert.deepEqual([input.manifest.host, input.manifest.kernel, input.facts], [undefined, undefined, []]);
    const actions = await actionsOf(base);
    const length = (event: string) => input.events?.tables.get(event)?.length;
    assert.equal(length('block_bio_queue'), actions.get(ACTION.queue));
    assert.equal(length('block_rq_issue'), actions.get(ACTION.issue));
    assert.equal(length('block_rq_complete'), actions.get(ACTION.complete));
    const { account, requests } = measure(input);
    assert.ok(requests && requests.length > 0.5 * (actions.get(ACTION.issue) ?? Infinity));
    assert.ok(account, 'somebody had requests of its own');
    const sum = [...account.ms.values()].reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - (account.to - account.from)) < 1e-6);
    const { from, to } = account.segments;
    for (let index = 1; index < from.length; index += 1)
      assert.ok(Math.abs((from[index] ?? NaN) - (to[index - 1] ?? NaN)) < 1e-9);
  });
}

test('BASE, one of its files, compressed files and one file of everything are the same case', async () => {
  const base = path.join(FIXTURES, 'partitions-remap');
  for (const cpu of [0, 1]) {
    const bytes = readFileSync(`${base}.blktrace.${cpu}`);
    copyFileSync(`${base}.blktrace.${cpu}`, at(`plain.blktrace.${cpu}`));
    writeFileSync(at(`packed.blktrace.${cpu}.gz`), gzipSync(bytes));
    writeFileSync(at('whole'), bytes, { flag: cpu === 0 ? 'w' : 'a' });
  }
  const [first, ...others] = await Promise.all(
    ['plain', 'plain.blktrace.1', 'packed', 'whole'].map(async (name) => {
      const { events, durationMs, losses, complete } = await openCase(at(name));
      return { tables: events?.tables, comms: events?.comms, durationMs, losses, complete };
    }),
  );
  for (const other of others) assert.deepEqual(other, first);
});

test('what is nothing that is read is refused in one sentence that says what it is and what to name', async () => {
  writeFileSync(at('empty'), '');
  writeFileSync(at('text'), 'a trace of nothing\n'.repeat(50_000));
  mkdirSync(at('folder'));
  writeFileSync(at('no.gz'), 'not packed at all');
  assert.match(
    await refusal('empty'),
    /^empty is an empty file: read are recordings \(folders NAME\.iow\), block traces /,
  );
  assert.match(await refusal('text'), /^text is nothing that is read here: read are recordings /);
  assert.match(await refusal('folder'), /^folder is a folder, and no recording, .*: `iowitness ls .*folder` lists /);
  assert.match(
    await refusal('none'),
    /^There is no none, and no none\.blktrace\.0 …: `iowitness ls` lists recordings\.$/,
  );
  assert.match(await refusal('no.gz'), /^no\.gz can’t be read \(.*incorrect header check\)\.$/);
});

test('a cut tail is a loss, and the case is incomplete', async () => {
  const bytes = readFileSync(path.join(FIXTURES, 'ext4-none-tracefs-stream.blktrace'));
  writeFileSync(at('cut'), bytes.subarray(0, bytes.length - 20));
  const { complete, losses } = await openCase(at('cut'));
  assert.equal(complete, false);
  assert.deepEqual(
    losses.map(({ code }) => code),
    ['blktrace-truncated'],
  );
});

test('the victim can be chosen among those that queued requests, and stands for itself then', async () => {
  const names = { 7: 'writer', 8: 'writer', 9: 'other' };
  const load = [7, 8, 9].flatMap((pid) => oneByOne(20, 1, { pid, deviceMs: pid === 9 ? 2 : pid }));
  writeLoad(at('choice'), [clockRecord(1e12), ...load.flatMap(lifeOf)], names);
  const chosen = measure(await openCase(at('choice'), { pid: 8 })).account;
  assert.deepEqual([chosen?.pid, chosen?.threads], [8, new Set([8])]);
  const { account } = measure(await openCase(at('choice')));
  assert.deepEqual([account?.pid, account?.threads, account?.thread], [7, new Set([7, 8]), 8]);
  assert.equal(
    await refusal('choice', 77),
    'No request of choice was queued by process 77: give one of those that queued some, such as writer (7), writer (8), other (9).',
  );
});
