// Where `watch` keeps what it finds: a folder of this user's alone with the journal and the recordings. It has the next recording's folder ready, so that
// nothing has to be made while a disk is slow, and makes room (tidy.ts) off the thread that samples.

import { Worker } from 'node:worker_threads';
import { holdFolder } from '../../base/hold-path.js';
import { errnoOf, UserError } from '../../base/errors.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { removeTree } from '../../base/remove-tree.js';
import { STANDBY, type Room, type TidyTask } from './tidy.js';

const RECORDINGS = 'recordings';
/** Of the thread that makes room: names and sizes of some thousand files. */
const TIDY_MIB = 32;

export class Store {
  readonly folder: HeldFolder;
  private readonly recordings: HeldFolder;
  private standby: HeldFolder | undefined;
  private renamed: Promise<void> = Promise.resolve();

  /** Makes what is missing. Throws a UserError where others could reach it. */
  constructor(path: string) {
    this.folder = holdFolder(path, { make: true, guarded: true });
    const danger = this.folder.danger();
    if (danger !== undefined)
      throw new UserError(`${path} ${danger}, so what is kept would not be safe there: name another with --dir.`);
    this.recordings = this.folder.makeFolder(RECORDINGS);
    removeTree(this.recordings, STANDBY);
    this.standby = this.recordings.makeFolder(STANDBY);
  }

  /**
   * The folder of a recording, which is given its name meanwhile; undefined where none is ready. Its user closes it. The path is whole, as what it goes into
   * may be read from elsewhere.
   */
  take(name: string): { readonly folder: HeldFolder; readonly path: string } | undefined {
    const folder = this.standby;
    if (!folder) return undefined;
    this.standby = undefined;
    // A disk that is slow keeps the name; the descriptor leads to the folder in any case.
    this.renamed = this.recordings.rename(STANDBY, name).catch(() => {});
    return { folder, path: `${this.recordings.realPath()}/${name}` };
  }

  /** Makes room, and the next folder ready. Settles when the disk has answered. Rejects with the system's error. */
  async tidy(room: Room): Promise<void> {
    await this.renamed;
    const task: TidyTask = { ...room, descriptor: this.recordings.descriptor };
    const worker = new Worker(new URL('./tidy-main.js', import.meta.url), {
      workerData: task,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: TIDY_MIB },
    });
    let failure: Error | undefined;
    worker.on('error', (error) => (failure = error));
    await new Promise<void>((settle) => worker.on('exit', () => settle()));
    // It may have made the folder, and failed then.
    if (!this.standby && this.recordings.stat(STANDBY)?.isDirectory() === true)
      this.standby = this.recordings.folder(STANDBY);
    if (failure !== undefined) throw failure;
  }

  close(): void {
    this.standby?.close();
    this.removeStandby();
    this.recordings.close();
    this.folder.close();
  }

  /** What a filesystem that refuses keeps of it, the next watch removes. */
  private removeStandby(): void {
    try {
      if (this.standby) removeTree(this.recordings, STANDBY);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }
}
