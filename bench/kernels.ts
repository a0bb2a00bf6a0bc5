// What iowitness records on other kernels and tells of it: boots Debian's 6.1 and 6.12 in qemu, makes the stalls of kernels/stalls.ts there, fetches the
// recordings, and diagnoses them here, because an emulated CPU is no place to compute. Prints a table kernel × stall for bench/results/kernels.md;
// the exit status is 1 where a verdict is wrong. docs/kernels.md tells what emulation means for figures.
//
//   npm run kernels -- [--kernel 6.1,6.12] [--only REGEX] [--keep DIR] [--again DIR]
//
// It needs root, qemu-system-x86, virtiofsd (qemu-system-common) and apt for the kernels.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../src/base/errors.js';
import { diagnoseRecording } from '../src/pipeline.js';
import { startGuest, type Guest } from '../src/run/guest/guest.js';
import { findKernel, KERNELS } from '../src/run/guest/kernel.js';
import { blktraceScript, judgeBlktrace } from './kernels/blktrace.js';
import { prelude, recorderScript, type KernelStall } from './kernels/script.js';
import { STALLS } from './kernels/stalls.js';

const CLONE = path.resolve(import.meta.dirname, '../..');
const MAIN = path.join(CLONE, 'dist/src/cli/main.js');
const RECORDER = path.join(CLONE, 'dist/bench/kernels/recorder-main.js');
const GiB = 1024 ** 3;
const SCRIPT_MS = 600_000;
const BLKTRACE = 'blktrace';

interface Cell {
  readonly stall: string;
  readonly text: string;
  readonly right: boolean;
}

const { values: options } = parseArgs({
  options: {
    kernel: { type: 'string', default: '6.1,6.12' },
    only: { type: 'string', default: '' },
    keep: { type: 'string' },
    again: { type: 'string' },
  },
});
const wanted = new RegExp(options.only);
const stalls = STALLS.filter((one) => wanted.test(one.id));

function unpack(archive: string, to: string): void {
  const { status, stderr } = spawnSync('tar', ['-C', to, '-xf', archive]);
  if (status !== 0) throw new Error(`${archive}: ${stderr.toString()}`);
}

interface Told {
  readonly cause: string;
  /** All that hold. */
  readonly causes: readonly string[];
  readonly text: string;
}

async function told(recording: string): Promise<Told> {
  const { diagnosis } = await diagnoseRecording(recording, '');
  const { cause, confidence, culprit } = diagnosis.verdict;
  const unexplained = diagnosis.accounting.find((one) => one.state === 'unexplained')?.share ?? 0;
  const sure = cause === 'inconclusive' ? '' : ` ${Math.round(confidence * 100)} %`;
  const by = culprit ? ` (${culprit.name})` : '';
  return {
    cause,
    causes: [cause, ...diagnosis.also.map((one) => one.cause)],
    text: `${cause}${sure}${by}${unexplained > 0.1 ? `, ${Math.round(unexplained * 100)} % unexplained` : ''}`,
  };
}

