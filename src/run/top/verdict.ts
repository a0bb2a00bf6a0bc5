// A verdict while the screen runs, for who asks for one: a recorder of its own watches one process for some seconds, behind everything else, and what
// it recorded is judged as any recording is. Both are iowitness itself, started anew, so that neither holds the screen up.

import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { messageOf } from '../../base/errors.js';
import { HeldFolder } from '../../base/held-folder.js';
import { removeTree } from '../../base/remove-tree.js';
import type { UndoJournal } from '../../capture/undo.js';
import { startSelf } from '../self.js';

const FOR_S = 10;
const NICE = 10;

export interface VerdictOptions {
  /** What starts iowitness: the program and its first arguments. */
  readonly self: readonly string[];
  readonly journal: UndoJournal;
  /** Where the recording is put until it has been judged; it may be relative. */
  readonly folder: string;
}

interface Judged {
  readonly verdict: { readonly sentence: string; readonly cause: string; readonly sureness: string | null };
}

export class VerdictRun {
  private readonly options: VerdictOptions;
  private child: ChildProcess | undefined;
  private isEnded = false;

  constructor(options: VerdictOptions) {
    this.options = options;
  }

  get isRunning(): boolean {
    return this.child !== undefined;
  }

  /** The verdict on a process as a sentence; or, as one as well, why there is none. Never rejects. */
  async of(pid: number): Promise<string> {
    try {
      const folder = HeldFolder.at(resolve(this.options.folder));
      try {
        return await this.judgedIn(folder, pid);
      } finally {
        folder.close();
      }
    } catch (error) {
      return this.isEnded ? '' : `none: ${messageOf(error)}`;
    }
  }

  private async judgedIn(folder: HeldFolder, pid: number): Promise<string> {
    const name = `iowitness-top-${randomBytes(8).toString('hex')}`;
    const path = join(folder.realPath(), name);
    this.options.journal.plan([{ kind: 'remove-tree', path }]);
    try {
      const place = folder.makeFolder(name);
      const danger = place.danger();
      place.close();
      if (danger !== undefined) throw new Error(`${path} ${danger}`);
      const recording = join(path, 'verdict.iow');
      await this.run(['record', '--pid', String(pid), '--for', `${FOR_S}s`, '-o', recording, '--json']);
      const judged: Judged = JSON.parse(await this.run(['diagnose', recording, '--pid', String(pid), '--json']));
      const { sentence, cause, sureness } = judged.verdict;
      return `${sentence} (${sureness === null ? cause : `${cause}, ${sureness}`})`;
    } finally {
      removeTree(folder, name);
    }
  }

  private async run(args: readonly string[]): Promise<string> {
    if (this.isEnded) throw new Error('top has ended');
    const started = startSelf(this.options.self, args, NICE);
    this.child = started.child;
    try {
      return await started.printed;
    } finally {
      this.child = undefined;
    }
  }

  /** Ends what still runs; it undoes what it set up itself. */
  async close(): Promise<void> {
    this.isEnded = true;
    const { child } = this;
    if (!child) return;
    child.kill('SIGTERM');
    await new Promise((settle) => child.once('close', settle));
  }
}
