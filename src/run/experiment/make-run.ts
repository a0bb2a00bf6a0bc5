// A run on the machine that this process is on, a guest included: the arm's changes, the reset, pressure, the workload's warm-up, a recording while it is
// measured, and everything put back, in this order. All that is changed is in the undo journal first, so a watchdog puts it back where this process is
// killed. What was measured is judged elsewhere (outcome.ts).

import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from '../../base/errors.js';
import { duration } from '../../base/format.js';
import { timeUp } from '../../base/time-up.js';
import { UndoJournal } from '../../capture/undo.js';
import { checkDirectory, type Volume } from '../../lab/probe.js';
import type { RunOutcome } from '../../model/experiment.js';
import { startRecording, type Session } from '../../start-recording.js';
import type { Holder } from '../hold/holder.js';
import type { Change } from './change.js';
import type { Plan, PlannedArm } from './plan.js';
import { holdPressure } from './pressure.js';
import { resetMachine } from './reset.js';
import { RunSamples, type Seen } from './run-samples.js';
import type { RunRequest } from './site.js';
import { startWorkload, type RunningWorkload } from './workload.js';

/** Runs up to so long are recorded with events at ten samples a second, s. Longer ones with counters each second, and events of their last part. */
const SHORT_SECONDS = 600;
const EVENTS_SECONDS = 20;
const EVENT_BUDGET = 400_000;
/** Samples a second, with events; on an emulated CPU, where one takes some 50 ms. */
const OFTEN = 10;
const OFTEN_EMULATED = 2;
const EVENTS = '-events.iow';

/** What was measured in a run, before anything is made of it. Plain data: a guest sends it to its host. */
export interface MadeRun extends Pick<RunOutcome, 'seconds' | 'because' | 'reset'> {
  readonly seen: Seen;
  /** The file name's end of the recording to diagnose, in place of .iow. */
  readonly diagnosed: string;
}

/** Events from the beginning. */
function hasEventsAllAlong({ events, run }: Plan): boolean {
  return events ?? run <= SHORT_SECONDS;
}

function record(
  { plan, undoFolder, tool, recording, isEmulated }: RunRequest,
  workload: RunningWorkload,
  name: string,
  events: boolean,
): Promise<Session> {
  return startRecording({
    folder: recording.replace(/\.iow$/, name),
    undoFolder,
    tool,
    plan: { command: 'record', hz: events ? (isEmulated ? OFTEN_EMULATED : OFTEN) : 1, events },
    victims: [{ pid: workload.pid, comm: plan.workload.kind, role: 'command' }],
    watchBusiest: false,
    eventBudget: EVENT_BUDGET,
  });
}

/** What can end a run, and a timer that is let go of. */
function ending(request: RunRequest, samples: RunSamples, session: Session, workload: RunningWorkload) {
  const { plan, interrupted, say } = request;
  const fallen = new Promise<string>((settle) => {
    samples.onFall = () => {
      if (plan.stop === 'degraded') settle('degraded');
    };
  });
  const { over, cancel } = timeUp(plan.run);
  const ticker = setInterval(
    () => say(`running, ${duration(Math.round(samples.seconds) * 1000)} of at most ${duration(plan.run * 1000)}`),
    1000,
  );
  const because = Promise.race([
    interrupted.then(() => undefined),
    fallen,
    over,
    session.mustEnd,
    workload.gone.then(endOf),
  ]);
  return {
    because,
    release() {
      cancel();
      clearInterval(ticker);
    },
  };
}

/** Nothing is run on top of what could not be put back. */
function requireUndone(failed: readonly string[]): void {
  if (failed.length > 0) throw new UserError(`Not everything could be put back: ${failed.join('; ')}.`);
}

function endOf({ status, complaint }: Awaited<RunningWorkload['gone']>): string {
  if (status === 0) return 'the workload ended';
  throw new UserError(
    `The workload failed with ${typeof status === 'number' ? `status ${status}` : status}${complaint === '' ? '' : ` (${complaint})`}.`,
  );
}

