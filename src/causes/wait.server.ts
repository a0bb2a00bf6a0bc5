// The process waits for another program to answer: the server of a filesystem (FUSE on this machine, NFS and the like on another), one that watches
// what it does (judge/watchers.ts), or a program behind a socket or a pipe that had I/O of its own to wait for meanwhile. Whom a process on this machine waits for is told by who
// wakes it. A peer that had nothing to do with a disk is no stall of this machine's disks: see app.idle.

import { intersect, type Intervals, NO_INTERVALS, total, union } from '../base/intervals.js';
import { normOf, shareOf, timesIn } from '../analysis/measures.js';
import { loadOf } from '../analysis/requests/disk-load.js';
import { slowTimes } from '../analysis/requests/slowness.js';
import type { Requests } from '../analysis/requests/requests.js';
import { processesOf } from '../analysis/machine/processes.js';
import { chainEndsOf, type ChainEnd } from '../analysis/victim/chains.js';
import { lastStopper, stoppedPeerOf, stoppedTimes, type Sender, type StoppedPeer } from '../analysis/victim/stops.js';
import { ioWithin, wakersOf, type Asked, type Waker } from '../analysis/victim/wakers.js';
import { percent } from '../base/format.js';
import { asksProgram } from '../base/procfs/mountinfo.js';
import { SERVER } from '../model/thresholds/application.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { tellAwaited, type AwaitedFigures } from './judge/awaited.js';
import { isHeld } from './judge/chains.js';
import type { Given } from './judge/needs.js';
import { judgeWatcher, tellWatcher, type WatcherFigures } from './judge/watchers.js';
import { sureOfState } from './judge/judgements.js';
import { defineCause, holds, ramp, ruledOut, type Judgement } from './cause.js';

/** Who stopped the server last. */
function stopperOf({ input }: Given<'victim'>, { pids }: Waker): Sender | undefined {
  const processes = processesOf(input);
  return lastStopper(input, (thread) => pids.includes(processes.of(thread)));
}

/** Whether the server was stopped for a noticeable part of these waits for it. */
function stopOf(m: Given<'victim'>, server: Waker, lost: Intervals): Pick<AwaitedFigures, 'stopped'> {
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

function ofFilesystem(m: Given<'victim'>, share: number): Judgement<AwaitedFigures> {
  const lost = timesIn(m.account, ['server']);
  const server = fileServer(m);
  const confidence = sureOfState(m, share);
  const inIo = server ? inIoOf(m, server) : NaN;
  const stopped = server && stopOf(m, server, lost);
  return holds({ share, confidence, lost }, { way: 'filesystem', share, lost, server, inIo, ...stopped });
}

/** A process that was seen to be stopped, while the victim waited at what it has the other end of, or may have. */
function ofStopped(m: Given<'victim'>, { name, pid, times, certain }: StoppedPeer): Judgement<AwaitedFigures> {
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
function ofChain(m: Given<'victim'>): Judgement<AwaitedFigures> | undefined {
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
function ofProgram(m: Given<'victim'>): Judgement<AwaitedFigures> {
  const { account, input } = m;
  const seen = stoppedPeerOf(account, input);
  const peer = seen && total(seen.times) >= JUDGING.noticeable * (account.to - account.from) ? seen : undefined;
  if (peer?.certain) return ofStopped(m, peer);
  const judged = ofChain(m) ?? ofWaker(m);
  return peer && judged.kind !== 'holds' ? ofStopped(m, peer) : judged;
}

/** The program that woke the victim from most of its waits. */
function ofWaker(m: Given<'victim'>): Judgement<AwaitedFigures> {
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
): Judgement<AwaitedFigures> | undefined {
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

export const cause = defineCause({
  id: 'wait.server',
  layer: 'application',
  rank: 'verdict',
  proof: 'time',
  waits: ['server', 'pipe-socket'],
  needs: ['victim'],
  judge(m): Judgement<AwaitedFigures | WatcherFigures> {
    const watcher = judgeWatcher(m);
    if (watcher) return watcher;
    const share = shareOf(m.account, ['server']);
    return share >= JUDGING.noticeable ? ofFilesystem(m, share) : ofProgram(m);
  },
  tell: (figures, m) => ('watcher' in figures ? tellWatcher(figures, m) : tellAwaited(figures, m)),
});
