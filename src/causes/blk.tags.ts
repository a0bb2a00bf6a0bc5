// Too few requests may be in flight on the queue: the victim sleeps until one of them comes back, before its own can even be sent.
// Source: Documentation/ABI/stable/sysfs-block (nr_requests); block/blk-mq-tag.c.

import { TAG_WAITS, timesBelow } from '../analysis/victim/calls.js';
import { intersect, total } from '../base/intervals.js';
import type { Measures } from '../analysis/measures.js';
import { tagWaits } from '../analysis/requests/tags.js';
import { percent } from '../base/format.js';
import { number, part, said, time, type Said } from '../model/quantity.js';
import { TAGS } from '../model/thresholds/block.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { advise, write } from './judge/advice.js';
import { FIDELITY } from './judge/fidelity.js';
import type { Given } from './judge/needs.js';
import { diskName, queueSetting } from './judge/judgements.js';
import { defineCause, holds, notChecked, ramp, ruledOut, type Judgement, type Told } from './cause.js';

/** What a queue has unless it is set: the kernel's default without a scheduler (BLKDEV_DEFAULT_RQ). */
const ORDINARY_REQUESTS = '128';

type Victim = Given<'victim' | 'disk'>;

/** By the sleeps in which it waited for a free request, and the setting. */
interface Slept {
  readonly way: 'slept';
  readonly waited: Said;
  readonly share: number;
  readonly setting: { readonly value: string; readonly file: string };
}

/** By bios without a request while as many are in use as ever were: a block trace. */
interface Traced {
  readonly way: 'traced';
  readonly waited: Said;
  readonly share: number;
  /** The most that were in use, and the share of the waiting in which all of them were. */
  readonly most: number;
  readonly full: number;
}

function judgeTrace({ account, input, topology, disk }: Victim): Judgement<Traced> {
  const measured = input.events && tagWaits(input.events, topology, disk, new Set([account.thread]));
  if (!measured) return notChecked('the trace does not hold when a bio got its request (G)');
  const { most, waits, whileFull } = measured;
  const lost = intersect(whileFull, [account]);
  const share = total(lost) / (account.to - account.from);
  const full = total(whileFull) / total(waits);
  if (share < JUDGING.noticeable || !(full >= TAGS.leastFull) || most >= TAGS.enough)
    return ruledOut(`its bios waited for a request for ${percent(share)} of its time, with ${most} in use at most`);
  const confidence =
    ramp(most, { ...TAGS.sureFromTrace, to: TAGS.enough }) * ramp(full, { from: TAGS.leastFull, ...TAGS.full });
  const waited = said`${time(total(lost))} (${part(share)})`;
  return holds({ share, confidence, lost }, { way: 'traced', waited, share, most, full });
}

function tellTraced({ waited, share, most, full }: Traced, m: Measures): Told {
  return {
    sentence: `${diskName(m)}’s queue takes only ${most} requests: the victim’s bios waited for a free one for ${percent(share)} of its time.`,
    limit: number(most),
    yardstick: {
      measure: 'requests at once',
      value: said`${number(most)} at most`,
      against: `an ordinary queue takes ${ORDINARY_REQUESTS}`,
    },
    culprit: { kind: 'setting', name: `the number of requests of ${diskName(m)}` },
    evidence: [
      {
        measure: 'waiting for a free request',
        value: waited,
        meaning: 'queued (Q), and no request for it yet (G)',
        source: 'block:block_bio_queue → block:block_getrq',
      },
      {
        measure: 'requests in use',
        value: said`${number(most)} at most`,
        meaning: `all of them were in use when ${percent(full)} of that waiting began`,
        source: 'block:block_getrq → block:block_rq_complete',
      },
    ],
    advice: [
      'Look at /sys/block/DEV/queue/nr_requests and raise it; where the device itself takes no more, spread the load over several.',
    ],
  };
}

function judgeSleeps(m: Victim): Judgement<Slept> {
  const { account } = m;
  const lost = timesBelow(account, m.input.events, TAG_WAITS);
  const share = total(lost) / (account.to - account.from);
  const waits = `it waited for a free request of the queue for ${percent(share)} of its time`;
  if (share < JUDGING.noticeable) return ruledOut(waits);
  const setting = queueSetting(m, 'nr_requests');
  const requests = Number(setting?.value);
  if (!setting || Number.isNaN(requests)) return notChecked(`${waits}, and how many it has was not recorded`);
  if (requests >= TAGS.enough)
    return ruledOut(
      `it waited ${percent(share)} of its time for a free request, but ${diskName(m)}’s queue takes ${setting.value} of them: it is the load that fills it`,
    );
  const confidence = ramp(requests, { ...TAGS.sure, to: TAGS.enough }) * FIDELITY[account.source].ofStates;
  const waited = said`${time(total(lost))} (${part(share)})`;
  return holds({ share, confidence, lost }, { way: 'slept', waited, share, setting });
}

function tellSlept({ waited, share, setting }: Slept, m: Victim): Told {
  const name = diskName(m);
  const changes = `the number of requests of ${name}, until it is set again or the machine restarts`;
  const raise = write(ORDINARY_REQUESTS, setting.file, changes, setting.value);
  return {
    sentence: `${name}’s queue has only ${setting.value} requests: the victim waited ${percent(share)} of its time for a free one.`,
    limit: number(Number(setting.value)),
    yardstick: {
      measure: 'requests at once',
      value: said`${number(Number(setting.value))} at most`,
      against: `an ordinary queue takes ${ORDINARY_REQUESTS}`,
    },
    culprit: { kind: 'setting', name: `nr_requests=${setting.value} of ${name}`, file: setting.file },
    evidence: [
      {
        measure: 'waiting for a free request',
        value: waited,
        meaning: 'asleep in blk_mq_get_tag, before the request could be queued',
        source: FIDELITY[m.account.source].waits,
      },
      {
        measure: 'requests of the queue',
        value: said`${number(Number(setting.value))}`,
        meaning: 'no more than these can be in flight, whatever the device could take',
        source: setting.file,
      },
    ],
    advice: [advise`Raise it: ${raise}; where the device itself takes no more, spread the load over several.`],
  };
}

export const cause = defineCause({
  id: 'blk.tags',
  layer: 'block',
  rank: 'verdict',
  proof: 'depth',
  waits: ['block-queue'],
  needs: ['victim', 'disk'],
  fromRequests: true,
  judge: (m): Judgement<Slept | Traced> => (m.account.source === 'requests' ? judgeTrace(m) : judgeSleeps(m)),
  tell: (figures, m) => (figures.way === 'traced' ? tellTraced(figures, m) : tellSlept(figures, m)),
});