/** Measures one run, whose workload is at work. Undefined where it was interrupted. */
async function measured(
  request: RunRequest,
  workload: RunningWorkload,
  { device }: Volume,
): Promise<Omit<MadeRun, 'reset'> | undefined> {
  const { plan, isEmulated } = request;
  const isShort = hasEventsAllAlong(plan);
  const session = await record(request, workload, '.iow', isShort);
  const samples = new RunSamples(workload.progress, {
    device,
    intervalMs: plan.interval * 1000,
    isEmulated: isEmulated ?? false,
    ...(plan.disks && { disks: plan.disks }),
  });
  const end = ending(request, samples, session, workload);
  let because: string | undefined = 'an error';
  let seconds = 0;
  let seen: Seen;
  try {
    because = await end.because;
  } finally {
    end.release();
    ({ seconds } = samples);
    seen = samples.end();
    const failed = await session.end(because ?? 'interrupt');
    requireUndone(failed);
  }
  if (because === undefined) return undefined;
  let diagnosed = '.iow';
  if (!isShort && because !== 'the workload ended') {
    const last = await record(request, workload, EVENTS, true);
    await Promise.race([pause(EVENTS_SECONDS * 1000, undefined, { ref: false }), last.mustEnd, request.interrupted]);
    await last.end('time');
    diagnosed = EVENTS;
  }
  return { seconds, because, seen, diagnosed };
}

/** Undefined where it was interrupted. Throws a UserError where it fails. Whatever ends it, everything is put back. */
export async function makeRun(request: RunRequest): Promise<MadeRun | undefined> {
  const { plan, arm, say, ask } = request;
  const volume = checkDirectory(plan.volume);
  const journal = UndoJournal.open(request.undoFolder);
  let holder: Holder | undefined;
  let isInterrupted = false;
  const byHand: string[] = [];
  void request.interrupted.then(() => (isInterrupted = true));
  try {
    for (const change of arm.changes) {
      if (change.byHand) {
        byHand.unshift(change.byHand.after);
        await ask(change.byHand.before);
        if (isInterrupted) return undefined;
      }
      const undo = change.undo();
      if (undo.length > 0) journal.plan(undo);
      change.make();
    }
    say('resetting: writing what is dirty, dropping caches, trimming');
    const reset = await resetMachine(volume.mountPoint, plan.settle * 1000);
    if (plan.pressure) {
      say('taking memory');
      holder = await holdPressure(plan.pressure);
    }
    if (isInterrupted) return undefined;
    const workload = startWorkload(plan, request.self, journal);
    workload.go();
    if (plan['warm-up'] !== undefined) {
      say('warming up');
      const early = await Promise.race([
        pause(plan['warm-up'] * 1000, undefined, { ref: false }),
        request.interrupted,
        workload.gone.then(endOf),
      ]);
      if (early === 'the workload ended')
        throw new UserError('The workload ended within the warm-up: give it more to do, or a shorter warm-up.');
    }
    if (isInterrupted) return undefined;
    const outcome = await measured(request, workload, volume);
    return outcome && { ...outcome, reset };
  } finally {
    await putBack(holder, journal, async () => {
      for (const after of byHand) {
        if (!isInterrupted) await ask(after);
        if (isInterrupted) request.left(after);
      }
    });
  }
}

/** Undoes all, whatever fails on the way. Throws a UserError where something could not be undone, before anything else that went wrong. */
async function putBack(holder: Holder | undefined, journal: UndoJournal, byHand: () => Promise<void>): Promise<void> {
  let failed: readonly string[] = [];
  try {
    await holder?.release();
  } finally {
    failed = journal.undoAll();
    try {
      await byHand();
    } finally {
      requireUndone(failed);
    }
  }
}

/** Says of which arm it is, and where in the plan. */
export function ofArm(plan: Plan, arm: PlannedArm, path: readonly (string | number)[], act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const place = plan.lineOf(['arms', plan.arms.indexOf(arm), ...path]);
    throw new UserError(`${place}: arm ‘${arm.name}’: ${error.message}`);
  }
}

/**
 * Throws a UserError, with its place in the plan, where `check` refuses a change of an arm: as one that this machine can’t have, unless told. Changes
 * nothing.
 */
export function checkChanges(plan: Plan, arm: PlannedArm, check = (change: Change) => change.check()): void {
  for (const [at, change] of arm.changes.entries()) ofArm(plan, arm, ['changes', at], () => check(change));
}
