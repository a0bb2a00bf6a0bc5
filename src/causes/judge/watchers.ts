// Programs that watch what others do, and have them wait: a virus scanner that is asked by fanotify before a file is opened or read, and the audit daemon,
// which has to read what calls are recorded before there is room for more. Who gives leave is told by who wakes the victim; for room in the audit's queue
// a thread of the kernel does. Source: fanotify(7) (FAN_OPEN_PERM, FAN_ACCESS_PERM); fs/notify/fanotify/fanotify.c; kernel/audit.c (audit_log_start).

import { longestBelow } from '../../analysis/victim/calls.js';
import { wakersOf, type Waker } from '../../analysis/victim/wakers.js';
import { timesIn } from '../../analysis/measures.js';
import { percent } from '../../base/format.js';
import { intersect, type Intervals, total } from '../../base/intervals.js';
import type { Advice } from '../../model/diagnosis.js';
import { part, said, time } from '../../model/quantity.js';
import { JUDGING } from '../../model/thresholds/judging.js';
import { holds, type Argument, type Judgement, type Told } from '../cause.js';
import { advise, change, look } from './advice.js';
import { FIDELITY } from './fidelity.js';
import { sureOfState } from './judgements.js';
import type { Given } from './needs.js';

const WATCHERS = [
  { way: 'leave', functions: /^fanotify_(handle_event|get_response)/ },
  { way: 'audit', functions: /^audit_log_start/ },
] as const;

export interface WatcherFigures {
  readonly watcher: (typeof WATCHERS)[number]['way'];
  readonly share: number;
  readonly lost: Intervals;
  /** Undefined where counters alone tell of the waits, or none was ended by a program. */
  readonly program: Waker | undefined;
}

/** Undefined where the victim waited for no such program for a noticeable time. */
export function judgeWatcher(m: Given<'victim'>): Judgement<WatcherFigures> | undefined {
  const { account, input } = m;
  const most = longestBelow(account, input.events, timesIn(account, ['server']), WATCHERS);
  const share = most ? total(most.times) / (account.to - account.from) : 0;
  if (!most || share < JUDGING.noticeable) return undefined;
  const lost = most.times;
  const program = wakersOf(account, input, ['server']).find(
    ({ own, waits }) => !own && total(intersect(waits, lost)) > 0,
  );
  return holds({ share, confidence: sureOfState(m, share), lost }, { watcher: most.kind.way, lost, share, program });
}

export function tellWatcher(figures: WatcherFigures, m: Given<'victim'>): Told {
  const { watcher, share, lost, program } = figures;
  const who = program && `${program.name} (${program.pid})`;
  const isLeave = watcher === 'leave';
  const measure = isLeave ? 'waiting for leave to open or read a file' : 'waiting for room in the audit’s queue';
  return {
    sentence: isLeave
      ? `The victim waits for leave to open or read files for ${percent(share)} of its time, which ${who ?? 'a program that watches them (a virus scanner, say)'} gives (fanotify): no disk is to blame.`
      : `The victim’s calls are recorded for the audit, whose queue is full, because the audit daemon does not read it fast enough: it waited for room ${percent(share)} of its time. No disk of its own is to blame.`,
    yardstick: {
      measure: isLeave ? 'waiting for leave' : 'waiting for the audit',
      value: said`${part(share)} of its time`,
      against: who ? `${who} answers` : isLeave ? 'who gives it was not recorded' : 'the audit daemon makes room',
    },
    culprit: program ? { kind: 'process', name: program.name, pid: program.pid } : null,
    ...decider(figures),
    evidence: [
      {
        measure,
        value: said`${time(total(lost))} (${part(share)})`,
        meaning: isLeave ? 'asleep until a program that watches files had answered' : 'asleep in audit_log_start',
        source: FIDELITY[m.account.source].waits,
      },
      ...answers(figures),
    ],
    advice: adviceOn(figures),
  };
}

/** Which programs are asked for leave. */
const ASKED = look("grep -l '^fanotify' /proc/[0-9]*/fdinfo/*");
/** How full the audit's queue is, and for how long calls wait for it. */
const QUEUE = look('auditctl -s');

function decider({ watcher, program }: WatcherFigures): Pick<Told, 'decidedBy'> {
  if (program) return { decidedBy: advise`what that one waits for: ${look(`iowitness record --pid ${program.pid}`)}` };
  return {
    decidedBy: watcher === 'leave' ? advise`who watches files: ${ASKED}` : advise`how full the queue is: ${QUEUE}`,
  };
}

function answers({ program, lost }: WatcherFigures): Argument[] {
  if (!program) return [];
  const ended = program.waits.filter((wait) => total(intersect([wait], lost)) > 0);
  const ms = total(ended);
  return [
    {
      measure: 'who answered',
      value: said`${program.name} (${String(program.pid)}), after ${time(ms)}`,
      meaning: `${ended.length === 1 ? 'once' : `${ended.length} times`}, ${String(time(ms / ended.length))} each`,
      source: 'sched:sched_waking',
    },
  ];
}

function adviceOn({ watcher, program }: WatcherFigures): Advice[] {
  if (watcher === 'leave')
    return [
      advise`See which programs are asked: ${ASKED}. Let ${program?.name ?? 'the one that answers slowly'} leave out this volume or this program, or ask it for events without leave (FAN_CLASS_NOTIF).`,
    ];
  const goOn = change(
    'auditctl --backlog_wait_time 0',
    'calls wait for the audit no more, and what finds no room is not recorded',
    'set what `auditctl -s` showed as backlog_wait_time',
  );
  return [
    advise`See how full it is: ${QUEUE}. Look at the audit daemon: whether it runs, and whether the disk that it writes its log to is slow.`,
    advise`Where calls must go on: ${goOn}; a larger backlog (auditctl -b) helps over bursts, and fewer rules (auditctl -l) for good.`,
  ];
}
