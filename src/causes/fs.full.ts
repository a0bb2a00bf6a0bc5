// Hardly a free block or inode is left: allocation is slow at best, and fails in the end. Source: statfs(2); errno(3): ENOSPC, EDQUOT.

import { ERRNO, failuresOf, type Failures } from '../analysis/victim/failures.js';
import { growthWithin } from '../analysis/machine/series.js';
import { MountIndex } from '../base/procfs/mountinfo.js';
import { shellWord } from '../base/shell.js';
import { type Intervals, total } from '../base/intervals.js';
import { shareOf, timesIn, type Measures } from '../analysis/measures.js';
import { counted, percent } from '../base/format.js';
import { number, said, size, time, type Said } from '../model/quantity.js';
import type { Advice } from '../model/diagnosis.js';
import type { VolumeSpace } from '../model/recording.js';
import type { State } from '../model/states.js';
import { FULL } from '../model/thresholds/filesystem.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { advise, look } from './judge/advice.js';
import { emptyWrites } from './judge/empty-writes.js';
import type { Given } from './judge/needs.js';
import { diskName, isTraced, mountOfVictim } from './judge/judgements.js';
import { defineCause, holds, notChecked, ruledOut, type Argument, type Refused } from './cause.js';

const IDLE_STATES: readonly State[] = ['asleep', 'pipe-socket'];

/** What an ordinary user has left, and the same of inodes, as shares; 1 where the filesystem has no table of inodes. */
function shares({ available, blocks, freeFiles, files }: VolumeSpace): { space: number; inodes: number } {
  return { space: blocks > 0 ? available / blocks : 1, inodes: files > 0 ? freeFiles / files : 1 };
}

function lacksInodes(space: VolumeSpace): boolean {
  return shares(space).inodes < shares(space).space;
}

