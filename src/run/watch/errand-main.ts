// The process that does one errand of a watch, tells what came of it, and ends. It takes its time on a CPU that nobody else wants.

import { Intervals } from '../../base/intervals.js';
import { messageOf } from '../../base/errors.js';
import { diagnoseRecording } from '../../pipeline.js';
import { Memory } from '../baseline/memory.js';
import { endWithStarter, goFirst } from '../helper-process.js';
import type { Errand, FromErrand, Told } from './errand.js';

async function diagnosed({ recording, tool }: Errand & { kind: 'diagnose' }): Promise<Told> {
  const { verdict, accounting } = (await diagnoseRecording(recording, tool)).diagnosis;
  const { cause, layer, sureness, confidence, since, victim, culprit, sentence } = verdict;
  return {
    verdict: { cause, layer, sureness, confidence, since, victim, culprit, sentence },
    lostMs: accounting.reduce((sum, state) => sum + state.lostMs, 0),
  };
}

async function done(errand: Errand): Promise<FromErrand> {
  if (errand.kind === 'diagnose') return { kind: 'told', told: await diagnosed(errand) };
  if (errand.kind === 'give') return await (await import('../../fleet/agent/give.js')).give(errand);
  const { lesson, root } = errand;
  const memory = new Memory(errand.memory, (sentence) => say({ kind: 'warning', sentence }), root);
  // A message carries no class of ours.
  if (lesson) memory.learn({ ...lesson, heldUp: new Intervals(lesson.heldUp.from, lesson.heldUp.to) });
  return { kind: 'past', past: memory.past() };
}

function say(message: FromErrand): void {
  process.send?.(message);
}

// After Ctrl-C the watch waits for the verdict on what it has recorded.
endWithStarter();
goFirst();
process.on('message', (errand: Errand) => {
  done(errand).then(say, (error: unknown) => say({ kind: 'failed', why: messageOf(error) }));
});
