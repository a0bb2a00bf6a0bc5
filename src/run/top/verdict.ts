// A verdict while the screen runs, for who asks for one: a recorder of its own watches one process for some seconds, behind everything else, and what
// it recorded is judged as any recording is. Both are iowitness itself, started anew, so that neither holds the screen up.

import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setPriority } from 'node:os';
import { join, resolve } from 'node:path';
import { messageOf } from '../../base/errors.js';
import { HeldFolder } from '../../base/held-folder.js';
import { removeTree } from '../../base/remove-tree.js';
import type { UndoJournal } from '../../capture/undo.js';

const FOR_S = 10;
const NICE = 10;
/** Of what a diagnosis prints; a longer one is none. */
const MOST_BYTES = 64 * 1024 * 1024;

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
    const [program = '', ...first] = this.options.self;
    return await new Promise((settle, reject) => {
      const child = spawn(program, [...first, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
      this.child = child;
      if (child.pid !== undefined) setPriority(child.pid, NICE);
      let text = '';
      let complaint = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => {
        if (text.length < MOST_BYTES) text += part;
      });
      child.stderr.setEncoding('utf8').on('data', (part: string) => (complaint = part));
      child.on('error', reject);
      child.on('close', (status) => {
        this.child = undefined;
        // 1 is a stall, 3 no verdict: both are answers.
        if (status === 0 || status === 1 || status === 3) settle(text);
        else reject(new Error(complaint.trim().split('\n').at(-1) ?? 'the recorder ended'));
      });
    });
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
