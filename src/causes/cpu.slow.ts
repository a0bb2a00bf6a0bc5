// The CPU itself is slow: emulated, throttled, or shared out by the host. Told from the probe's buffered writes, which are known work: what each
// costs in CPU time, against what such a call may cost anywhere. It is asked where nothing else holds, so that a machine on which nothing is
// fast is not called healthy.

import { intersect, NO_INTERVALS, total, union } from '../base/intervals.js';
import { cpuShare } from '../analysis/machine/cpu-time.js';
import { timesIn } from '../analysis/measures.js';
import { duration, percent } from '../base/format.js';
import { number, part, ratio, said, time } from '../model/quantity.js';
import { SLOW_CPU, STARVED } from '../model/thresholds/cpu.js';
import { FIDELITY } from './judge/fidelity.js';
import { advise, look } from './judge/advice.js';
import type { Given } from './judge/needs.js';
import { defineCause, holds, notChecked, ramp, ruledOut } from './cause.js';

/** The probe's phase whose work is known: small writes into the page cache. */
const KNOWN_WORK = 'buffered';

interface Work {
  readonly operations: number;
  /** CPU time of one, ms. */
  readonly eachMs: number;
  /** The part of that phase in which it ran. */
  readonly running: number;
}

function knownWork({ input, account }: Given<'victim'>): Work | undefined {
  const slices = input.probe.filter(({ phase, operations }) => phase === KNOWN_WORK && operations > 0);
  const operations = slices.reduce((sum, slice) => sum + slice.operations, 0);
  const running = timesIn(account, ['running']);
  const times = union(slices.map(({ fromMs, toMs }) => ({ from: fromMs, to: toMs })));
  const ranMs = total(intersect(times, running));
  const wallMs = total(times);
  return operations > 0 ? { operations, eachMs: ranMs / operations, running: ranMs / wallMs } : undefined;
}

export const cause = defineCause({
  id: 'cpu.slow',
  layer: 'scheduler',
  rank: 'otherwise',
  proof: 'cpu',
  waits: ['running'],
  needs: ['victim'],
  judge(m) {
    const work = knownWork(m);
    if (!work) return notChecked('nothing was recorded of which it is known what it may cost a CPU');
    const { eachMs, running } = work;
    const factor = eachMs / SLOW_CPU.mostMs;
    if (!(factor > 1) || running < SLOW_CPU.leastRunning)
      return ruledOut(`a small write into the page cache cost ${duration(eachMs)} of CPU time`);
    const confidence = ramp(factor, SLOW_CPU.sure) * FIDELITY[m.account.source].ofStates;
    const steal = cpuShare(m.input, m.account, ['steal']);
    return holds({ share: running * (1 - 1 / factor), confidence, lost: NO_INTERVALS }, { ...work, factor, steal });
  },
  tell: ({ operations, eachMs, running, factor, steal }, { account }) => ({
    sentence: `The CPU is slow: a small write into the page cache cost ${duration(eachMs)} of CPU time, ${String(ratio(factor))} what it may cost on any ordinary machine, and no disk is involved in that.`,
    yardstick: {
      measure: 'a small buffered write',
      value: said`${time(eachMs)} of CPU`,
      against: `an ordinary machine: at most ${duration(SLOW_CPU.mostMs)}`,
    },
    culprit: null,
    decidedBy: 'the same probe on a machine of the same kind',
    evidence: [
      {
        measure: 'known work',
        value: said`${time(eachMs)} of CPU time for each of ${number(operations)} buffered writes`,
        meaning: `it ran for ${percent(running)} of that phase: what it waited for is not counted`,
        source: FIDELITY[account.source].running,
      },
      ...(steal > STARVED.stealShown
        ? [
            {
              measure: 'stolen by the hypervisor',
              value: said`${part(steal)}`,
              meaning: 'the host gave the CPU to another guest',
              source: '/proc/stat',
            },
          ]
        : []),
    ],
    advice: [
      advise`Look at what the CPU is: emulated (${look('systemd-detect-virt')}, a host without KVM), throttled by heat or power (${look('turbostat')}), or a small share of a host.`,
    ],
  }),
});
