// Hardly a free block or inode is left: allocation is slow at best, and fails in the end. Source: statfs(2); errno(3): ENOSPC, EDQUOT.

import { ERRNO, failuresOf } from '../analysis/victim/failures.js';
import { total } from '../base/intervals.js';
import { shareOf, timesIn, type Measures } from '../analysis/measures.js';
import type { Interval } from '../base/intervals.js';
import { bytes, duration, percent } from '../base/format.js';
import type { VolumeSpace } from '../model/recording.js';
import { notChecked, ruledOut, type Cause } from './cause.js';
import { mountOfVictim } from './judge/shared.js';
import { FULL } from '../model/thresholds/filesystem.js';
import { JUDGING } from '../model/thresholds/judging.js';

/** What an ordinary user has left, and the same of inodes, as shares; 1 where the filesystem has no table of inodes. */
function shares({ available, blocks, freeFiles, files }: VolumeSpace): { space: number; inodes: number } {
  return { space: blocks > 0 ? available / blocks : 1, inodes: files > 0 ? freeFiles / files : 1 };
}

function leftIn(space: VolumeSpace): string {
  return shares(space).inodes < shares(space).space
    ? `${space.freeFiles} of ${space.files} inodes`
    : `${bytes(space.available * space.blockBytes)} of ${bytes(space.blocks * space.blockBytes)}`;
}

type Moment = VolumeSpace & { readonly atMs: number };

function least(space: VolumeSpace): number {
  return Math.min(shares(space).space, shares(space).inodes);
}

function isFullNow(space: VolumeSpace): boolean {
  const { space: ofSpace, inodes } = shares(space);
  const { hardlyAny } = FULL;
  return (
    (ofSpace < hardlyAny.share && space.available * space.blockBytes < hardlyAny.bytes) ||
    (inodes < hardlyAny.share && space.freeFiles < hardlyAny.inodes)
  );
}

/** The fullest moment of the victim's filesystem; of any, where calls failed and the victim's own has room. */
function fullest(m: Measures, hasFailures: boolean): Moment | undefined {
  const mount = mountOfVictim(m);
  const all = m.input.space.toSorted((a, b) => least(a) - least(b));
  const own = all.find((one) => one.mountPoint === mount);
  return own && (isFullNow(own) || !hasFailures) ? own : (all.find(isFullNow) ?? own);
}

export const cause: Cause = {
  id: 'fs.full',
  layer: 'filesystem',
  rank: 'verdict',
  needs: ['victim'],
  examine(m) {
    const { account, input } = m;
    if (!account) return ruledOut('no victim');
    const failed = failuresOf(input, account.threads, [ERRNO.ENOSPC, ERRNO.EDQUOT], account.from, account.to);
    const space = fullest(m, failed.count > 0);
    if (!space && failed.count === 0) return notChecked('what the filesystem has left was not recorded');
    const isFull = space !== undefined && isFullNow(space);
    const plenty = space !== undefined && least(space) > FULL.plenty;
    if (plenty && failed.count > 0 && (m.requests?.errors ?? 0) > 0)
      return ruledOut(
        `${failed.count} calls failed for want of space, although ${space.mountPoint} has ${leftIn(space)} left: it is the device beneath that has none`,
      );
    if (!isFull && failed.count === 0)
      return ruledOut(
        `${space ? `${space.mountPoint} has ${leftIn(space)} left` : 'no call failed'}, and nothing failed for want of space`,
      );
    // Without the failures themselves: the process waits a moment and tries again, so it looks idle while the filesystem is full.
    const since = input.space.find((one) => one.mountPoint === space?.mountPoint && isFullNow(one));
    const times: readonly Interval[] =
      account.source === 'events'
        ? failed.times
        : timesIn(account, ['asleep', 'pipe-socket']).filter((one) => one.to > (since?.atMs ?? Infinity));
    const share = Math.min(1, total(times) / (account.to - account.from));
    if (share < JUDGING.noticeable)
      return ruledOut(
        `${space?.mountPoint ?? 'the filesystem'} is nearly full, but that cost the victim ${percent(share)} of its time (${failed.count} calls failed)`,
      );
    const idle = shareOf(account, ['asleep', 'pipe-socket']);
    const left = space ? leftIn(space) : 'nothing';
    return {
      kind: 'found',
      share,
      confidence: account.source === 'events' ? (isFull ? FULL.sure : FULL.sureOfCalls) : FULL.sureFromCounters,
      decidedBy: 'the calls that fail (raw_syscalls:sys_exit): record as root',
      sentence: `${space?.mountPoint ?? 'The filesystem'} is full (${left} left): ${failed.count > 0 ? `${failed.count} calls of the victim failed for want of space, and it tried again and again` : `the victim makes no progress and sleeps ${percent(idle)} of its time`}.`,
      culprit: { kind: 'filesystem', name: space?.mountPoint ?? 'unknown' },
      evidence: [
        ...(space
          ? [
              {
                measure: 'left on the filesystem',
                value: left,
                meaning:
                  shares(space).inodes < shares(space).space
                    ? 'there may be bytes left, but no more files'
                    : 'as an ordinary user may use it; root may have a little more',
                source: `statfs(${space.mountPoint})`,
              },
            ]
          : []),
        ...(failed.count > 0
          ? [
              {
                measure: 'calls that failed',
                value: `${failed.count}, and ${duration(total(times))} spent on them`,
                meaning: 'ENOSPC or EDQUOT came back to the victim',
                source: 'raw_syscalls:sys_exit',
              },
            ]
          : []),
      ],
      advice: [
        `Free space or inodes on ${space?.mountPoint ?? 'it'}: \`du -x\` finds the bytes, \`df -i\` the inodes; deleted files that are still open count as well (\`lsof +L1\`).`,
      ],
      lost: times,
    };
  },
};
