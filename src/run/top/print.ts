// top without a screen: each sample printed at once, as iotop's text or as an object a line.

import { renderJson } from '../../present/json.js';
import type { TopSample } from '../../model/top.js';
import { BatchText } from '../../tools/top/batch.js';
import { isAsked, type TopOptions } from '../../tools/top/options.js';
import { Totals } from '../../tools/top/totals.js';
import type { TopSampler } from './sampler.js';
import { Steps } from './steps.js';

/** The first sample is of so much time at most, ms: whoever asks for one alone does not want to wait for long, nor for zeros. */
const FIRST_MS = 500;

export interface PrintRun {
  readonly sampler: TopSampler;
  readonly options: TopOptions;
  readonly print: (text: string) => void;
  readonly interrupted: Promise<unknown>;
}

/** Until as many samples are printed as were asked for, or it is interrupted. */
export async function printSamples({ sampler, options, print, interrupted }: PrintRun): Promise<void> {
  const { batch, only, processes, delayMs, count } = options;
  sampler.wanted = { byThread: batch ? processes !== true : processes === false, everyone: batch && !only };
  const text = new BatchText(options);
  const totals = new Totals();
  sampler.sample();
  const steps = new Steps(sampler, delayMs, Math.min(delayMs, FIRST_MS));
  void interrupted.then(() => steps.stop());
  for (let left = count; left > 0 && (await steps.next()); left -= 1) {
    const sample = sampler.sample();
    if (!sample) continue;
    if (options.accumulated) totals.add(sample);
    print(batch ? text.text(sample, totals) : `${renderJson(askedOf(sample, options), 0)}\n`);
  }
}

function askedOf(sample: TopSample, options: TopOptions): TopSample {
  return { ...sample, processes: sample.processes.filter((one) => isAsked(options, one)) };
}
