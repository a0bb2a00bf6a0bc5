// The victim waits for commits of the filesystem's journal that somebody else's syncs cause.
// Source: Documentation/filesystems/ext4/journal.rst; fs/jbd2/commit.c: a commit takes along what everybody changed.

import { intersect, type Intervals, total, without } from '../base/intervals.js';
import { grouped, sharedBy } from '../base/maps.js';
import type { Measures } from '../analysis/measures.js';
import { phasesOf } from '../analysis/victim/probe-phases.js';
import type { Syncs } from '../analysis/victim/syncs.js';
import { isKernelThread, processesOf, threadName } from '../analysis/machine/processes.js';
import { duration, percent } from '../base/format.js';
import { number, part, said, time } from '../model/quantity.js';
import { JOURNAL } from '../model/thresholds/filesystem.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { durableBehindCpus, journalWaits } from './judge/durability.js';
import { movedByChildren } from './judge/children-beside.js';
import { FIDELITY } from './judge/fidelity.js';
import type { Given } from './judge/needs.js';
import { pauseOf } from './judge/restrain.js';
import { diskName, slowFactor } from './judge/judgements.js';
import { defineCause, holds, notChecked, ramp, ruledOut, type Argument } from './cause.js';

interface Committer {
  readonly name: string;
  /** The thread of that name that asked most often. */
  readonly pid: number;
  readonly count: number;
}

/** Who asked for durability on the victim's disk. */
interface Askers {
  /** Those of the victim, and of the service that it works for. */
  readonly own: number;
  readonly others: number;
  /** The one of the others, by name, that asked most often. */
  readonly most: Committer | undefined;
}

/**
 * Tells of a thread whether it works for the same service as the victim: processes that were watched together because one has started the other
 * (a database's backends and its checkpointer). Of several services watched at once those of the victim's name.
 */
function serviceOf({ input, account }: Given<'victim'>): (thread: number) => boolean {
  const processes = processesOf(input);
  const watched = input.victims.filter(({ role }) => role !== 'busiest');
  const isOne = watched.filter(({ role }) => role !== 'child').length === 1;
  const pids = new Set(watched.map(({ pid }) => pid).filter((pid) => isOne || processes.name(pid) === account.name));
  return (thread) => pids.has(account.pid) && pids.has(processes.of(thread));
}

function askersOf(syncs: Syncs, m: Given<'victim'>): Askers {
  const isOwnService = serviceOf(m);
  const others = [...syncs.others].filter(([thread]) => !isOwnService(thread));
  // A thread of the kernel asks for what stands on the filesystem, a loop device on a file of it: it is nobody to be told of.
  const programs = others.filter(([thread]) => !isKernelThread(m.input, thread));
  const byName = grouped(programs, ([pid]) => threadName(m.input, pid) || `thread ${pid}`);
  const committers = [...byName].flatMap(([name, counts]): Committer[] => {
    const shared = sharedBy(new Map(counts));
    return shared ? [{ name, pid: shared.most, count: shared.sum }] : [];
  });
  const all = [...syncs.others.values()].reduce((a, b) => a + b, 0);
  const byOthers = others.reduce((sum, [, count]) => sum + count, 0);
  return {
    own: syncs.own.length + all - byOthers,
    others: byOthers,
    most: committers.sort((a, b) => b.count - a.count)[0],
  };
}

/** How long half of the probe's own syncs took at most, ms; NaN for any other victim. */
function probeSyncMs(m: Measures): number {
  const latency = phasesOf(m.input).find(({ name }) => name === 'fsync')?.latencyUs;
  return latency ? latency.p50 / 1000 : NaN;
}

/** Why the waits are no harm of others; undefined where they may be. */
function objection(m: Measures, askers: Askers | undefined): string | undefined {
  if (askers)
    return askers.others <= JOURNAL.outnumbered * askers.own
      ? `for commits of its own: it asked for ${askers.own} of ${askers.own + askers.others} syncs`
      : undefined;
  const each = probeSyncMs(m);
  return each <= m.norm.flushMs
    ? `for its own syncs, and half of them took ${duration(each)} or less: no stall`
    : undefined;
}

