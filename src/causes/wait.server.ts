// The process waits for another program to answer: the server of a filesystem (FUSE on this machine, NFS and the like on another), one that watches
// what it does (judge/watchers.ts), or a program behind a socket or a pipe that had I/O of its own to wait for meanwhile. Whom a process on this machine waits for is told by who
// wakes it. A peer that had nothing to do with a disk is no stall of this machine's disks: see app.idle.

import { intersect, type Intervals, NO_INTERVALS, total, union } from '../base/intervals.js';
import { normOf, shareOf, timesIn } from '../analysis/measures.js';
import { loadOf } from '../analysis/requests/disk-load.js';
import { slowTimes } from '../analysis/requests/slowness.js';
import type { Requests } from '../analysis/requests/requests.js';
import { factsOf, processesOf } from '../analysis/machine/processes.js';
import { chainEndsOf, type ChainEnd } from '../analysis/victim/chains.js';
import { lastStopper, stoppedPeerOf, stoppedTimes, type Sender, type StoppedPeer } from '../analysis/victim/stops.js';
import { ioWithin, wakersOf, type Asked, type Waker } from '../analysis/victim/wakers.js';
import { percent } from '../base/format.js';
import { asksProgram, asksServer } from '../base/procfs/mountinfo.js';
import type { Advice } from '../model/diagnosis.js';
import type { Mount } from '../model/facts.js';
import { part, said, time } from '../model/quantity.js';
import { SERVER } from '../model/thresholds/application.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { advise, change, look } from './judge/advice.js';
import { chainAdvice, chainArguments, chainText, isHeld, throughText } from './judge/chains.js';
import { FIDELITY } from './judge/fidelity.js';
import type { Given } from './judge/needs.js';
import { judgeWatcher, tellWatcher, type WatcherFigures } from './judge/watchers.js';
import { sureOfState } from './judge/judgements.js';
import { defineCause, holds, ramp, ruledOut, type Argument, type Judgement, type Told } from './cause.js';

