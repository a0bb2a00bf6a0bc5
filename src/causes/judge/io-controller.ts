// The cgroup controllers that keep I/O back by what they believe of a device, or for others' sake, and not by a limit that somebody set on a rate:
// io.cost and io.latency. The functions that the victim slept in tell them. They act above the scheduler, which is not to blame then.
// Source: block/blk-iocost.c, block/blk-iolatency.c; Documentation/admin-guide/cgroup-v2.rst (io.cost.qos, io.cost.model, io.latency).

import { longestBelow, timesBelow } from '../../analysis/victim/calls.js';
import { timesIn } from '../../analysis/measures.js';
import { type Intervals, total } from '../../base/intervals.js';
import { percent } from '../../base/format.js';
import type { Advice } from '../../model/diagnosis.js';
import { part, said, time } from '../../model/quantity.js';
import { SCHEDULER } from '../../model/thresholds/block.js';
import { DEVICE_JUDGING, JUDGING } from '../../model/thresholds/judging.js';
import { holds, ruledOut, type Judgement, type Told } from '../cause.js';
import { advise, change, look } from './advice.js';
import { FIDELITY } from './fidelity.js';
import { diskName, utilisation } from './judgements.js';
import type { Given } from './needs.js';

type Victim = Given<'victim' | 'disk'>;

const CONTROLLERS = [
  { name: 'io.cost', functions: /^(ioc_rqos_throttle|iocg_wait)/ },
  { name: 'io.latency', functions: /^_{0,2}blkcg_iolatency_throttle/ },
] as const;

export interface ControllerFigures {
  readonly controller: (typeof CONTROLLERS)[number]['name'];
  readonly share: number;
  readonly held: Intervals;
  /** The share of that in which the device worked; NaN where that is not known. */
  readonly busy: number;
}

/** When a controller kept the victim's I/O back. */
export function controlledTimes({ account, input }: Given<'victim'>): Intervals {
  return timesBelow(account, input.events, new RegExp(CONTROLLERS.map(({ functions }) => functions.source).join('|')));
}

/** The controller that kept the victim for longest; undefined where none did for a noticeable time. */
export function judgeController(m: Victim): Judgement<ControllerFigures> | undefined {
  const { account, input } = m;
  const most = longestBelow(account, input.events, timesIn(account, ['block-queue']), CONTROLLERS);
  const share = most ? total(most.times) / (account.to - account.from) : 0;
  if (!most || share < JUDGING.noticeable) return undefined;
  const { kind, times: held } = most;
  const busy = utilisation(m, held);
  if (busy >= DEVICE_JUDGING.hadRoom)
    return ruledOut(
      `${kind.name} kept its I/O back for ${percent(share)} of its time, while ${diskName(m)} was busy ${percent(busy)} of that: it had no room`,
    );
  const confidence = SCHEDULER.sureOfThrottle * FIDELITY[account.source].ofDevice;
  return holds({ share, confidence, lost: held }, { controller: kind.name, held, share, busy });
}

function adviceOn({ controller }: ControllerFigures, m: Victim): Advice[] {
  const root = '/sys/fs/cgroup';
  if (controller === 'io.latency')
    return [
      advise`See whose target it is, which makes the others wait: ${look(`grep . ${root}/*/io.latency`)}, and raise that one.`,
    ];
  const turn = (to: number) => `echo '${m.disk} enable=${to}' > ${root}/io.cost.qos`;
  return [
    advise`See what it believes of the device, and how far it may slow it down (min, max): ${look(`grep . ${root}/io.cost.model ${root}/io.cost.qos`)}. The model is right where fio gets the same.`,
    advise`Or do without it: ${change(turn(0), `whether io.cost shares ${diskName(m)} out among cgroups`, `\`${turn(1)}\``)}.`,
  ];
}

export function tellController(figures: ControllerFigures, m: Victim): Told {
  const { controller, share, held, busy } = figures;
  const { source } = m.account;
  const isBusyKnown = !Number.isNaN(busy);
  const file = controller === 'io.cost' ? '/sys/fs/cgroup/io.cost.qos' : 'io.latency';
  const why =
    controller === 'io.cost'
      ? 'by what it believes that the device can do, and by weight'
      : 'so that another cgroup has its latency';
  return {
    sentence: `The cgroup controller ${controller} kept the victim’s I/O on ${diskName(m)} back for ${percent(share)} of its time, ${why}${isBusyKnown ? `, while the device idled for ${percent(1 - busy)} of that` : ''}.`,
    yardstick: {
      measure: `kept back by ${controller}`,
      value: said`${part(share)} of its time`,
      against: isBusyKnown
        ? `the device was busy for ${percent(busy)} of that`
        : 'whether the device was busy was not recorded',
    },
    culprit: { kind: 'setting', name: `${controller} of ${diskName(m)}`, file },
    evidence: [
      {
        measure: `kept back by ${controller}`,
        value: said`${time(total(held))} (${part(share)})`,
        meaning: 'asleep in the controller’s own function, before the request was made',
        source: FIDELITY[source].waits,
      },
      ...(isBusyKnown
        ? [
            {
              measure: `${diskName(m)} meanwhile`,
              value: said`busy ${part(busy)}`,
              meaning: 'it could have taken more',
              source: m.load ? 'block events' : '/proc/diskstats',
            },
          ]
        : []),
    ],
    advice: adviceOn(figures, m),
  };
}
