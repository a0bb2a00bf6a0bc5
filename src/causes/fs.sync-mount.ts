// The filesystem is mounted with `sync`: every write is durable before it returns, though the program never asked for that. Told from a
// program that asks itself (app.sync-writes) by its calls and by how it opened its files.
// Source: mount(8), sync; include/linux/fs.h (iocb_is_dsync, IS_SYNC): a write is synchronous by the file's flag or by the filesystem's.

import { total } from '../base/intervals.js';
import { shellWord } from '../base/shell.js';
import { percent } from '../base/format.js';
import type { Mount } from '../model/facts.js';
import { number, said, time } from '../model/quantity.js';
import { SYNC_MOUNT } from '../model/thresholds/filesystem.js';
import { advise, change } from './judge/advice.js';
import {
  asksItself,
  durabilityOf,
  eachMs,
  eachTakes,
  ownTimes,
  serviceTime,
  syncMountOf,
  waitingFor,
} from './judge/durability.js';
import { FIDELITY } from './judge/fidelity.js';
import { diskName } from './judge/judgements.js';
import { defineCause, holds, ramp, ruledOut } from './cause.js';

function remount(option: 'async' | 'sync', { mountPoint }: Mount): string {
  return `mount -o remount,${option} ${shellWord(mountPoint)}`;
}

export const cause = defineCause({
  id: 'fs.sync-mount',
  layer: 'filesystem',
  rank: 'verdict',
  proof: 'latency',
  waits: ['journal', 'block-device'],
  needs: ['victim', 'disk', 'facts'],
  judge(m) {
    const { account } = m;
    const mount = syncMountOf(m);
    if (!mount) return ruledOut('its filesystem is not mounted with sync');
    const found = durabilityOf(m);
    if ('kind' in found) return found;
    if (asksItself(m, found)) return ruledOut('it asks for durability itself');
    const times = ownTimes(m, found.times);
    const share = total(times) / (account.to - account.from);
    if (share < SYNC_MOUNT.leastShare)
      return ruledOut(`${mount.mountPoint} is mounted with sync, and it waited for that ${percent(share)} of its time`);
    const confidence =
      ramp(share, { from: SYNC_MOUNT.leastShare, ...SYNC_MOUNT.sure }) * FIDELITY[account.source].ofDevice;
    return holds({ share, confidence, lost: times, before: ['fs.journal'] }, { found, times, share, mount });
  },
  tell: ({ found, times, share, mount }, m) => ({
    sentence: `${mount.mountPoint} is mounted with sync: every write there is made durable before it returns, which the process never asked for, and which it waited for ${percent(share)} of its time; ${eachTakes(found, times)}, which is what ${diskName(m)} needs.`,
    yardstick: {
      measure: 'each write',
      value: said`${time(eachMs(found, times))}`,
      against: 'without sync: as long as the copy takes',
    },
    culprit: { kind: 'setting', name: `sync of ${mount.mountPoint}`, file: '/proc/self/mountinfo' },
    evidence: [
      waitingFor(found, times, m),
      {
        measure: 'mount options',
        value: `${mount.type} with sync`,
        meaning: 'every write is synchronous, whoever writes and however the file was opened',
        source: '/proc/self/mountinfo',
      },
      {
        measure: 'durable writes',
        value: said`${number(found.count)}`,
        meaning: 'no more than its writes account for, and no file that it has open asks for it: the mount does',
        source: found.source,
      },
      ...serviceTime(m),
    ],
    advice: [
      advise`Mount it without: ${change(remount('async', mount), 'when writes become durable: only after an fsync or some seconds', `\`${remount('sync', mount)}\``)}, and take sync out of its line in /etc/fstab. What must survive a power cut has to be synced by the program then.`,
    ],
  }),
});
