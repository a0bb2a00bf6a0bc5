// An experiment's folder on disk, held: the plan as it was when it began, the state after each step, and a recording a run. Whoever could write there would
// have root do what a plan says, so it is used only where it is this user's alone. Every state is whole and durable before the next step is taken.
//
//   NAME.exp/plan.yaml   state.json   result.json   runs/003-without-cadvisor.iow

import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { errnoOf, messageOf, reasonOf, UserError } from '../../base/errors.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { holdFolder } from '../../base/hold-path.js';
import { readOwnFile, replaceFile } from '../../base/own-file.js';
import { removeTree } from '../../base/remove-tree.js';
import { ExperimentStateSchema, type ExperimentState } from '../../model/experiment.js';
import type { Planned } from '../../experiment/order.js';
import { identityOf } from '../../capture/process.js';

const PLAN = 'plan.yaml';
const STATE = 'state.json';
const RESULT = 'result.json';
const RUNS = 'runs';
const OWNER = 'owner';
const MOST_BYTES = 256 * 1024 ** 2;

function hashOf(plan: string): string {
  return createHash('sha256').update(plan).digest('hex');
}

/** Throws the system's error, or a UserError where others have a hand in it or it is too large. */
function read(folder: HeldFolder, name: string): string {
  let text: string | undefined;
  try {
    text = readOwnFile(folder, name, MOST_BYTES);
  } catch (error) {
    if (errnoOf(error) !== undefined) throw error;
    throw new UserError(`${folder.shown(name)}: ${messageOf(error)}.`);
  }
  if (text === undefined) throw new UserError(`${folder.shown(name)} is too large to be of an experiment.`);
  return text;
}

export class ExperimentFolder {
  readonly path: string;
  private readonly folder: HeldFolder;

  private constructor(folder: HeldFolder) {
    this.folder = folder;
    this.path = folder.realPath();
  }

  private static hold(path: string, make: boolean): HeldFolder {
    let folder: HeldFolder;
    try {
      folder = holdFolder(path, { make });
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      throw new UserError(
        make
          ? `${path} can’t be made (${messageOf(error)}): name another place with -o.`
          : `There is no experiment ${path} to go on with (${reasonOf(error)}): name the folder that it began in.`,
      );
    }
    const danger = folder.danger();
    if (danger === undefined) return folder;
    folder.close();
    throw new UserError(`${path} ${danger}, and what stands in it would be run: name a folder of your own.`);
  }

  /** Makes it, with the plan and all runs waiting. Throws a UserError where there is one already. */
  static create(path: string, plan: string, runs: readonly Planned[]): ExperimentFolder {
    const folder = this.hold(path, true);
    if (folder.stat(STATE) || folder.stat(PLAN)) {
      folder.close();
      throw new UserError(
        `${path} is there already: go on with it by --resume ${path}, or name another place with -o.`,
      );
    }
    const made = new ExperimentFolder(folder);
    made.write(PLAN, plan);
    folder.makeFolder(RUNS).close();
    made.own();
    made.save({
      format: 'iowitness.experiment-state/1',
      plan: hashOf(plan),
      startedAt: new Date().toISOString(),
      runs: runs.map((run) => ({ ...run, state: 'waiting' })),
    });
    return made;
  }

  /** Opens one. `owns`: to go on with it, which no two processes may do. */
  static open(path: string, owns: boolean): ExperimentFolder {
    const made = new ExperimentFolder(this.hold(path, false));
    if (owns) made.own();
    return made;
  }

  /** Throws a UserError where another process is at it. */
  private own(): void {
    const owner = this.folder.stat(OWNER) ? read(this.folder, OWNER) : '';
    const pid = Number(owner.split(' ', 1)[0]);
    if (pid > 0 && pid !== process.pid && identityOf(pid) === owner)
      throw new UserError(`Process ${pid} is at work on ${this.path}: wait for it, or end it.`);
    this.write(OWNER, identityOf(process.pid) ?? '');
  }

  plan(): string {
    try {
      return read(this.folder, PLAN);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      throw new UserError(
        errnoOf(error) === 'ENOENT'
          ? `${this.path} is no experiment’s folder, as it holds no ${PLAN}: name the folder that it began in.`
          : `The plan of ${this.path} can’t be read (${reasonOf(error)}).`,
      );
    }
  }

  /** Throws a UserError where it is damaged, or of another plan. */
  state(): ExperimentState {
    let state: ExperimentState;
    try {
      state = v.parse(ExperimentStateSchema, JSON.parse(read(this.folder, STATE)));
    } catch (error) {
      throw new UserError(
        `${this.folder.shown(STATE)} can’t be read (${messageOf(error)}): begin anew in another folder.`,
      );
    }
    if (state.plan !== hashOf(this.plan()))
      throw new UserError(
        `${this.folder.shown(PLAN)} has been changed since the experiment began: begin anew with it in another folder.`,
      );
    return state;
  }

  /** Durable when it returns. */
  save(state: ExperimentState): void {
    this.write(STATE, `${JSON.stringify(state)}\n`);
  }

  saveResult(text: string): void {
    this.write(RESULT, text);
  }

  private write(name: string, text: string): void {
    replaceFile(this.folder, name, text);
    this.folder.sync();
  }

  /** The place of a run's recording, as it stands in its outcome; what an attempt before left there is removed. */
  recordingOf(number: number, arm: string): string {
    const name = `${String(number).padStart(3, '0')}-${arm.replaceAll(/[^\w.-]+/g, '-')}`;
    const runs = this.folder.folder(RUNS);
    try {
      for (const { name: entry } of runs.list()) if (entry.startsWith(name.slice(0, 4))) removeTree(runs, entry);
    } finally {
      runs.close();
    }
    return `${RUNS}/${name}.iow`;
  }

  close(): void {
    this.folder.close();
  }
}
