// A part of a recording is opened: its bounds as people give them, what it holds, and what is said of it.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { measure } from '../../src/analysis/measures.js';
import { partText } from '../../src/causes/judge/part.js';
import { moment } from '../../src/cli/context.js';
import type { Case } from '../../src/model/case.js';
import { msOf } from '../../src/open/moment.js';
import { openCase } from '../../src/open/recording.js';
import { aCase } from '../support/case.js';
import { unpack } from '../support/stalls.js';

describe('a moment of a recording', () => {
  const start = { monotonicNs: '0', wallMs: Date.UTC(2026, 0, 1, 23, 50) };

  test('is a time since its start or the first such time of day behind it', () => {
    for (const [text, ms] of [
      ['0', 0],
      ['90', 90_000],
      ['5m', 300_000],
      ['23:50', 0],
      ['23:59:30', 570_000],
      ['0:10', 1_200_000],
      ['23:49', 86_340_000],
    ] as const)
      assert.equal(msOf(moment(text), start), ms, text);
  });

  test('that makes no sense is refused with what does', () => {
    for (const text of ['24:00', '1:60', 'noon', '-5', '', '1:2'])
      assert.throws(() => moment(text), /give a time since the start such as 90, 5m or 1h, or one of day/, text);
  });
});

describe('a part of a recording', () => {
  let recording: string;
  let whole: Case;
  before(async () => {
    recording = path.join(mkdtempSync('/var/tmp/iowitness-part-'), 'a.iow');
    unpack('dev.slow-root', recording);
    whole = await openCase(recording);
  });
  after(() => rmSync(path.dirname(recording), { recursive: true }));

  test('is judged where a watch saw seconds lost, unless bounds are asked for, be they those of the whole', async () => {
    const file = path.join(recording, 'manifest.json');
    const manifest: object = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...manifest, lost: { fromMs: 2500, toMs: 2600, seconds: 1 } }));
    const found = await openCase(recording);
    const asked = await openCase(recording, { from: { sinceStartMs: 0 } });
    writeFileSync(file, JSON.stringify(manifest));
    assert.deepEqual(found.lost, { fromMs: 2500, toMs: 2600, seconds: 1 });
    assert.match(partText(found).join(), /^The verdict is about .* in which the watch saw 1 second lost/);
    assert.equal(found.durationMs, whole.durationMs);
    assert.equal(asked.lost, undefined);
    assert.deepEqual(partText(asked), []);
    // Its account ends two seconds behind.
    const account = measure(found).account;
    assert.ok(account && account.from >= 500 && account.to <= 4600 && account.to < found.durationMs);
  });

  test('holds the rows between its bounds, counted from its beginning, and the facts in force there', async () => {
    const part = await openCase(recording, { from: { sinceStartMs: 1000 }, to: { sinceStartMs: 2000 } });
    assert.equal(part.durationMs, 1000);
    const times = whole.counters.vmstat.t.filter((ms) => ms >= 1000 && ms <= 2000);
    assert.ok(times.length > 2);
    assert.deepEqual(
      part.counters.vmstat.t,
      times.map((ms) => ms - 1000),
    );
    assert.equal(part.facts[0]?.atMs, 0);
    assert.equal(part.facts[0]?.files.size, whole.facts[0]?.files.size);
    assert.equal(part.manifest.start?.wallMs, (whole.manifest.start?.wallMs ?? NaN) + 1000);
    for (const [name, table] of part.events?.tables ?? []) {
      const all = whole.events?.tables.get(name)?.t.filter((ms) => ms >= 1000 && ms <= 2000) ?? [];
      assert.equal(table.length, all.length, name);
      assert.ok(table.t.every((ms) => ms >= 0 && ms <= 1000));
    }
  });

  test('behind its end is refused with how long it is', async () => {
    await assert.rejects(
      openCase(recording, { from: { sinceStartMs: 1e9 } }),
      /^UserError: Nothing of .* lies between --from and --to: it lasts .* UTC\.$/,
    );
  });
});

test('a part says which it is, and why where nobody asked for it; a whole says nothing', () => {
  assert.deepEqual(partText(aCase()), []);
  const part = { from: 600_000, to: 660_000, wholeMs: 900_000 };
  const asked = partText(aCase({ durationMs: 60_000, part }));
  assert.equal(asked.length, 1);
  assert.match(
    asked[0] ?? '',
    /^60 s of 15 min are told: 00:00:00 to 00:01:00 UTC, seconds 600 to 660, as asked for\./,
  );
  const chosen = { by: 'the queues', traceBytes: 2e9 };
  assert.match(
    partText(aCase({ durationMs: 60_000, part: { ...part, chosen } }))[0] ?? '',
    /, the worst by the queues\. All 2 GB of kernel events would not fit into memory; `--from` and `--to` choose another part\./,
  );
});