function leftIn(space: VolumeSpace): Said {
  return lacksInodes(space)
    ? said`${number(space.freeFiles)} of ${number(space.files)} inodes`
    : said`${size(space.available * space.blockBytes)} of ${size(space.blocks * space.blockBytes)}`;
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

/** Where the victim has files open, by their paths: what is in memory is on no disk by which it could be told. */
function mountsOfFiles({ input, account }: Measures): ReadonlySet<string> {
  const mounts = new MountIndex(input.facts.at(-1)?.mounts ?? []);
  const listed = input.facts.flatMap(({ processes }) => processes).filter(({ pid }) => pid === account?.pid);
  const written = input.files.filter(({ pid, readOnly }) => pid === account?.pid && readOnly !== true);
  const paths = [...listed.flatMap(({ openFiles = [] }) => openFiles), ...written.map(({ path }) => path)];
  return new Set(paths.flatMap((path) => mounts.of(path)?.mountPoint ?? []));
}

/** The victim's filesystem when it had least: of those on which it has files open one that is full, otherwise that of its disk. */
function ownVolume(m: Measures): Moment | undefined {
  const mount = mountOfVictim(m);
  const opened = mountsOfFiles(m);
  const all = m.input.space.toSorted((a, b) => least(a) - least(b));
  return all.find((one) => opened.has(one.mountPoint) && isFullNow(one)) ?? all.find((one) => one.mountPoint === mount);
}

/**
 * By counters, a full filesystem that holds the image of the disk to which the victim writes: each new block of a sparse image needs room there,
 * and what fails then is no call to write, but a sync, or a page on its way to the disk.
 */
function fullBeneath(m: Given<'victim'>): Moment | undefined {
  const { input, account, topology, disk } = m;
  const own = ownVolume(m);
  const io = input.counters.processes.get(account.pid)?.io;
  const writes = growthWithin(io, 'write_bytes', account.from, account.to) > 0;
  if (account.source !== 'samples' || !writes || disk === undefined || (own && isFullNow(own))) return undefined;
  const images = [disk, ...topology.beneath(disk)].map((id) => topology.device(id)?.backingFile);
  const mounts = images.map((image) => image && topology.mountPointOf(image));
  return input.space.find((one) => mounts.includes(one.mountPoint) && isFullNow(one));
}

/** The fullest moment of the victim's filesystem; of any, where calls failed and the victim's own has room. */
function fullest(m: Measures, hasFailures: boolean): Moment | undefined {
  const all = m.input.space.toSorted((a, b) => least(a) - least(b));
  const own = ownVolume(m);
  return own && (isFullNow(own) || !hasFailures) ? own : (all.find(isFullNow) ?? own);
}

interface Figures {
  readonly space: Moment | undefined;
  readonly failed: Failures;
  /** Most of them failed with EDQUOT: a quota is used up, whatever the filesystem has left. */
  readonly byQuota: boolean;
  /** Of the victim's time. */
  readonly idle: number;
  /** True where it is the filesystem that holds the image of the victim's disk. */
  readonly isBeneath: boolean;
  /** Calls to write that wrote nothing, where counters alone tell of calls; NaN where that was not read, or calls are known. */
  readonly emptyWrites: number;
}

/** When it was held up: by each failure, or without those asleep, because a process waits a moment and tries again and so looks idle. */
function timesOf(m: Given<'victim'>, failed: Failures, space: Moment | undefined): Intervals {
  if (isTraced(m, 'sys_exit')) return failed.times;
  const since = m.input.space.find((one) => one.mountPoint === space?.mountPoint && isFullNow(one));
  return timesIn(m.account, IDLE_STATES).filter((one) => one.to > (since?.atMs ?? Infinity));
}

/** Why it is not a full filesystem that the victim met; undefined where it may be. */
function objection(
  m: Given<'victim'>,
  failed: Failures,
  space: Moment | undefined,
  emptyCalls: number,
): Refused | undefined {
  if (!space) return failed.count === 0 ? notChecked('what the filesystem has left was not recorded') : undefined;
  const left = `${space.mountPoint} has ${leftIn(space).text} left`;
  if (least(space) > FULL.plenty && failed.count > 0 && m.requests && m.requests.errors > 0)
    return ruledOut(
      `${failed.count} calls failed because there was no space, although ${left}: the device beneath has none`,
    );
  // Who writes nothing while it sleeps waits for something else. Making files takes no write.
  if (isFullNow(space) && emptyCalls === 0 && !lacksInodes(space))
    return ruledOut(`${left}, but none of its calls to write wrote nothing`);
  if (isFullNow(space) || failed.count > 0) return undefined;
  return ruledOut(isTraced(m, 'sys_exit') ? `${left}, and no call failed because there was no space` : left);
}

function meaningOfLeft(space: VolumeSpace, byQuota: boolean): string {
  if (byQuota) return 'the quota is less than what the filesystem has';
  return lacksInodes(space)
    ? 'there may be bytes left, but no more files'
    : 'as an ordinary user may use it; root may have a little more';
}

function evidence({ space, failed, byQuota, emptyWrites: empty, isBeneath }: Figures): Argument[] {
  return [
    ...(space
      ? [
          {
            measure: 'left on the filesystem',
            value: leftIn(space),
            meaning: meaningOfLeft(space, byQuota),
            source: `statfs(${space.mountPoint})`,
          },
        ]
      : []),
    ...(failed.count > 0
      ? [
          {
            measure: 'calls that failed',
            value: said`${number(failed.count)}, and ${time(total(failed.times))} spent on them`,
            meaning: `${byQuota ? 'EDQUOT' : 'ENOSPC'} came back to the victim`,
            source: 'raw_syscalls:sys_exit',
          },
        ]
      : []),
    ...(empty > 0 && !isBeneath
      ? [
          {
            measure: 'calls to write that wrote nothing',
            value: said`${number(empty)}`,
            meaning: 'counters tell that calls were made and how much they wrote, not why one failed',
            source: '/proc/PID/io (syscw, wchar)',
          },
        ]
      : []),
  ];
}

/** What beside the filesystem's room shows that it is full for the victim. */
function shownBy({ byQuota, failed, emptyWrites: empty, isBeneath }: Figures): string {
  if (byQuota) return 'the quota is used up';
  if (failed.count > 0) return `${counted(failed.count, 'call')} failed`;
  if (isBeneath) return 'new blocks of the image need room there';
  return empty > 0 ? `${counted(empty, 'call')} to write wrote nothing` : 'whether calls failed was not recorded';
}

function fullSentence({ space, failed, idle, isBeneath }: Figures, m: Measures): string {
  const what = isBeneath
    ? `it holds the image of a disk beneath the victim’s files (${diskName(m)}), where nothing new can be written unless the image has its blocks already; the victim writes there and sleeps ${percent(idle)} of its time`
    : failed.count > 0
      ? `${failed.count} calls of the victim failed because there was no space, and it keeps trying`
      : `the victim makes no progress and sleeps ${percent(idle)} of its time`;
  return `${space?.mountPoint ?? 'The filesystem'} is full${space ? ` (${leftIn(space).text} left)` : ''}: ${what}.`;
}

function quotaSentence({ space, failed }: Figures, { account }: Measures): string {
  const room = space ? `, although the filesystem has ${leftIn(space).text} left` : '';
  return `The quota of ${account?.name ?? 'the victim'} on ${space?.mountPoint ?? 'the filesystem'} is used up: ${failed.count} calls of the victim failed with EDQUOT${room}.`;
}

function spaceAdvice(space: Moment | undefined): Advice {
  const on = space?.mountPoint ?? 'it';
  const where = space ? shellWord(space.mountPoint) : 'MOUNTPOINT';
  const inodes = look(`df -i ${where}`);
  if (space && lacksInodes(space))
    return advise`${inodes} counts the inodes of ${on}: remove files, or make the filesystem anew with more inodes. ${look(`du -x --inodes ${where} | sort -n | tail`)} finds the folders with most files.`;
  return advise`Free space or inodes on ${on}: ${look(`du -xm ${where} | sort -n | tail`)} finds the largest folders, ${inodes} counts the inodes; deleted files that are still open take space as well (${look(`lsof +aL1 ${where}`)}).`;
}

/** Each filesystem has its own command that shows quotas; repquota(8) reads those of ext4 and others. */
function quotaAdvice({ input }: Measures, mount: string | undefined): Advice {
  const where = mount === undefined ? 'MOUNTPOINT' : shellWord(mount);
  const type = input.facts.at(0)?.mounts.find(({ mountPoint }) => mountPoint === mount)?.type;
  const commands = new Map([
    ['btrfs', `btrfs qgroup show -re ${where}`],
    ['xfs', `xfs_quota -x -c 'report -ugph' ${where}`],
  ]);
  const show = look(commands.get(type ?? '') ?? `repquota -s ${where}`);
  return advise`${show} shows whose quota is used up, of a user, a group, a project or a subvolume: remove that one’s files, or raise the quota.`;
}

export const cause = defineCause({
  id: 'fs.full',
  layer: 'filesystem',
  rank: 'verdict',
  proof: 'space',
  waits: ['fs-lock'],
  needs: ['victim'],
  judge(m) {
    const { account, input } = m;
    const failuresBy = (...errors: number[]) => failuresOf(input, account.threads, errors, account.from, account.to);
    const failed = failuresBy(ERRNO.ENOSPC, ERRNO.EDQUOT);
    const byQuota = failuresBy(ERRNO.EDQUOT).count > failed.count / 2;
    const beneath = failed.count > 0 ? undefined : fullBeneath(m);
    const space = byQuota ? ownVolume(m) : (beneath ?? fullest(m, failed.count > 0));
    const emptyCalls = account.source === 'samples' ? (emptyWrites(m)?.count ?? NaN) : NaN;
    const against = byQuota || beneath ? undefined : objection(m, failed, space, emptyCalls);
    if (against) return against;
    const lost = timesOf(m, failed, space);
    const share = Math.min(1, total(lost) / (account.to - account.from));
    if (share < JUDGING.noticeable)
      return ruledOut(
        `${space?.mountPoint ?? 'the filesystem'} is nearly full, but that cost the victim ${percent(share)} of its time (${failed.count} calls failed)`,
      );
    const sureOfCalls = space && isFullNow(space) ? FULL.sure : FULL.sureOfCalls;
    const sureFromCounters = beneath ? FULL.sureBeneath : FULL.sureFromCounters;
    const confidence = failed.count > 0 ? sureOfCalls : sureFromCounters;
    const idle = shareOf(account, IDLE_STATES);
    const isBeneath = beneath !== undefined;
    return holds({ share, confidence, lost }, { space, failed, byQuota, idle, isBeneath, emptyWrites: emptyCalls });
  },
  tell(figures, m) {
    const { space, byQuota } = figures;
    const mount = space?.mountPoint;
    return {
      sentence: byQuota ? quotaSentence(figures, m) : fullSentence(figures, m),
      yardstick: {
        measure: byQuota ? 'calls that failed' : 'left',
        value: byQuota || !space ? said`${number(figures.failed.count)}` : leftIn(space),
        against: shownBy(figures),
      },
      culprit: { kind: 'filesystem', name: mount ?? 'unknown' },
      decidedBy: 'the calls that fail (raw_syscalls:sys_exit): record as root',
      evidence: evidence(figures),
      advice: [byQuota ? quotaAdvice(m, mount) : spaceAdvice(space)],
    };
  },
});
