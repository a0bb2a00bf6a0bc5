// An arm with a kernel: its run is made in a guest with that kernel, on a volume of its own, with what `machine` starts there; the recording is fetched and
// diagnosed here, and nothing of the guest is left.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Experiment, ExperimentState } from '../../src/model/experiment.js';
import { diagnoseRecording } from '../../src/pipeline.js';
import { refusal, run, start } from '../support/cli.js';
import { needsGuest } from '../support/guest.js';

const SERIES = '6.1';
const skip = needsGuest(SERIES);
/** An emulated CPU beside other tests takes its time. */
const SLOW_MS = 1_200_000;

const folder = mkdtempSync('/var/tmp/iowitness-guest-arms-');
after(() => rmSync(folder, { recursive: true }));
const volume = path.join(folder, 'volume');

function plan(name: string, changes: string): string {
  const file = path.join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    `volume: ${volume}
workload: { command: 'while :; do dd if=/dev/zero of=x bs=4k count=1000 2>/dev/null; done' }
arms:
  - name: here
  - name: other kernel
    kernel: '${SERIES}'
    machine: { memory: 1G, volume: { size: 256M }, start: ['sleep 4711'] }
    changes: [${changes}]
repeats: 1
run: 4s
settle: 2s
`,
  );
  return file;
}

const guests = () =>
  readdirSync('/var/tmp').filter((name) => name.startsWith('iowitness-guest-') && !name.includes('arms'));

test('an arm with a kernel is run in a guest, and the other one here', { skip, timeout: SLOW_MS }, async () => {
  mkdirSync(volume);
  const before = guests();
  const place = path.join(folder, 'guest.exp');
  // What is stopped there is a program that only the guest has.
  const args = ['experiment', plan('guest', '{ stop-process: sleep }'), '-o', place, '--json'];
  const { stdout, stderr } = await start(args, { timeout: SLOW_MS }).ended;
  assert.match(stdout, /"schema": "iowitness\.experiment/, stderr);
  const result: Experiment = JSON.parse(stdout);
  const outcomeOf = (name: string) => result.runs.find(({ arm }) => arm === name)?.outcome;
  const [here, there] = [outcomeOf('here'), outcomeOf('other kernel')];
  assert.ok(here && there, stderr);
  assert.equal(here.guest, undefined);
  assert.match(there.guest?.kernel ?? '', /^6\.1\./);
  assert.ok(there.rate.mean > 0);
  const { diagnosis } = await diagnoseRecording(path.join(place, there.recording), '');
  assert.match(diagnosis.recording.kernel ?? '', /^6\.1\./);
  assert.ok(result.notes.some((note) => note.startsWith('A run was made in guests of qemu (6.1.')));
  assert.deepEqual(guests(), before);
});

test('what a guest can’t have is refused before anything is made', { skip }, async () => {
  mkdirSync(volume, { recursive: true });
  const place = path.join(folder, 'refused.exp');
  const told = async (changes: string) => refusal(await run(['experiment', plan('refused', changes), '-o', place]));
  assert.match(
    await told('{ stop-service: cadvisor.service }'),
    /refused\.yaml:8:15: arm ‘other kernel’: stop the service cadvisor\.service: a guest has no systemd: start the program by/,
  );
  assert.ok(!existsSync(place));
});

test('an interrupt while a guest boots ends it at once, and the run waits', { skip, timeout: SLOW_MS }, async () => {
  mkdirSync(volume, { recursive: true });
  const before = guests();
  const file = path.join(folder, 'boots.yaml');
  writeFileSync(
    file,
    `volume: ${volume}
workload: { command: 'sleep 60' }
machine: { memory: 512M, volume: { size: 64M } }
arms: [{ name: one, kernel: '${SERIES}' }, { name: other, kernel: '${SERIES}' }]
repeats: 1
run: 4s
`,
  );
  const place = path.join(folder, 'boots.exp');
  const { child, ended } = start(['experiment', file, '-o', place], { timeout: SLOW_MS });
  // The guest has its folder from the first, and says its first word some ten seconds later.
  while (guests().length === before.length && child.exitCode === null) await pause(50);
  await pause(500);
  child.kill('SIGINT');
  const since = performance.now();
  const { status, stderr } = await ended;
  assert.equal(status, 3, stderr);
  assert.match(stderr, /interrupted, and everything is put back/);
  assert.ok(performance.now() - since < 8000, 'it does not wait for the boot');
  assert.deepEqual(guests(), before);
  const { runs }: ExperimentState = JSON.parse(readFileSync(path.join(place, 'state.json'), 'utf8'));
  assert.deepEqual(
    runs.map(({ state }) => state),
    ['waiting', 'waiting'],
  );
});
