// One drill from beginning to end: set the stage, record it as root and as the victim's own user, diagnose both, hold them against the
// truth, put everything back. The diagnosis sees a recording like any other: neither the drill's name nor its seed is in it.

import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { copyTree } from '../base/copy-tree.js';
import { messageOf, UserError } from '../base/errors.js';
import { inFolder } from '../base/hold-path.js';
import { removeTree } from '../base/remove-tree.js';
import { UndoJournal } from '../capture/undo.js';
import { addDistractor } from '../lab/distractors.js';
import { Stage, type Drill } from '../lab/drill.js';
import { Draw, seedFor } from '../lab/draw.js';
import { journalProcess } from '../lab/workload.js';
import type { Diagnosis } from '../model/diagnosis.js';
import { verdictOfRun, type DrillRun } from '../model/drills.js';
import { diagnoseRecording } from '../pipeline.js';
import { startRecording } from '../start-recording.js';
import { markOf } from '../capture/process.js';

export interface DrillOptions {
  readonly seed: number;
  readonly repeat: number;
  /** An existing folder on a disk, by a path that no other user can change; the drill makes a folder of its own in it. */
  readonly folder: string;
  readonly undoFolder: string | undefined;
  readonly tool: string;
  /** The command that runs this program, for the recorder without root; absent where no other user can read it. */
  readonly self?: readonly [string, ...string[]];
  /** Where recordings are moved to; they are removed unless given. */
  readonly keep?: string;
}

/** The victim is at work this long before it is recorded, ms. */
const WARM_MS = 400;
const RECORD_MS = 6000;
/** So long where a JVM is asked for its threads: that begins a few seconds late on a busy machine, and goes on every 2 s. */
const RECORD_DUMPS_MS = 12_000;
/** A recorder without root is started first, and takes this long until it samples, ms. */
const STARTING_MS = 700;

interface Recorded {
  readonly withEvents: string;
  readonly withCounters?: string;
  /** When the stall was made, ms into the recording with events; absent where it was there before. */
  readonly onset?: { readonly from: number; readonly to: number };
}

export async function runDrill(drill: Drill, options: DrillOptions): Promise<DrillRun> {
  const began = performance.now();
  const draw = new Draw(seedFor(options.seed, `${drill.id} ${options.repeat}`));
  const journal = UndoJournal.open(options.undoFolder);
  const folder = mkdtempSync(join(options.folder, 'iowitness-drill-'));
  journal.plan([{ kind: 'remove-tree', path: folder }]);
  chmodSync(folder, 0o755);
  const about = {
    drill: drill.id,
    repeat: options.repeat,
    seed: options.seed,
    parameters: draw.drawn,
    truth: drill.verdicts[0],
    ...(drill.needsEvents !== undefined && { needsEvents: drill.needsEvents }),
  };
  const seconds = () => (performance.now() - began) / 1000;
  try {
    const stage = new Stage(folder, journal, draw, options.self !== undefined);
    const { withEvents, withCounters, onset } = await record(drill, stage, options);
    const events = (await diagnoseRecording(withEvents, options.tool)).diagnosis;
    const counters = withCounters && (await diagnoseRecording(withCounters, options.tool)).diagnosis;
    const since = events.verdict.sinceMs;
    return {
      ...about,
      events: verdictOfRun(events, isRight(drill, events)),
      ...(counters && { counters: verdictOfRun(counters, isRight(drill, counters)) }),
      ...(onset && since !== null && { onsetErrorMs: Math.max(0, onset.from - since, since - onset.to) }),
      ...(!onset && drill.canBeginLate === true && { toldFromStart: events.verdict.fromStart }),
      ...(options.keep !== undefined && {
        recordings: keepRecordings(options.keep, drill.id, options.repeat, [
          withEvents,
          ...(withCounters ? [withCounters] : []),
        ]),
      }),
      seconds: seconds(),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...about, why: messageOf(error), seconds: seconds() };
  } finally {
    journal.undoAll();
  }
}

