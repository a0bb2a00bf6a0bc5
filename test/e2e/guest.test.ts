// Another kernel on this machine: it boots, doctor and a short recording work there, the host's files are out of its reach, disks have the limits that
// they were given, and nothing is left of it, also where the process that started it is killed.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { startGuest } from '../../src/run/guest/guest.js';
import { findKernel, KERNELS } from '../../src/run/guest/kernel.js';
import { diagnoseRecording } from '../../src/pipeline.js';
import { MAIN } from '../support/cli.js';
import { needsGuest } from '../support/guest.js';
import { PATIENCE_MS, until } from '../support/until.js';

const SERIES = '6.1';
const skip = needsGuest(SERIES);
const CLONE = path.resolve(import.meta.dirname, '../../..');
/** An emulated CPU beside other tests takes its time. */
const SLOW_MS = 1_200_000;

/** What is in a guest's place, and the programs that serve it. */
function leftovers(place: string): string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'stat=,args='], { encoding: 'utf8' });
  const programs = stdout.split('\n').filter((line) => !line.startsWith('Z') && line.includes(`${place}/`));
  return [...readdirSync(place), ...programs];
}

async function untilNothingIsLeft(place: string): Promise<void> {
  await until(
    () => `this to go: ${leftovers(place).join(', ')}`,
    () => leftovers(place).length === 0,
    { everyMs: 100 },
  );
}

test(
  'another kernel boots, is seen by doctor and recorded, and leaves nothing',
  { skip, timeout: SLOW_MS },
  async () => {
    const journals = mkdtempSync('/var/tmp/iowitness-journals-');
    const place = mkdtempSync('/var/tmp/iowitness-guests-');
    const kernel = findKernel(SERIES, KERNELS);
    const disks = [{ name: 'capped', bytes: 2 ** 28, limits: { operations: { rate: 50 } } }];
    const needs = [process.execPath, CLONE];
    const guest = await startGuest({
      kernel,
      memoryBytes: 2 ** 30,
      cpus: 1,
      disks,
      folder: place,
      undoFolder: journals,
      needs,
    });
    try {
      assert.equal(guest.release, kernel.release);
      const files = await guest.run(`touch ${journals}/x; touch /lower 2>&1; echo $?; cat /proc/version`, 60_000);
      assert.match(files.stdout, /^0\nLinux version 6\.1\./);
      assert.ok(!existsSync(path.join(journals, 'x')), 'what a guest writes stays in it');

      const doctor = await guest.run(`${process.execPath} ${MAIN} doctor`, SLOW_MS);
      assert.match(doctor.stdout, /✓ tracefs/);

      const script = `dd if=/dev/zero of=/dev/iowitness/capped bs=4k oflag=direct count=10000000 2>/dev/null & victim=$!
${process.execPath} ${MAIN} record --pid $victim --for 4s -o /dev/shm/short.iow && cp -r /dev/shm/short.iow ${guest.shared}; kill $victim`;
      const recorded = await guest.run(script, SLOW_MS);
      assert.equal(recorded.status, 0, recorded.stderr);
      const { diagnosis } = await diagnoseRecording(path.join(guest.shared, 'short.iow'), '');
      assert.match(diagnosis.recording.kernel ?? '', /^6\.1\./);
    } finally {
      await guest.shutDown();
      rmSync(journals, { recursive: true, force: true });
    }
    await untilNothingIsLeft(place);
    rmSync(place, { recursive: true });
  },
);

test('a guest ends with the process that started it, whatever ended that', { skip, timeout: SLOW_MS }, async () => {
  const journals = mkdtempSync('/var/tmp/iowitness-journals-');
  const place = mkdtempSync('/var/tmp/iowitness-guests-');
  const program = path.resolve(import.meta.dirname, '../support/guest-main.js');
  const child = spawn(process.execPath, [program, journals, SERIES, place], { stdio: 'ignore' });
  const runs = () => leftovers(place).some((line) => line.includes('qemu-system'));
  // One that tries KVM and dies of it is as good.
  await until('qemu', runs, { patienceMs: 2 * PATIENCE_MS, everyMs: 50 });
  child.kill('SIGKILL');
  await untilNothingIsLeft(place);
  rmSync(journals, { recursive: true });
  rmSync(place, { recursive: true });
});
