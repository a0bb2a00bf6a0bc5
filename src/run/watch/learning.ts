// What a watch adds to the machine's memory of its disks, now and then, and the past that is in force for it: by a process of its own, as a book is written anew
// each time. What that can't do is told, and tried again with the next lesson.

import { messageOf } from '../../base/errors.js';
import type { Past } from '../../model/past.js';
import type { Lesson } from '../baseline/memory.js';
import type { Errands } from './errand.js';

export interface LearningOptions {
  /** The folder of the machine's memory; absent where there is none. */
  readonly memory: string | undefined;
  readonly errands: Pick<Errands, 'run'>;
  readonly tell: (sentence: string) => void;
  /** The past that is in force from now on. */
  readonly taught: (past: Past) => void;
}

export class Learning {
  private readonly options: LearningOptions;
  private closed = false;

  constructor(options: LearningOptions) {
    this.options = options;
  }

  /** Adds a lesson, if there is one, and asks for the past in any case. Never rejects. */
  async learn(lesson: Lesson | undefined): Promise<void> {
    const { memory, errands, tell, taught } = this.options;
    if (memory === undefined) return;
    try {
      const answer = await errands.run({ kind: 'learn', memory, lesson }, tell);
      if (answer.kind === 'past') taught(answer.past);
    } catch (error) {
      if (!this.closed) tell(`nothing could be remembered of this machine’s disks: ${messageOf(error)}.`);
    }
  }

  /** What fails from now on is not told: errands are being ended. */
  close(): void {
    this.closed = true;
  }
}
