// How a wait for another program is told: who is awaited, whose filesystem it answers for, what it did or what kept it meanwhile, and what to do about it.

import { factsOf } from '../../analysis/machine/processes.js';
import type { ChainEnd } from '../../analysis/victim/chains.js';
import type { Sender } from '../../analysis/victim/stops.js';
import type { Waker } from '../../analysis/victim/wakers.js';
import { percent } from '../../base/format.js';
import { type Intervals, total, union } from '../../base/intervals.js';
import { asksServer } from '../../base/procfs/mountinfo.js';
import type { Advice } from '../../model/diagnosis.js';
import type { Mount } from '../../model/facts.js';
import { part, said, time } from '../../model/quantity.js';
import { SERVER } from '../../model/thresholds/application.js';
import type { Argument, Told } from '../cause.js';
import { advise, change, look } from './advice.js';
import { chainAdvice, chainArguments, chainText, isHeld, throughText } from './chains.js';
import { FIDELITY } from './fidelity.js';
import type { Given } from './needs.js';

export interface AwaitedFigures {
  /** Whose filesystem it is, or the program that it waits for. */
  readonly way: 'filesystem' | 'program';
  readonly share: number;
  readonly lost: Intervals;
  /** Undefined where it is on another machine, or never answered; `ms` are the waits that it ended. */
  readonly server: Pick<Waker, 'name' | 'pid' | 'ms'> | undefined;
  /** The part of those waits in which the server had I/O of its own under way; NaN where that was not recorded. */
  readonly inIo: number;
  /** When that program was stopped meanwhile, and by whom; absent where it was not, for long. */
  readonly stopped?: { readonly share: number; readonly by: Sender | undefined };
  /** Where it was found at the end of a chain of waits: what kept it from its work, and who stands between. */
  readonly chain?: ChainEnd;
  /** True where a program is stopped that has the other end of something of the victim's, and whether that waits for it is not known. */
  readonly perhaps?: true;
}

/** The filesystems that the victim may wait for: those of what it has open, or else of where it stands or what it names, or else the only one of that kind. */
function mountsOf({ input, account, topology }: Given<'victim'>): Mount[] {
  const served = input.facts.at(0)?.mounts.filter(asksServer) ?? [];
  const own = factsOf(input, account.pid);
  const on = (paths: readonly string[]) => {
    const used = new Set(paths.map((path) => topology.mountPointOf(path)));
    return served.filter(({ mountPoint }) => used.has(mountPoint));
  };
  const open = on(own.flatMap(({ openFiles = [] }) => openFiles));
  const named =
    open.length > 0
      ? open
      : on(own.flatMap(({ folder = '', command }) => [folder, ...(command.match(/\/\S+/g) ?? [])]));
  return named.length > 0 ? named : served.length === 1 ? served : [];
}

function mountText({ mountPoint, type }: Mount): string {
  return `${mountPoint} (${type})`;
}

/** True for a filesystem of another machine's kind whose server is on this one: what holds that up is to be found here. */
function isLoopback({ source, options }: Mount): boolean {
  return /^(127\.|\[?::1\]?:|localhost:)/.test(source) || /(^|,)addr=(127\.|::1(,|$))/.test(options);
}

function evidence(
  { way, lost, share, server, inIo, stopped, chain }: AwaitedFigures,
  { account }: Given<'victim'>,
): Argument[] {
  return [
    {
      measure:
        way === 'filesystem'
          ? 'waiting for the filesystem’s server'
          : `waiting while the other ${stopped ? 'was stopped' : chain && isHeld(chain.doing) ? 'stood still' : 'had I/O'}`,
      value: said`${time(total(union(lost)))} (${part(share)})`,
      meaning:
        way === 'filesystem'
          ? 'asleep until it answered'
          : `asleep at a socket or pipe${stopped || chain ? '' : ' until it answered'}`,
      source: FIDELITY[account.source].waits,
    },
    ...(chain ? chainArguments(chain) : []),
    ...(stopped && !stopped.by && !chain
      ? [
          {
            measure: 'who is stopped',
            value: server ? `${server.name} (${server.pid})` : 'unknown',
            meaning: 'seen in state T; who stopped it, or when before that was seen, is not known',
            source: '/proc/PID/stat, /proc/PID/fd',
          },
        ]
      : []),
    ...(server && server.ms > 0 && !chain
      ? [
          {
            measure: 'who answered',
            value: said`${server.name} (${String(server.pid)}), after ${time(server.ms)}`,
            meaning: Number.isNaN(inIo)
              ? 'what it did meanwhile was not recorded'
              : `it had I/O of its own under way for ${percent(inIo)} of that`,
            source: 'sched:sched_waking, block:block_bio_queue',
          },
        ]
      : []),
  ];
}

