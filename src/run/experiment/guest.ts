// Runs in a guest: this machine's own programs under another kernel, on a volume of their own. A guest is booted for each run, so that none meets what
// another left. It measures and records (guest-run-main.ts); what is made of that is made here, because an emulated CPU is no place to compute.

import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyTree } from '../../base/copy-tree.js';
import { UserError } from '../../base/errors.js';
import { binary, duration } from '../../base/format.js';
import { inFolder } from '../../base/hold-path.js';
import { shellWord } from '../../base/shell.js';
import { readKernelUnits } from '../../capture/auxv.js';
import { GuestGivenUp, startGuest, type Guest } from '../guest/guest.js';
import { findKernel, KERNELS } from '../guest/kernel.js';
import { findPrograms } from '../guest/programs.js';
import { readMemory } from '../hold/memory.js';
import { describeHere } from './describe.js';
import type { GuestTask } from './guest-run-main.js';
import { diskOf, machineWords, VOLUME, type PlannedMachine } from './machine.js';
import { checkChanges, ofArm, type MadeRun } from './make-run.js';
import { outcomeOf } from './outcome.js';
import type { Plan, PlannedArm } from './plan.js';
import type { RunRequest, Site } from './site.js';
import { checkRoom } from './workload.js';

/** Where guests have their disks: files that go with them. */
const FOLDER = '/var/tmp';
const PROGRAM = fileURLToPath(new URL('./guest-run-main.js', import.meta.url));
/** In the guest: in its memory, because what it writes to the host's folder takes its CPU. */
const RECORDS = '/dev/shm/iowitness-runs';
const UNDO = '/run/iowitness-undo';
/** Beyond what the plan asks for: to start Node on an emulated CPU of a busy machine, and to end. */
const PATIENCE_MS = 900_000;
const PAGE = 4096;

const MAKE: Readonly<Record<PlannedMachine['volume']['filesystem'], string>> = {
  ext4: 'mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0,nodiscard',
  xfs: 'mkfs.xfs -q -f -K',
  btrfs: 'mkfs.btrfs -q -f -K',
};

function machineOf({ name, machine }: PlannedArm): PlannedMachine {
  if (machine === undefined) throw new Error(`the arm ${name} has no machine`);
  return machine;
}

function checkGuest(plan: Plan, arm: PlannedArm): void {
  const machine = machineOf(arm);
  ofArm(plan, arm, ['name'], () => {
    findPrograms();
    findKernel(machine.kernel, KERNELS);
    checkRoom(plan, machine.volume.size);
    const { available } = readMemory(readKernelUnits().pageBytes ?? PAGE);
    if (machine.memory > available)
      throw new UserError(`it asks for ${binary(machine.memory)} of memory, and ${binary(available)} are free`);
  });
  checkChanges(plan, arm, ({ words, notInGuest }) => {
    if (notInGuest !== undefined) throw new UserError(`${words}: ${notInGuest}.`);
  });
}

function describeGuest(plan: Plan, arm: PlannedArm, self: readonly string[]): readonly string[] {
  const machine = machineOf(arm);
  const words = [...machineWords(machine)].filter(([name]) => name !== 'programs');
  return [
    `boot a guest of qemu from this machine’s files, read-only: ${words.map(([name, value]) => `${name} ${value}`).join(', ')}`,
    `make its volume anew at ${shellWord(plan.volume)}`,
    ...machine.start.map((line) => `start there: ${line}`),
    ...describeHere(plan, arm, self).map((line) => `in it: ${line}`),
    'fetch the recording, end the guest with its volume, and diagnose here',
  ];
}

/** What process 1 of the guest is told to run. */
function scriptOf(plan: Plan, machine: PlannedMachine, task: GuestTask, shared: string): string {
  const { filesystem } = machine.volume;
  const volume = shellWord(plan.volume);
  return [
    'set -e',
    `modprobe -q ${filesystem} || true`,
    `disk=$(readlink -f /dev/iowitness/${VOLUME})`,
    `${MAKE[filesystem]} "$disk" >/dev/null`,
    `mkdir -p ${volume} ${RECORDS}`,
    `mount "$disk" ${volume}`,
    `cd ${volume}`,
    ...machine.start.map((line) => `setsid /bin/sh -c ${shellWord(`exec ${line}`)} </dev/null >/dev/null 2>&1 &`),
    `${shellWord(process.execPath)} ${shellWord(PROGRAM)} ${shellWord(JSON.stringify(task))}`,
    `cp -r ${RECORDS} ${shellWord(shared)}/runs`,
  ].join('\n');
}

async function measured(request: RunRequest, guest: Guest): Promise<MadeRun | undefined> {
  const { plan, arm, recording, tool, self, say, interrupted } = request;
  const task: GuestTask = {
    plan: plan.text,
    arm: arm.name,
    recording: join(RECORDS, basename(recording)),
    undoFolder: UNDO,
    tool,
    self,
    isEmulated: guest.accelerator === 'emulation',
    result: join(guest.shared, 'made.json'),
  };
  const began = performance.now();
  const ticker = setInterval(
    () => say(`in the guest, for ${duration(Math.round((performance.now() - began) / 1000) * 1000)}`),
    1000,
  );
  const longest = ((plan['warm-up'] ?? 0) + plan.run + 4 * plan.settle) * 1000 + PATIENCE_MS;
  const run = guest.run(scriptOf(plan, machineOf(arm), task, guest.shared), longest);
  // Where it is given up nobody hears how it ends.
  run.catch(() => {});
  const done = await Promise.race([run, interrupted.then(() => undefined)]).finally(() => clearInterval(ticker));
  if (done === undefined) return undefined;
  if (done.status !== 0) throw new UserError(`The run in the guest failed: ${lastLine(done.stderr)}`);
  inFolder(join(guest.shared, 'runs'), (from) => inFolder(dirname(recording), (to) => copyTree(from, to)));
  const made: MadeRun = JSON.parse(readFileSync(task.result, 'utf8'));
  return made;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

async function runInGuest(request: RunRequest): ReturnType<Site['run']> {
  const { plan, arm, say, undoFolder } = request;
  const { kernel, cpus, memory, volume } = machineOf(arm);
  say(`booting ${kernel}`);
  const job = plan.workload.kind === 'fio' ? [plan.workload.value] : [];
  const guest = await startGuest({
    kernel: findKernel(kernel, KERNELS),
    memoryBytes: memory,
    cpus,
    disks: [diskOf(volume)],
    folder: FOLDER,
    undoFolder,
    needs: [process.execPath, PROGRAM, ...job],
    interrupted: request.interrupted,
  }).catch((error: unknown) => {
    if (error instanceof GuestGivenUp) return undefined;
    throw error;
  });
  if (guest === undefined) return undefined;
  let made: MadeRun | undefined;
  try {
    made = await measured(request, guest);
  } finally {
    await guest.shutDown();
  }
  const { release, accelerator } = guest;
  return made && { ...(await outcomeOf(made, request)), guest: { kernel: release, accelerator } };
}

export const guest: Site = { check: checkGuest, describe: describeGuest, run: runInGuest };
