// A dirty limit that has collapsed, for one device or for the whole machine: writers are paused in balance_dirty_pages while the device idles.
// Source: Documentation/ABI/testing/sysfs-class-bdi (strict_limit, max_bytes and max_ratio_fine since Linux 6.2),
// Documentation/admin-guide/sysctl/vm.rst.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { UserError } from '../../base/errors.js';
import type { UndoJournal } from '../../capture/undo.js';
import type { DeviceId } from '../../model/counters.js';

export interface DirtyLimitTruth {
  readonly cause: 'mem.dirty-limit';
  readonly limitBytes: number;
  /** The file that sets it. */
  readonly file: string;
}

function read(file: string): string {
  return readFileSync(file, 'utf8').trim();
}

/** Lets one device have no more than `limitBytes` of dirty pages. The filesystem must use the device's own bdi: ext4 and XFS do, btrfs does not. */
export function limitDirtyOfDevice(journal: UndoJournal, device: DeviceId, limitBytes: number): DirtyLimitTruth {
  const bdi = `/sys/class/bdi/${device}`;
  const [strict, ratio, file] = [`${bdi}/strict_limit`, `${bdi}/max_ratio_fine`, `${bdi}/max_bytes`];
  if (!existsSync(strict))
    throw new UserError(`The scenario needs ${strict}, which kernels have since 6.2: limit the whole machine instead.`);
  // max_bytes is kept as a ratio, in parts per million, so the ratio is what is put back.
  journal.plan([
    { kind: 'write-file', path: ratio, value: read(ratio) },
    { kind: 'write-file', path: strict, value: read(strict) },
  ]);
  writeFileSync(strict, '1');
  writeFileSync(file, String(limitBytes));
  return { cause: 'mem.dirty-limit', limitBytes, file };
}

/** Lets the machine have no more than `limitBytes` of dirty pages, 8192 at least. Every writer of the machine feels it. */
export function limitDirtyOfMachine(journal: UndoJournal, limitBytes: number): DirtyLimitTruth {
  const [file, ratio] = ['/proc/sys/vm/dirty_bytes', '/proc/sys/vm/dirty_ratio'];
  // Writing one of the two sets the other to 0, and dirty_bytes refuses a 0: the one in force is put back.
  const inForce = read(file) === '0' ? ratio : file;
  journal.plan([{ kind: 'write-file', path: inForce, value: read(inForce) }]);
  writeFileSync(file, String(limitBytes));
  return { cause: 'mem.dirty-limit', limitBytes, file };
}

/** Lets the flusher begin at `bytes` of dirty pages, far below any limit, so that buffered writes reach the disk while they are made. */
export function flushFrom(journal: UndoJournal, bytes: number): void {
  const [file, ratio] = ['/proc/sys/vm/dirty_background_bytes', '/proc/sys/vm/dirty_background_ratio'];
  const inForce = read(file) === '0' ? ratio : file;
  journal.plan([{ kind: 'write-file', path: inForce, value: read(inForce) }]);
  writeFileSync(file, String(bytes));
}