function senderText({ signal, name, pid }: Sender): string {
  return `${signal} from ${name} (${pid})`;
}

function adviceOn(server: AwaitedFigures['server'], isStopped: boolean): Advice {
  if (!server)
    return advise`Look at the server and the way to it: its load, its disks, the network (${look('nfsstat -c')}, ${look('nfsiostat')}, ${look('ss -ti')}).`;
  const { pid } = server;
  return isStopped
    ? advise`Let it go on: ${change(`kill -CONT ${pid}`, `process ${pid} runs on`, `\`kill -STOP ${pid}\``)}, after asking who stopped it (a debugger, job control, a supervisor).`
    : advise`Record the one that answers: ${look(`iowitness record --for 60s --pid ${pid}`)}.`;
}

export function tellAwaited(figures: AwaitedFigures, m: Given<'victim'>): Told {
  const { way, share, server, inIo, stopped, chain } = figures;
  const who = server && `${server.name} (${server.pid})`;
  const mounts = way === 'filesystem' ? mountsOf(m) : [];
  const names = [...new Set(mounts.map(mountText))];
  const where = names.length > 0 ? ` of ${names.join(', ')}` : '';
  const answers = mounts.some(isLoopback)
    ? 'it is on this machine, so that what holds it up is here as well'
    : 'a program answers there, and no disk of this machine’s';
  const meanwhile =
    chain && isHeld(chain.doing) && !stopped
      ? `, which ${chainText(chain)}`
      : stopped
        ? `, which was stopped${stopped.by ? ` (${senderText(stopped.by)})` : ''} for ${percent(stopped.share)} of that`
        : inIo >= SERVER.leastInIo
          ? `, which had I/O of its own to wait for during ${percent(inIo)} of that`
          : '';
  return {
    sentence:
      way === 'filesystem'
        ? `The victim waits for the server${where}${who ? `, ${who}` : ''}, for ${percent(share)} of its time${meanwhile}: ${answers}.`
        : figures.perhaps
          ? `The victim was idle for ${percent(share)} of its time while ${who ?? 'a program'} was stopped${stopped?.by ? ` (${senderText(stopped.by)})` : ''}, which has, or may have, the other end of a pipe or socket of its: it may wait for that.`
          : `The victim waits at a socket or pipe for ${who ?? 'another program'} on this machine${throughText(chain)}${meanwhile}: ${percent(share)} of its time in all.`,
    yardstick: {
      measure: 'waiting for an answer',
      value: said`${part(share)} of its time`,
      against: who ? `${who} gives it` : 'who gives it was not recorded',
    },
    culprit: server
      ? { kind: 'process', name: server.name, pid: server.pid }
      : names[0] !== undefined
        ? { kind: 'filesystem', name: names[0] }
        : null,
    decidedBy: figures.perhaps
      ? advise`whether the victim goes on when process ${String(server?.pid)} does, and what it waits for: ${look(`ls -l /proc/${m.account.pid}/fd`)}, ${look(`ss -xp`)}`
      : server
        ? advise`what that one waits for: ${look(`iowitness record --pid ${server.pid}`)}`
        : 'the server’s own load and disks, and the network between',
    evidence: evidence(figures, m),
    advice: [(chain && chainAdvice(chain)) ?? adviceOn(server, stopped !== undefined)],
  };
}
