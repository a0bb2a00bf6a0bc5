// Mutated traces through the whole way from bytes to text and charts: refused in a sentence, or diagnosed with states that sum to the
// time, whatever the records claim.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import * as v from 'valibot';
import { UserError } from '../../src/base/errors.js';
import { DiagnosisSchema } from '../../src/model/diagnosis.js';
import { diagnoseRecording } from '../../src/pipeline.js';
import { renderText } from '../../src/present/text.js';
import { clockRecord, lifeOf, loadBytes, oneByOne } from '../support/request-lives.js';
import { mutatedTrace } from '../support/blktrace-fuzz.js';
import { TERMINAL_CONTROLS } from '../support/diagnosis.js';

const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-fuzz-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const load = [1, 2, 3].flatMap((pid) => oneByOne(8, 20, { pid, deviceMs: 40 * pid, queueMs: pid }));
const base = loadBytes([clockRecord(1e12), ...load.flatMap(lifeOf)], { 1: 'one', 2: 'two', 3: 'kworker/0:1' });

for (const [name, source] of Object.entries({ 'of every kind of record': undefined, 'of requests': base })) {
  test(`no mutated trace ${name} stops the diagnosis or breaks its sums`, async () => {
    const file = path.join(folder, 'trace');
    let opened = 0;
    for (let seed = 1; seed <= 400; seed += 1) {
      writeFileSync(file, mutatedTrace(seed, source));
      try {
        const { diagnosis, charts } = await diagnoseRecording(file, 'fuzz');
        v.parse(DiagnosisSchema, diagnosis);
        const share = diagnosis.accounting.reduce((sum, one) => sum + one.share, 0);
        assert.ok(diagnosis.accounting.length === 0 || Math.abs(share - 1) < 1e-3, `the states sum to ${share}`);
        assert.ok(charts().t.length <= 1000);
        assert.doesNotMatch(renderText(diagnosis, { colour: false, verbose: true }), TERMINAL_CONTROLS);
        opened += 1;
      } catch (cause) {
        if (!(cause instanceof UserError)) throw new Error(`the trace of seed ${seed}`, { cause });
        assert.match(cause.message, /^[^\n]+\.$/);
      }
    }
    assert.ok(opened > 200, `${opened} could be opened`);
  });
}