/** What events tell has to be right; what counters alone tell may be open as well. */
async function verdictOf(archive: string, stall: KernelStall): Promise<Cell> {
  const folder = mkdtempSync('/var/tmp/iowitness-kernels-');
  try {
    unpack(archive, folder);
    const traced = await told(path.join(folder, `${stall.id}.iow`));
    const counted = path.join(folder, `${stall.id}-counted.iow`);
    const right =
      stall.verdicts.includes(traced.cause) && (stall.named ?? []).every((cause) => traced.causes.includes(cause));
    if (!existsSync(counted)) return { stall: stall.id, text: traced.text, right };
    const alone = await told(counted);
    return {
      stall: stall.id,
      text: `${traced.text}; from counters ${alone.text}`,
      right: right && [...stall.verdicts, 'inconclusive'].includes(alone.cause),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Makes a stall in a guest; the recording's file, or why there is none. */
async function make(guest: Guest, stall: KernelStall, keep: string): Promise<string | { readonly why: string }> {
  const script = prelude(guest.shared) + stall.script;
  const { stdout, stderr } = await guest.run(script, SCRIPT_MS);
  const archive = path.join(guest.shared, `${stall.id}.tar`);
  if (!existsSync(archive))
    return { why: `${stdout}${stderr}`.trim().split('\n').slice(-2).join(' / ') || 'no recording' };
  const kept = path.join(keep, `${stall.id}.tar`);
  copyFileSync(archive, kept);
  rmSync(archive);
  return kept;
}

async function onKernel(series: string, keep: string): Promise<Cell[]> {
  const kernel = findKernel(series, KERNELS);
  const guest = await startGuest({
    kernel,
    memoryBytes: GiB,
    cpus: 1,
    disks: [
      { name: 'plain', bytes: GiB },
      { name: 'capped', bytes: GiB, limits: { operations: { rate: 10 } } },
      {
        name: 'credit',
        bytes: GiB,
        model: 'virtio',
        limits: { operations: { rate: 10, burst: 40, burstSeconds: 8 } },
      },
    ],
    folder: '/var/tmp',
    undoFolder: '/var/lib/iowitness/undo',
    needs: [process.execPath, CLONE],
  });
  console.log(`${guest.release}: ${guest.accelerator}, booted in ${guest.bootSeconds.toFixed(0)} s`);
  const cells: Cell[] = [];
  try {
    await guest.run(recorderScript(process.execPath, RECORDER), SCRIPT_MS);
    for (const stall of stalls) {
      const made = await make(guest, stall, keep);
      const cell =
        typeof made === 'string'
          ? await verdictOf(made, stall)
          : { stall: stall.id, text: `not made: ${made.why}`, right: false };
      cells.push(cell);
      say(cell);
    }
    if (wanted.test(BLKTRACE)) {
      const { stdout, stderr } = await guest.run(blktraceScript(guest.shared), SCRIPT_MS);
      const cell = { stall: BLKTRACE, ...judgeBlktrace(MAIN, guest.shared, `${stdout}${stderr}`) };
      cells.push(cell);
      say(cell);
    }
  } finally {
    await guest.shutDown();
  }
  return cells;
}

function say({ stall, text, right }: Cell): void {
  console.log(`${right ? 'right' : 'WRONG'} ${stall}: ${text}`);
}

async function again(folder: string): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const file of readdirSync(folder).sort()) {
    const stall = stalls.find((one) => `${one.id}.tar` === file);
    if (stall === undefined) continue;
    const cell = await verdictOf(path.join(folder, file), stall);
    cells.push(cell);
    say(cell);
  }
  return cells;
}

function renderTable(columns: ReadonlyMap<string, readonly Cell[]>): string {
  const names = [...columns.keys()];
  const ids = [...STALLS.map((one) => one.id), BLKTRACE].filter((id) => wanted.test(id));
  const cellOf = (name: string, id: string) => columns.get(name)?.find((cell) => cell.stall === id);
  const rows = ids.map((id) => {
    const about =
      STALLS.find((one) => one.id === id)?.about ?? 'a trace of blktrace, printed by its blkparse and by ours';
    const cells = names.map((name) => {
      const cell = cellOf(name, id);
      return cell === undefined ? '' : `${cell.right ? '' : '**wrong** '}${cell.text}`;
    });
    return `| ${[id, about, ...cells].map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return [`| stall | what | ${names.join(' | ')} |`, `| --- | --- |${' --- |'.repeat(names.length)}`, ...rows].join(
    '\n',
  );
}

const columns = new Map<string, readonly Cell[]>();
for (const series of options.kernel.split(',')) {
  const keep = path.join(options.again ?? options.keep ?? mkdtempSync('/var/tmp/iowitness-kernels-kept-'), series);
  try {
    mkdirSync(keep, { recursive: true });
    columns.set(series, options.again === undefined ? await onKernel(series, keep) : await again(keep));
  } catch (error) {
    console.log(`${series}: ${messageOf(error)}`);
  }
}
console.log(`\n${renderTable(columns)}`);
process.exitCode = [...columns.values()].flat().every((cell) => cell.right) && columns.size > 0 ? 0 : 1;