/** Without the syncs it is known that it waits for the journal, not whose commits those are. */
function sureness(askers: Askers | undefined): number {
  return askers ? ramp(askers.others / (askers.own + askers.others), JOURNAL.sure) : JOURNAL.withoutSyncs;
}

interface Figures {
  readonly share: number;
  readonly times: Intervals;
  readonly askers: Askers | undefined;
}

function whoAsked({ askers }: Figures): Argument[] {
  if (!askers) return [];
  const { own, others, most } = askers;
  const first = most ? said` (${most.name} (${String(most.pid)}): ${number(most.count)})` : '';
  return [
    {
      measure: 'syncs on the same filesystem',
      value: said`${number(others)} by others${first}, ${number(own)} by the victim`,
      meaning: 'the commits that it waits for are not its own',
      source: 'ext4_sync_file_enter, xfs_file_fsync or btrfs_sync_file',
    },
  ];
}

export const cause = defineCause({
  id: 'fs.journal',
  layer: 'filesystem',
  rank: 'verdict',
  proof: 'time',
  waits: ['journal'],
  needs: ['victim', 'disk'],
  judge(m) {
    const { account, syncs } = m;
    const times = journalWaits(m);
    const share = total(times) / (account.to - account.from);
    const figures = `it waited ${percent(share)} of its time for the filesystem’s journal`;
    if (share < JUDGING.noticeable) return ruledOut(figures);
    const askers = syncs && askersOf(syncs, m);
    if (askers && askers.own + askers.others === 0)
      return notChecked(
        `${figures}, and nobody was seen to ask for durability: what made it commit (a full journal, its timer, an attribute of a file) was not recorded`,
      );
    const against = objection(m, askers);
    if (against !== undefined) return ruledOut(`${figures}, ${against}`);
    const children = movedByChildren(m);
    if (children !== undefined)
      return notChecked(`${figures}; but ${children}, and a commit waits for the disk as well`);
    // While the disk itself was slow, every commit was: so much of that is the disk's time, however many asked.
    const factor = slowFactor(m);
    const isDisks = factor >= JOURNAL.disks;
    const waits = without(times, durableBehindCpus(m));
    const lost = isDisks ? without(waits, m.slow) : waits;
    const slowly = isDisks ? 0 : total(intersect(waits, m.slow));
    const ownShare = (total(lost) - slowly * (1 - 1 / factor)) / (account.to - account.from);
    if (ownShare < JUDGING.noticeable)
      return ruledOut(
        `${figures}, of which ${percent(ownShare)} while ${diskName(m)} was not slow itself, and what writes commits had a CPU`,
      );
    return holds({ share: ownShare, confidence: sureness(askers), lost }, { share: ownShare, times: lost, askers });
  },
  tell(figures, m) {
    const { share, times, askers } = figures;
    const most = askers?.most;
    const pause = most && pauseOf(m, most.name, most.pid);
    const why = most
      ? `${most.name} (${most.pid}) asks for durability all the time: each of its ${most.count} syncs commits what everybody changed`
      : 'commits keep it busy';
    return {
      sentence: `The victim waits for the filesystem’s journal (${percent(share)} of its time), because ${why}.`,
      yardstick: {
        measure: 'waiting for the journal',
        value: said`${part(share)} of its time`,
        against: most ? `${most.count} syncs of ${most.name}` : 'whose commits they are was not recorded',
      },
      culprit: most ? { kind: 'process', name: most.name, pid: most.pid } : { kind: 'filesystem', name: diskName(m) },
      decidedBy: 'the filesystem’s sync events, which say whose commits they are: record as root',
      evidence: [
        {
          measure: 'waiting for the journal',
          value: said`${time(total(times))} (${part(share)})`,
          meaning: 'asleep until a commit ended or let it in',
          source: FIDELITY[m.account.source].waits,
        },
        ...whoAsked(figures),
      ],
      advice: [
        ...(pause ? [pause] : []),
        `Move ${most?.name ?? 'the one that syncs'} to a filesystem of its own, or let it sync less often.`,
        'A journal on a faster device (mkfs.ext4 -J device=, mkfs.xfs -l logdev=) shortens every commit.',
      ],
    };
  },
});
