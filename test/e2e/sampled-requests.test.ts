// Requests that come too fast to be traced one and all, on the real kernel: what a sample of them stands for is what was read.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import * as v from 'valibot';
import { makeLoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { DiagnosisSchema } from '../../src/model/diagnosis.js';
import { run } from '../support/cli.js';
import { needsCommand, needsLoop, needsTracefs } from '../support/requirements.js';
import { inWorkplace } from '../support/scenario.js';

const MiB = 1024 * 1024;
const FioOutput = v.object({ jobs: v.array(v.object({ read: v.object({ io_bytes: v.number(), iops: v.number() }) })) });

const skip = needsTracefs() || needsLoop() || needsCommand('fio') || needsCommand('mkfs.ext4');

test('bytes of a sample of requests are those that fio has read', { skip }, async (t) => {
  await inWorkplace(async ({ folder, journal }) => {
    const volume = makeLoopVolume(journal, { folder, name: 'fast' });
    const recording = path.join(folder, 'fast.iow');
    const told = path.join(folder, 'fio.json');
    const argv = ['--name=fast', `--filename=${path.join(volume.mountPoint, 'file')}`, '--rw=randread', '--bs=4k'];
    const load = ['--iodepth=16', '--ioengine=libaio', '--direct=1', '--size=192m', '--time_based', '--runtime=5'];
    const fio = ['fio', ...argv, ...load, '--output-format=json', `--output=${told}`];
    const ran = await run(['record', '--event-budget', '5000000', '-o', recording, '--', ...fio]);
    assert.equal(ran.status, 0, ran.stderr);
    const { read } = v.parse(FioOutput, JSON.parse(readFileSync(told, 'utf8'))).jobs[0] ?? { read: undefined };
    assert.ok(read);
    const { stdout } = await run(['diagnose', recording, '--json']);
    const { writers, losses } = v.parse(DiagnosisSchema, JSON.parse(stdout));
    t.diagnostic(`${Math.round(read.iops)} IOPS; ${losses.map(({ code }) => code).join(', ')}`);
    // Each of its requests is two, one of the loop device and one of the disk below.
    if (2 * read.iops < 60_000) {
      t.skip('cannot: this machine’s disk is too slow for requests to come too fast');
      return;
    }
    assert.ok(losses.some(({ code }) => code === 'requests-sampled'));
    const lost = losses.filter(({ severity }) => severity === 'severe');
    assert.deepEqual(lost, []);
    const rows = writers.filter(({ device, process }) => device === path.basename(volume.node) && process === 'fio');
    const bytes = rows.reduce((sum, { readBytes }) => sum + readBytes, 0);
    t.diagnostic(`${Math.round(bytes / MiB)} MiB told, ${Math.round(read.io_bytes / MiB)} MiB read`);
    assert.ok(Math.abs(bytes / read.io_bytes - 1) < 0.05, `${bytes} bytes told, ${read.io_bytes} read`);
  });
});
