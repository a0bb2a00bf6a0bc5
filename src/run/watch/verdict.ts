// The verdict on a recorded stall → what an episode tells of it. The diagnosis is an errand: the watch itself never holds a recording's events.

import { messageOf } from '../../base/errors.js';
import type { Episode } from '../../model/watch.js';
import type { Errands } from './errand.js';

export class EpisodeVerdict {
  private readonly errands: Errands;
  private readonly tool: string;

  constructor(errands: Errands, tool: string) {
    this.errands = errands;
    this.tool = tool;
  }

  /** Never rejects: `note` says why there is none. */
  async of(recording: string): Promise<Pick<Episode, 'verdict' | 'lostMs' | 'note'>> {
    const { errands, tool } = this;
    try {
      const answer = await errands.run({ kind: 'diagnose', recording, tool }, () => {});
      if (answer.kind !== 'told') throw new Error('it told something else');
      return { ...answer.told, note: null };
    } catch (error) {
      return { verdict: null, lostMs: null, note: `it could not be diagnosed: ${messageOf(error)}` };
    }
  }
}
