// The ordinary dirty throttle: the writer fills the page cache faster than the device drains it, and is paused down to its speed.
// Told from a limit that is too low by the device, which is busy during the pauses. Source: mm/page-writeback.c.

import { diskWork } from '../analysis/machine/counted-work.js';
import type { Advice } from '../model/diagnosis.js';
import { percent, rate } from '../base/format.js';
import { flow, memory, said } from '../model/quantity.js';
import { advise, change } from './judge/advice.js';
import { defineCause, holds, ramp, ruledOut } from './cause.js';
import { FIDELITY } from './judge/fidelity.js';
import type { Given } from './judge/needs.js';
import { diskName, judgeDevice } from './judge/judgements.js';
import { findThrottled, throttleEvidence } from './judge/throttled.js';
import { DEVICE_JUDGING } from '../model/thresholds/judging.js';
import { BACKPRESSURE } from '../model/thresholds/memory.js';

const MIB = 1024 * 1024;

/** What a filesystem writes for all its users, and what nobody can be named for, keeps nobody else's writes back. */
const NOBODYS: ReadonlySet<string> = new Set(['unattributed', 'journal', 'metadata']);

/** Writing back begins when one second of what the device takes is dirty. */
function earlier({ input, account, disk }: Given<'victim'>, drained: number): Advice[] {
  const sysctl = (name: string) => input.facts.at(-1)?.files.get(`/proc/sys/vm/${name}`)?.trim();
  const counted = disk === undefined ? NaN : diskWork(input.counters.disks.get(disk), account).bytes;
  const bytesPerSecond = Number.isNaN(drained) ? (counted * 1000) / (account.to - account.from) : drained;
  const [bytes, ratio] = [sysctl('dirty_background_bytes'), sysctl('dirty_background_ratio')];
  if (!(bytesPerSecond > 0) || bytes === undefined || ratio === undefined) return [];
  // Writing one of the two sets the other to 0.
  const was = bytes === '0' ? `vm.dirty_background_ratio=${ratio}` : `vm.dirty_background_bytes=${bytes}`;
  const to = Math.ceil(bytesPerSecond / MIB) * MIB;
  return [
    advise`To keep other writers responsive, let writing back begin earlier, here after a second of what the device takes: ${change(
      `sysctl -w vm.dirty_background_bytes=${to}`,
      'from how much on dirty pages are written back, on the whole machine, until it is set again or the machine restarts',
      `\`sysctl -w ${was}\``,
    )}.`,
  ];
}

export const cause = defineCause({
  id: 'mem.dirty-backpressure',
  layer: 'page cache',
  rank: 'verdict',
  proof: 'dirty',
  waits: ['dirty-throttle'],
  needs: ['victim'],
  judge(m) {
    const throttled = findThrottled(m);
    if ('kind' in throttled) return throttled;
    const { share, busy, times } = throttled;
    if (busy < DEVICE_JUDGING.hadRoom) {
      return ruledOut(`the device idled for ${percent(1 - busy)} of the time in which the writer was paused`);
    }
    const others = m.neighbours?.others ?? [];
    const foreign = others
      .filter(({ origin }) => !NOBODYS.has(origin.via))
      .reduce((sum, other) => sum + other.share, 0);
    if (foreign > BACKPRESSURE.mostForeign)
      return ruledOut(`${percent(foreign)} of what ${diskName(m)} served belonged to others`);
    const confidence =
      ramp(busy, { from: DEVICE_JUDGING.hadRoom, ...BACKPRESSURE.sure }) * FIDELITY[m.account.source].ofDevice;
    // That the device is slow as well is told beside it: it is the throttle that the writer sleeps in.
    return holds({ share, confidence, before: ['dev.slow', 'dev.capped'], lost: times }, throttled);
  },
  tell(throttled, m) {
    const { account, throttle } = m;
    const served = judgeDevice(m);
    const drained = served ? served.bytes / ((account.to - account.from) / 1000) : NaN;
    return {
      sentence: `The writer fills the page cache faster than ${diskName(m)} drains it${Number.isFinite(drained) ? ` (${rate(drained)})` : ''}: the kernel paused it for ${percent(throttled.share)} of its time while the device was busy ${percent(throttled.busy)} of it.`,
      yardstick: {
        measure: `${diskName(m)} takes`,
        value: Number.isFinite(drained) ? said`${flow(drained)}` : 'less than is written',
        against: `busy ${percent(throttled.busy)} of the pauses`,
      },
      culprit: { kind: 'device', name: diskName(m) },
      evidence: [
        ...throttleEvidence(throttled, m, 'the device had work all along: it sets the pace'),
        ...(throttle && throttle.pauses > 0
          ? [
              {
                measure: 'dirty against the limit',
                value: said`${memory(throttle.dirtyBytes)} of ${memory(throttle.limitBytes)}`,
                meaning: 'the cache is full of what the device has not taken yet',
                source: 'writeback:balance_dirty_pages',
              },
            ]
          : []),
      ],
      advice: ['Write less or to a faster device: the writer gets what the device can give.', ...earlier(m, drained)],
    };
  },
});