interface WaitFigures {
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

/** Who stopped the server last. */
function stopperOf({ input }: Given<'victim'>, { pids }: Waker): Sender | undefined {
  const processes = processesOf(input);
  return lastStopper(input, (thread) => pids.includes(processes.of(thread)));
}

/** Whether the server was stopped for a noticeable part of these waits for it. */
function stopOf(m: Given<'victim'>, server: Waker, lost: Intervals): Pick<WaitFigures, 'stopped'> {
  const share = total(intersect(lost, stoppedTimes(m.input, server.pids))) / total(lost);
  return share >= JUDGING.noticeable ? { stopped: { share, by: stopperOf(m, server) } } : {};
}

function inIoOf(m: Given<'victim'>, server: Waker): number {
  return m.requests && server.ms > 0 ? total(ioWithin(server, m.input, m.requests)) / server.ms : NaN;
}

/** The program that answers for a filesystem, where one of this machine's can: what comes from elsewhere wakes the victim from whatever runs there. */
function fileServer({ account, input }: Given<'victim'>): Waker | undefined {
  const mounts = input.facts.at(0)?.mounts;
  if (mounts && !mounts.some(asksProgram)) return undefined;
  return wakersOf(account, input, ['server', 'block-device']).find(
    ({ own, waits }) => !own && waits.some(({ state }) => state === 'server'),
  );
}

function ofFilesystem(m: Given<'victim'>, share: number): Judgement<WaitFigures> {
  const lost = timesIn(m.account, ['server']);
  const server = fileServer(m);
  const confidence = sureOfState(m, share);
  const inIo = server ? inIoOf(m, server) : NaN;
  const stopped = server && stopOf(m, server, lost);
  return holds({ share, confidence, lost }, { way: 'filesystem', share, lost, server, inIo, ...stopped });
}

/** A process that was seen to be stopped, while the victim waited at what it has the other end of, or may have. */
function ofStopped(m: Given<'victim'>, { name, pid, times, certain }: StoppedPeer): Judgement<WaitFigures> {
  const { account, input } = m;
  const share = total(times) / (account.to - account.from);
  const by = lastStopper(input, (thread) => processesOf(input).of(thread) === pid);
  return holds(
    { share, confidence: certain ? sureOfState(m, share) : SERVER.perhapsStopped, lost: times },
    {
      way: 'program',
      share,
      lost: times,
      server: { name, pid, ms: 0 },
      inIo: NaN,
      stopped: { share: 1, by },
      ...(!certain && { perhaps: true }),
    },
  );
}

/** Who stands still at the end of a chain of waits that begins with the victim, or waits there for a slow disk. */
function ofChain(m: Given<'victim'>): Judgement<WaitFigures> | undefined {
  const { account, input } = m;
  const wall = account.to - account.from;
  const noticed = chainEndsOf(account, input).filter(({ times }) => total(times) >= JUDGING.noticeable * wall);
  const chain = noticed.find(({ doing }) => isHeld(doing));
  if (!chain) {
    const working = noticed.find(({ doing }) => doing === 'else');
    const { name = '', pid = 0, times = NO_INTERVALS } = working ?? {};
    const judged = working && ofIo(m, { name, pid, pids: [pid], ms: total(times), waits: [...times] }, working);
    return judged?.kind === 'holds' ? judged : undefined;
  }
  const { name, pid, doing, times: lost } = chain;
  const share = total(lost) / wall;
  const by = lastStopper(input, (thread) => processesOf(input).of(thread) === pid);
  return holds(
    { share, confidence: sureOfState(m, share), lost },
    {
      way: 'program',
      share,
      lost,
      server: { name, pid, ms: 0 },
      inIo: NaN,
      chain,
      ...(doing === 'stopped' && { stopped: { share: 1, by } }),
    },
  );
}

/** When a disk on which a program had requests took longer than an ordinary one may. */
function slowDisksOf({ account, topology }: Given<'victim'>, requests: Requests, { pids }: Asked): Intervals {
  const asked = new Set<number>();
  for (let row = 0; row < requests.length; row += 1)
    if (pids.includes(requests.pid[row] ?? 0)) asked.add(requests.disk[row] ?? 0);
  return union(
    [...asked].flatMap((index) => [
      ...slowTimes(loadOf(requests, index), requests, normOf(topology, requests.disks[index]), account),
    ]),
  );
}

/** A program behind a socket or pipe: one that is stopped, one that has I/O, and only then one of which it is not known whether the victim waits for it. */
function ofProgram(m: Given<'victim'>): Judgement<WaitFigures> {
  const { account, input } = m;
  const seen = stoppedPeerOf(account, input);
  const peer = seen && total(seen.times) >= JUDGING.noticeable * (account.to - account.from) ? seen : undefined;
  if (peer?.certain) return ofStopped(m, peer);
  const judged = ofChain(m) ?? ofWaker(m);
  return peer && judged.kind !== 'holds' ? ofStopped(m, peer) : judged;
}

/** The program that woke the victim from most of its waits. */
function ofWaker(m: Given<'victim'>): Judgement<WaitFigures> {
  const { account, input } = m;
  // The workers of one service wake each other: what one of those waits for is the service's own time, and is told of that one.
  const watched = new Set(input.victims.map(({ pid }) => pid));
  const isServer = ({ own, name, pids }: Waker) =>
    !own && name !== account.name && !pids.some((pid) => watched.has(pid));
  const [first] = wakersOf(account, input, ['pipe-socket']);
  const server = first && isServer(first) ? first : undefined;
  const held = server ? intersect(timesIn(account, ['pipe-socket']), stoppedTimes(input, server.pids)) : NO_INTERVALS;
  const heldShare = total(held) / (account.to - account.from);
  // It does not answer while it is stopped, so that no wake tells these waits: who woke the victim before is whom it waits for.
  if (server && heldShare >= JUDGING.noticeable)
    return holds(
      { share: heldShare, confidence: sureOfState(m, heldShare), lost: held },
      {
        way: 'program',
        share: heldShare,
        lost: held,
        server,
        inIo: NaN,
        stopped: { share: 1, by: stopperOf(m, server) },
      },
    );
  return (
    (server && ofIo(m, server)) ??
    ruledOut('no filesystem’s server and no program that had I/O of its own kept it waiting')
  );
}

/** A program that had I/O of its own while it was waited for; undefined where requests were not recorded. */
function ofIo(
  m: Given<'victim'>,
  server: Asked & Pick<Waker, 'name' | 'pid' | 'ms'>,
  chain?: ChainEnd,
): Judgement<WaitFigures> | undefined {
  const { account, input, requests } = m;
  if (!requests) return undefined;
  const lost = ioWithin(server, input, requests);
  const share = total(lost) / (account.to - account.from);
  const inIo = total(lost) / server.ms;
  const figures = `it waited for ${server.name} (${server.pid}) at a socket or pipe for ${percent(server.ms / (account.to - account.from))} of its time, and that had I/O of its own for ${percent(inIo)} of it`;
  if (share < JUDGING.noticeable || inIo < SERVER.leastInIo) return ruledOut(figures);
  // Disks that answer as they should are the price of an answer, and no stall.
  const slowly = total(intersect(lost, slowDisksOf(m, requests, server))) / total(lost);
  if (slowly < SERVER.leastSlow) return ruledOut(`${figures}, of which ${percent(slowly)} while its disk was slow`);
  return holds(
    { share, confidence: ramp(inIo, { from: SERVER.leastInIo, ...SERVER.sureByIo }), lost },
    { way: 'program', share, lost, server, inIo, ...(chain && { chain }) },
  );
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
  { way, lost, share, server, inIo, stopped, chain }: WaitFigures,
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

function adviceOn(server: WaitFigures['server'], isStopped: boolean): Advice {
  if (!server)
    return advise`Look at the server and the way to it: its load, its disks, the network (${look('nfsstat -c')}, ${look('nfsiostat')}, ${look('ss -ti')}).`;
  const { pid } = server;
  return isStopped
    ? advise`Let it go on: ${change(`kill -CONT ${pid}`, `process ${pid} runs on`, `\`kill -STOP ${pid}\``)}, after asking who stopped it (a debugger, job control, a supervisor).`
    : advise`Record the one that answers: ${look(`iowitness record --for 60s --pid ${pid}`)}.`;
}

function tellWait(figures: WaitFigures, m: Given<'victim'>): Told {
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

export const cause = defineCause({
  id: 'wait.server',
  layer: 'application',
  rank: 'verdict',
  proof: 'time',
  waits: ['server', 'pipe-socket'],
  needs: ['victim'],
  judge(m): Judgement<WaitFigures | WatcherFigures> {
    const watcher = judgeWatcher(m);
    if (watcher) return watcher;
    const share = shareOf(m.account, ['server']);
    return share >= JUDGING.noticeable ? ofFilesystem(m, share) : ofProgram(m);
  },
  tell: (figures, m) => ('watcher' in figures ? tellWatcher(figures, m) : tellWait(figures, m)),
});
