// The victim waits for commits of the filesystem's journal that somebody else's syncs cause.
// Source: Documentation/filesystems/ext4/journal.rst; fs/jbd2/commit.c: a commit takes along what everybody changed.

import { total, union } from '../base/intervals.js';
import type { Measures } from '../analysis/measures.js';
import { phasesOf } from '../analysis/victim/probe-phases.js';
import { threadName } from '../analysis/machine/processes.js';
import { duration, percent } from '../base/format.js';
import { ramp, ruledOut, type Cause } from './cause.js';
import { diskName } from './judge/shared.js';
import { JOURNAL } from '../model/thresholds/filesystem.js';
import { JUDGING } from '../model/thresholds/judging.js';

function mostOf(m: Measures): { pid: number; name: string; count: number } | undefined {
  const byName = new Map<string, { pid: number; name: string; count: number; most: number }>();
  for (const [pid, count] of m.syncs?.others ?? []) {
    const name = threadName(m.input, pid) || `thread ${pid}`;
    const known = byName.get(name) ?? { pid, name, count: 0, most: 0 };
    byName.set(name, {
      name,
      pid: count > known.most ? pid : known.pid,
      most: Math.max(count, known.most),
      count: known.count + count,
    });
  }
  return [...byName.values()].sort((a, b) => b.count - a.count)[0];
}

/** How long half of the probe's own syncs took at most, ms; NaN for any other victim. */
function probeSyncMs(m: Measures): number {
  const latency = phasesOf(m.input).find(({ name }) => name === 'fsync')?.latencyUs;
  return latency ? latency.p50 / 1000 : NaN;
}

export const cause: Cause = {
  id: 'fs.journal',
  layer: 'filesystem',
  rank: 'verdict',
  needs: ['victim', 'disk'],
  examine(m) {
    const { account, syncs } = m;
    if (!account) return ruledOut('no victim');
    const times = union(account.segments.filter((segment) => (segment.whole ?? segment.state) === 'journal'));
    const wall = account.to - account.from;
    const share = total(times) / wall;
    const figures = `it waited ${percent(share)} of its time for the filesystem’s journal`;
    if (share < JUDGING.noticeable) return ruledOut(figures);
    const most = mostOf(m);
    const others = [...(syncs?.others.values() ?? [])].reduce((a, b) => a + b, 0);
    const own = syncs?.own.length ?? 0;
    if (syncs && others <= JOURNAL.outnumbered * own)
      return ruledOut(`${figures}, for commits of its own: it asked for ${own} of ${own + others} syncs`);
    const each = syncs === undefined ? probeSyncMs(m) : NaN;
    if (each <= m.norm.flushMs)
      return ruledOut(`${figures}, for its own syncs, and half of them took ${duration(each)} or less: no stall`);
    const who = most && `${most.name} (${most.pid})`;
    return {
      kind: 'found',
      share,
      // Without the syncs it is known that it waits for the journal, not whose commits those are.
      confidence: syncs === undefined ? JOURNAL.withoutSyncs : ramp(others / (own + others), JOURNAL.sure),
      sentence: `The victim waits for the filesystem’s journal (${percent(share)} of its time), because ${who === undefined ? 'commits keep it busy' : `${who} asks for durability all the time: each of its ${most?.count ?? 0} syncs commits what everybody changed`}.`,
      culprit: most ? { kind: 'process', name: most.name, pid: most.pid } : { kind: 'filesystem', name: diskName(m) },
      decidedBy: 'the filesystem’s sync events, which say whose commits they are: record as root',
      evidence: [
        {
          measure: 'waiting for the journal',
          value: `${duration(total(times))} (${percent(share)})`,
          meaning: 'asleep until a commit ended or let it in',
          source: account.source === 'events' ? 'sched_switch with kernel stacks' : '/proc/PID/wchan',
        },
        ...(syncs
          ? [
              {
                measure: 'syncs on the same filesystem',
                value: `${others} by others${who === undefined ? '' : ` (${who}: ${most?.count ?? 0})`}, ${own} by the victim`,
                meaning: 'the commits that it waits for are not its own',
                source: 'ext4_sync_file_enter, xfs_file_fsync or btrfs_sync_file',
              },
            ]
          : []),
      ],
      advice: [
        `Move ${most?.name ?? 'the one that syncs'} to a filesystem of its own, or let it sync less often.`,
        'A journal on a faster device (mkfs.ext4 -J device=, mkfs.xfs -l logdev=) shortens every commit.',
      ],
      lost: times,
    };
  },
};
