// One scenario from beginning to end: set it up, record it by the command line as a user would, put the machine back, diagnose the
// recording by the command line. The recording and the truth stay in a folder; neither names the other.

import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from '../../src/base/errors.js';
import { readWhole } from '../../src/capture/files.js';
import { UndoJournal } from '../../src/capture/undo.js';
import { Draw, seedFor, type Parameter } from '../../src/lab/draw.js';
import type { Diagnosis } from '../../src/model/diagnosis.js';
import { startLoad } from './load.js';
import type { Scenario, Truth, Victim } from './scenario.js';
import { Site } from './site.js';

const MAIN = resolve(import.meta.dirname, '../../src/cli/main.js');
const UNDO = '/var/lib/iowitness/undo';
/** What is set up is at work this long before it is recorded, ms. */
const WARM_MS = 700;
/** What takes longer than this is ended, ms: a recorder holds up the next scenario, a diagnosis nobody. */
const PATIENCE_MS = { record: 35_000, check: 35_000, diagnose: 180_000 } as const;
type Command = keyof typeof PATIENCE_MS;

/** What is kept beside a recording. */
export interface Kept extends Truth {
  readonly id: string;
  readonly seed: number;
  readonly load: boolean;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly company?: string;
  /** When the stall was made, ms into the recording. */
  readonly onsetMs?: number;
  /** Share of the machine's CPU time that was idle while it was recorded. */
  readonly idleCpu: number;
  readonly loadAverage: number;
  readonly command: string;
}

export interface RunOptions {
  readonly seed: number;
  readonly load: boolean;
  /** Whether counters alone are recorded as well, beside the recording with events. */
  readonly counters: boolean;
  /** An existing folder for loop devices' files. */
  readonly folder: string;
  /** Where NAME-SEED.iow and NAME-SEED.truth.json go. */
  readonly keep: string;
}

/** `iowitness …`, to its end; what it printed. */
async function iowitness(
  args: readonly [Command, ...string[]],
  onStart?: (pid: number) => Promise<void>,
): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((settle) => child.once('exit', () => settle()));
  const output = { out: '', complaint: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.complaint += text));
  const patienceMs = PATIENCE_MS[args[0]];
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  const closed = new Promise<void>((settle) => child.once('close', () => settle()));
  await Promise.all([onStart?.(child.pid ?? 0), ended]);
  // A command that outlives its recorder keeps the pipes.
  await Promise.race([closed, pause(300)]);
  clearTimeout(timer);
  for (const stream of [child.stdout, child.stderr]) stream.destroy();
  if (child.signalCode !== null) throw new UserError(`iowitness ${args[0]} did not end within ${patienceMs / 1000} s.`);
  if (output.out === '' && output.complaint !== '') throw new UserError(output.complaint.trim());
  return output.out;
}

function argsFor(victim: Victim, recording: string, seconds: number): [Command, ...string[]] {
  if (victim === 'busiest') return ['record', '-o', recording, '--for', `${seconds}s`];
  if ('pid' in victim) return ['record', '-o', recording, '--for', `${seconds}s`, '--pid', String(victim.pid)];
  if ('argv' in victim)
    return ['record', '--no-diagnose', '-o', recording, '--for', `${seconds}s`, '--', ...victim.argv];
  const phases = ['--buffered', '3', '--direct', '2.5', '--fsync', '2.5'];
  return ['check', victim.check, '-o', recording, '--no-report', '--json', ...phases];
}

/** Idle and all CPU time so far, in ticks. */
function cpuTicks(): { readonly idle: number; readonly all: number } {
  const ticks = (readWhole('/proc/stat') ?? '').split('\n', 1)[0]?.split(/\s+/).slice(1, 9).map(Number) ?? [];
  return { idle: (ticks[3] ?? 0) + (ticks[4] ?? 0), all: ticks.reduce((sum, each) => sum + each, 0) };
}

interface Recorded {
  readonly idleCpu: number;
  readonly args: readonly string[];
}

/** A command that two recorders watch is started by neither. */
function startedFor(site: Site, victim: Victim): Victim {
  if (victim === 'busiest' || !('argv' in victim)) return victim;
  const [program = '', ...args] = victim.argv;
  return { pid: site.run(program, args).pid };
}

/** The same from counters alone, at the same time. */
async function count(victim: Victim, recording: string, seconds: number): Promise<void> {
  const [command, ...args] = argsFor(victim, recording, seconds);
  await iowitness([command, '--no-events', ...args]);
}