/** A right cause first, and everything that must be named somewhere. */
function isRight({ verdicts, named = [], says }: Drill, { verdict, also }: Diagnosis): boolean {
  const told = [verdict, ...also].map((one) => one.cause);
  const isNamed = verdicts.includes(verdict.cause) && named.every((cause) => told.includes(cause));
  return isNamed && (says === undefined || says.test(verdict.sentence));
}

async function record(drill: Drill, stage: Stage, options: DrillOptions): Promise<Recorded> {
  const places = {
    withEvents: join(stage.folder, 'root.iow'),
    withCounters: join(stage.elsewhere('user'), 'user.iow'),
  };
  try {
    await drill.setUp(stage);
    if (options.repeat % 2 === 1) await addDistractor(stage);
    const isLate = drill.canBeginLate === true && stage.draw.chance('beginsLate', 0.4);
    const lateMs = isLate ? stage.draw.integer('beginsAfterMs', 2000, 3500) : 0;
    stage.begin();
    await pause(WARM_MS);
    if (!isLate) stage.provokeNow();
    await pause(drill.settlesMs ?? 0);
    const recordMs = drill.threadDumps ? RECORD_DUMPS_MS : RECORD_MS;
    const asking = drill.threadDumps ? ['--jvm'] : [];
    const user =
      options.self &&
      recordAsUser(stage, options.self, [...asking, '--for', `${(recordMs + 500) / 1000}s`], places.withCounters);
    await pause(STARTING_MS);
    const session = await startRecording({
      folder: places.withEvents,
      undoFolder: options.undoFolder,
      tool: options.tool,
      plan: { command: 'record', hz: 10, events: true },
      victims: [markOf(stage.victimPid)],
      watchBusiest: false,
      eventBudget: 400_000,
      ...(drill.threadDumps && { threadDumps: 'always' }),
    });
    let onset: Recorded['onset'];
    stage.recordingBegan();
    try {
      await pause(isLate ? lateMs : recordMs);
      if (isLate) {
        const { fromNs, toNs } = stage.provokeNow();
        const since = (ns: bigint) => Number(ns - BigInt(session.startNs)) / 1e6;
        onset = { from: since(fromNs), to: since(toNs) };
        await pause(recordMs - lateMs + 1000);
      }
    } finally {
      await session.end('time');
    }
    await user;
    return {
      withEvents: places.withEvents,
      ...(user && { withCounters: places.withCounters }),
      ...(onset && { onset }),
    };
  } finally {
    // What holds the workloads back is undone first, or they could not end.
    const ended = stage.end();
    await Promise.race([ended, pause(3000)]);
  }
}

/** `iowitness record` as the victim's own user, who sees counters only. */
async function recordAsUser(
  stage: Stage,
  self: readonly [string, ...string[]],
  asking: readonly string[],
  recording: string,
): Promise<void> {
  const [program, ...args] = self;
  const child = spawn(
    program,
    [...args, 'record', '--pid', String(stage.victimPid), '--hz', '20', ...asking, '-o', recording],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      ...stage.owner,
      env: { PATH: '/usr/bin:/bin', XDG_STATE_HOME: join(recording, '..') },
    },
  );
  if (child.pid !== undefined) journalProcess(stage.journal, child.pid);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const status = await new Promise<number | null>((settle) =>
    child.on('close', settle).on('error', () => settle(null)),
  );
  if (status !== 0)
    throw new UserError(
      `The recorder without root failed (${complaint.trim()}): is this folder readable for every user?`,
    );
}

/** Copies them to where they are kept, in the place of those that an earlier run has left there. */
function keepRecordings(path: string, drill: string, repeat: number, recordings: readonly string[]): string[] {
  return inFolder(path, (keep) =>
    recordings.map((recording) => {
      const name = `${drill}-${repeat}-${recording.endsWith('user.iow') ? 'user' : 'root'}.iow`;
      removeTree(keep, name);
      const to = keep.makeFolder(name);
      inFolder(recording, (from) => copyTree(from, to));
      to.close();
      return join(path, name);
    }),
  );
}
