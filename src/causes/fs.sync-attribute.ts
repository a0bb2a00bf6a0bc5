// Writes to a file, or changes of a directory, are durable before they return, though the program never asked for that and neither does the mount:
// what is left is the inode's own attribute (chattr +S, chattr +D). The attribute itself needs an ioctl to be read (FS_IOC_GETFLAGS), so it is
// concluded from what the kernel did. Told from a program that asks itself (app.sync-writes) by stacks and by how it opened its files.
// Source: chattr(1), attributes S and D; include/linux/fs.h (IS_SYNC, IS_DIRSYNC).

import { shellWord } from '../base/shell.js';
import { percent } from '../base/format.js';
import { type Intervals, total, union } from '../base/intervals.js';
import type { Advice } from '../model/diagnosis.js';
import type { Mount } from '../model/facts.js';
import { part, said, time } from '../model/quantity.js';
import { SYNC_MOUNT } from '../model/thresholds/filesystem.js';
import { advise, change, look } from './judge/advice.js';
import { mountsOfVictim, ownTimes, serviceTime } from './judge/durability.js';
import { diskName, mountOfVictim } from './judge/judgements.js';
import type { Given } from './judge/needs.js';
import { unaskedOf, type Unasked } from './judge/unasked.js';
import { defineCause, holds, ramp, ruledOut, type Argument } from './cause.js';

interface Figures {
  readonly share: number;
  readonly lost: Intervals;
  readonly unasked: Unasked;
  /** What most of that was. */
  readonly of: 'writes' | 'changes';
  readonly mount: Mount | undefined;
}

type Victim = Given<'victim' | 'disk'>;

/** An option of the mount that asks for durable changes of directories, where that is it. */
function directoryOption({ of, mount }: Figures): string | undefined {
  const options = of === 'changes' ? (mount?.options.split(',') ?? []) : [];
  return options.find((option) => option === 'dirsync' || option === 'sync');
}

/** The mount of its files, or, of one that has none open, the only one on its disk. */
function mountOf(m: Victim): Mount | undefined {
  const [mine] = mountsOfVictim(m);
  const mountPoint = mountOfVictim(m);
  return mine ?? m.input.facts.at(-1)?.mounts.find((mount) => mount.mountPoint === mountPoint);
}

function fileOf({ unasked: { files } }: Figures): string {
  return files[0]?.path ?? '';
}

/** 'the attribute S of /data/log', 'the attribute D of a directory on /data', 'dirsync of /data' */
function settingName(figures: Figures, m: Victim): string {
  const where = figures.mount?.mountPoint ?? diskName(m);
  const option = directoryOption(figures);
  if (option !== undefined) return `${option} of ${where}`;
  return figures.of === 'writes' ? `attribute S of ${fileOf(figures)}` : `attribute D or S of a directory on ${where}`;
}

function sentence(figures: Figures, m: Victim): string {
  const { of, share, unasked, mount } = figures;
  const where = mount?.mountPoint ?? diskName(m);
  const waited = `and the process waited ${percent(share)} of its time for that`;
  if (of === 'changes') {
    const option = directoryOption(figures);
    return option === undefined
      ? `Each name that is made, moved or removed in a directory on ${where} is durable before the call returns, ${waited}: it never asked for it, and neither does the mount, so the directory has the attribute D or S (chattr +D).`
      : `${where} is mounted with ${option}: each name that is made, moved or removed there is durable before the call returns, ${waited}.`;
  }
  const others = unasked.files.length > 1 ? ` and ${unasked.files.length - 1} more` : '';
  return `Every write to ${fileOf(figures)}${others} is made durable before it returns, ${waited}: it opened the file without O_SYNC, calls no fsync there, and the mount does not ask for it, so the file has the attribute S (chattr +S).`;
}

function evidence(figures: Figures, m: Victim): Argument[] {
  const { of, share, lost, mount } = figures;
  return [
    {
      measure:
        of === 'writes' ? 'waiting in write(2) for durability' : 'waiting for a commit in changes of a directory',
      value: said`${time(total(lost))} (${part(share)})`,
      meaning:
        of === 'writes'
          ? 'the kernel syncs the file at the end of each write, which a plain write does not ask for'
          : 'the handle of the journal was marked to wait for its commit, which only an attribute or a mount option does there',
      source: 'sched_switch with kernel stacks',
    },
    {
      measure: 'who did not ask for it',
      value: of === 'writes' ? 'O_SYNC and O_DSYNC are not among the flags of the open file' : 'no call for durability',
      meaning: `${mount ? `${mount.mountPoint} is mounted with ${mount.options}` : 'its mount was not recorded'}; the attribute itself was not read`,
      source: of === 'writes' ? '/proc/PID/fdinfo, /proc/self/mountinfo' : '/proc/self/mountinfo',
    },
    ...serviceTime(m),
  ];
}

function advice(figures: Figures): Advice {
  const { of, mount } = figures;
  const option = directoryOption(figures);
  if (option !== undefined && mount)
    return advise`Take ${option} out of the line of ${mount.mountPoint} in /etc/fstab, unmount it and mount it anew: a remount passes over dirsync (mount(2)).`;
  const [flag, what] = of === 'writes' ? ['S', shellWord(fileOf(figures))] : ['D', 'DIRECTORY'];
  const shows = look(`lsattr ${of === 'writes' ? '' : '-d '}${what}`);
  const off = change(
    `chattr -${flag} ${what}`,
    'when it becomes durable: only after an fsync or some seconds',
    `\`chattr +${flag} ${what}\``,
  );
  return advise`Look for the attribute with ${shows}, and take it away with ${off}; new files have it from their directory. What must survive a power cut has to be synced by the program then.`;
}

export const cause = defineCause({
  id: 'fs.sync-attribute',
  layer: 'filesystem',
  rank: 'verdict',
  proof: 'latency',
  waits: ['journal', 'block-device'],
  needs: ['victim', 'sleeps', 'disk', 'facts'],
  judge(m) {
    const unasked = unaskedOf(m);
    if (!unasked) return ruledOut('nothing that it wrote was made durable without being asked for');
    const { account } = m;
    const [writes, changes] = [ownTimes(m, unasked.writes), ownTimes(m, unasked.changes)];
    const lost = union([...writes, ...changes]);
    const share = total(lost) / (account.to - account.from);
    if (share < SYNC_MOUNT.leastShare)
      return ruledOut(`it waited ${percent(share)} of its time for durability that it did not ask for`);
    const confidence = ramp(share, { from: SYNC_MOUNT.leastShare, ...SYNC_MOUNT.sure });
    const of: Figures['of'] = total(writes) >= total(changes) ? 'writes' : 'changes';
    return holds({ share, confidence, lost, before: ['fs.journal'] }, { share, lost, unasked, of, mount: mountOf(m) });
  },
  tell: (figures, m) => ({
    sentence: sentence(figures, m),
    yardstick: {
      measure: figures.of === 'writes' ? 'waiting in write(2) for durability' : 'waiting for commits',
      value: said`${part(figures.share)} of its time`,
      against: 'without it: as long as the copy takes',
    },
    culprit: { kind: 'setting', name: settingName(figures, m) },
    evidence: evidence(figures, m),
    advice: [advice(figures)],
  }),
});