interface Recordings {
  readonly recording: string;
  /** Where counters alone go, or undefined. */
  readonly counted: string | undefined;
}

async function record(site: Site, victim: Victim, { recording, counted }: Recordings): Promise<Recorded> {
  const seconds = site.draw.integer('seconds', 6, 8);
  const args = argsFor(victim, recording, seconds);
  let before = cpuTicks();
  const counting = counted === undefined ? undefined : count(victim, counted, seconds);
  await iowitness(args, async (pid) => {
    for (let tries = 0; tries < 250 && !existsSync(join(recording, 'manifest.json')); tries += 1) await pause(20);
    site.stage.recordingBegan();
    before = cpuTicks();
    await pause(1000);
    site.journalChildren(pid);
    await pause((seconds - 1.4) * 1000);
    site.journalChildren(pid);
  });
  const after = cpuTicks();
  await counting;
  site.requireAlive();
  return { idleCpu: (after.idle - before.idle) / (after.all - before.all), args };
}

function sinceStart(recording: string, wallMs: number): number {
  const manifest: { readonly start: { readonly wallMs: number } } = JSON.parse(
    readFileSync(join(recording, 'manifest.json'), 'utf8'),
  );
  return Math.round(wallMs - manifest.start.wallMs);
}

/** What is kept of a run, with the truth of how it was recorded. */
function keptOf(
  scenario: Scenario,
  options: RunOptions,
  site: Site,
  truth: Truth,
): Omit<Kept, 'idleCpu' | 'loadAverage' | 'command'> {
  return {
    id: scenario.id,
    seed: options.seed,
    load: options.load,
    ...truth,
    wrongNames: [...truth.wrongNames, ...(site.company?.names ?? [])],
    parameters: site.draw.drawn,
    ...(site.company && { company: site.company.kind }),
  };
}

/** Copies a recording into the folder of kept ones and writes its truth beside it. */
function keep(folder: string, name: string, recording: string, kept: Kept): string {
  rmSync(join(folder, `${name}.iow`), { recursive: true, force: true });
  cpSync(recording, join(folder, `${name}.iow`), { recursive: true });
  writeFileSync(join(folder, `${name}.truth.json`), `${JSON.stringify(kept, null, 2)}\n`);
  return name;
}

/** Runs one scenario and returns the names under which its recordings and truths are kept. Throws a UserError where it can't be set up. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<string[]> {
  const draw = new Draw(seedFor(options.seed, scenario.id));
  const journal = UndoJournal.open(UNDO);
  const folder = mkdtempSync(join(options.folder, 'iowitness-real-'));
  journal.plan([{ kind: 'remove-tree', path: folder }]);
  chmodSync(folder, 0o755);
  mkdirSync(options.keep, { recursive: true });
  const site = new Site(folder, journal, draw);
  try {
    const plan = await scenario.setUp(site);
    if (options.load) await startLoad(site);
    site.stage.begin();
    await pause(WARM_MS);
    site.journalChildren();
    const recording = join(folder, 'recording.iow');
    const counted = options.counters ? join(folder, 'counted.iow') : undefined;
    const victim = options.counters ? startedFor(site, plan.victim) : plan.victim;
    const { idleCpu, args } = await record(site, victim, { recording, counted });
    const made = (truth: Truth, from: string): Kept => ({
      ...keptOf(scenario, options, site, truth),
      ...(site.onset && { onsetMs: sinceStart(from, site.onset.from) }),
      idleCpu,
      loadAverage: loadavg()[0] ?? NaN,
      command: args.map((word) => word.replace(folder, 'DIR')).join(' '),
    });
    const { counted: otherwise, ...truth } = plan.truth;
    const name = `${scenario.id}-${options.seed}`;
    const names = [keep(options.keep, name, recording, made(truth, recording))];
    if (counted !== undefined)
      names.push(keep(options.keep, `${name}-counted`, counted, made({ ...truth, ...otherwise }, counted)));
    return names;
  } finally {
    await site.end();
    for (const sentence of journal.undoAll()) console.error(`${basename(folder)}: ${sentence}`);
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function diagnose(recording: string): Promise<Diagnosis> {
  return JSON.parse(await iowitness(['diagnose', '--json', recording]));
}

export function readKept(file: string): Kept {
  return JSON.parse(readFileSync(file, 'utf8'));
}
