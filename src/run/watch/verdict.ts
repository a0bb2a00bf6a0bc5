// The verdict on a recorded stall: iowitness itself, started anew behind everything else on the machine, diagnoses it → what an episode tells of that.

import * as v from 'valibot';
import { messageOf } from '../../base/errors.js';
import { DiagnosisSchema } from '../../model/diagnosis.js';
import type { Episode } from '../../model/watch.js';
import { startSelf, type Started } from '../self.js';

/** Beyond it, on a machine whose CPUs are full, a diagnosis of seconds takes an hour. */
const NICE = 10;
/** A diagnosis of a recording that is as large as one may be takes a minute of CPU time. */
const MOST_MS = 15 * 60_000;

type Told = Pick<Episode, 'verdict' | 'lostMs' | 'note'>;

const Wanted = v.pick(DiagnosisSchema, ['verdict', 'accounting']);

export class EpisodeVerdict {
  private readonly self: readonly string[];
  private running: Started['child'] | undefined;

  constructor(self: readonly string[]) {
    this.self = self;
  }

  /** The process that works on it. */
  get pid(): number | undefined {
    return this.running?.pid;
  }

  /** Never rejects: `note` says why there is none. */
  async of(recording: string): Promise<Told> {
    const { child, printed } = startSelf(this.self, ['diagnose', recording, '--json'], NICE);
    this.running = child;
    const timer = setTimeout(() => child.kill('SIGKILL'), MOST_MS);
    try {
      const { verdict, accounting } = v.parse(Wanted, JSON.parse(await printed));
      const { cause, layer, sureness, confidence, since, victim, culprit, sentence } = verdict;
      const lostMs = accounting.reduce((sum, state) => sum + state.lostMs, 0);
      return {
        verdict: { cause, layer, sureness, confidence, since, victim, culprit, sentence },
        lostMs,
        note: null,
      };
    } catch (error) {
      return { verdict: null, lostMs: null, note: `it could not be diagnosed: ${messageOf(error)}` };
    } finally {
      clearTimeout(timer);
      this.running = undefined;
    }
  }

  /** Ends what runs. */
  close(): void {
    this.running?.kill('SIGTERM');
  }
}
