// A real recording serves its metrics while it is made: promtool takes both formats, who wrote what is told, and the process that serves them
// ends with the recorder, also when that is killed.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { refusal, run, start, type Running } from '../support/cli.js';
import { lives } from '../support/leftovers.js';
import { parseOpenMetrics, type Series } from '../support/openmetrics.js';
import { needsCommand, needsRoot, needsTracefs } from '../support/requirements.js';
import { until } from '../support/until.js';

const skip = needsRoot() || needsTracefs() || needsCommand('promtool');
const folder = mkdtempSync('/var/tmp/iowitness-metrics-');
after(() => rmSync(folder, { recursive: true }));

/** The address that the recorder says it serves at. */
async function addressOf({ child }: Running): Promise<string> {
  let said = '';
  return await new Promise((settle, reject) => {
    child.stderr?.on('data', (text: string) => {
      said += text;
      const [, url] = /metrics at (http:\S+\/metrics)\.\n/.exec(said) ?? [];
      if (url !== undefined) settle(url);
    });
    child.once('exit', () => reject(new Error(said)));
  });
}

async function scrape(url: string, accept: string): Promise<string> {
  const response = await fetch(url, { headers: { accept } });
  assert.equal(response.status, 200);
  return await response.text();
}

function childrenOf(pid: number | undefined): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

test('a recording serves metrics while it is made, and no longer', { skip }, async () => {
  const recorder = start(['record', '--for', '20s', '-o', 'a.iow', '--metrics', '0'], { cwd: folder });
  const url = await addressOf(recorder);
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  await sleep(1500);
  spawnSync('dd', ['if=/dev/zero', `of=${path.join(folder, 'x')}`, 'bs=1M', 'count=24', 'conv=fsync']);
  const written = (one: Series) => one.name === 'iowitness_io_bytes_total' && one.labels.get('program') === 'dd';
  let open = '';
  await until(
    () => `24 MiB of dd in ${open}`,
    async () => {
      open = await scrape(url, 'application/openmetrics-text;version=1.0.0');
      const series = parseOpenMetrics(open).filter(written);
      return series.reduce((all, { value }) => all + value, 0) >= 24 * 2 ** 20;
    },
    { patienceMs: 15_000, everyMs: 500 },
  );
  const plain = await scrape(url, 'text/plain');
  const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: plain, encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
  const children = childrenOf(recorder.child.pid);
  recorder.child.kill('SIGINT');
  const { status: ended, stdout } = await recorder.ended;
  assert.deepEqual([ended, stdout.split(' ')[0]], [0, 'a.iow']);
  // It is killed as the recorder ends, and takes a moment to be gone.
  await until('its processes to end', () => !children.some(lives));
  await assert.rejects(fetch(url));
});

test('the process that serves them does not outlive a recorder that is killed', { skip }, async () => {
  const recorder = start(['record', '--no-events', '-o', 'b.iow', '--metrics', '[::1]:0'], { cwd: folder });
  const url = await addressOf(recorder);
  assert.match(url, /^http:\/\/\[::1\]:\d+\/metrics$/);
  recorder.child.kill('SIGKILL');
  await recorder.ended;
  await until('nobody to serve it', async () =>
    fetch(url).then(
      () => false,
      () => true,
    ),
  );
});

test('an address that can’t be had is refused before anything is recorded', async () => {
  const refused = refusal(
    await run(['record', '--for', '1s', '-o', 'c.iow', '--metrics', '192.0.2.1:9'], { cwd: folder }),
  );
  assert.match(refused, /^http:\/\/192\.0\.2\.1:9\/metrics can’t be served \(.*EADDRNOTAVAIL.*\): give another/);
  assert.match(refusal(await run(['record', '--metrics', 'nowhere:port'])), /give a port such as 9469/);
});
