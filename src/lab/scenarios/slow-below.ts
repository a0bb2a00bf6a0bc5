// A volume whose device has become slow for a reason that can't be seen on it: a loop device on a file of a filesystem on another loop
// device, and a limit on that lower device. All I/O of the upper one is held back, whoever issues it: the writer, the flusher or the journal.
// In cgroup version 1 the limit is the root group's, and binds what runs in it (each group has its own budget there); the loop's worker
// threads pass I/O on in the cgroup of the process that it comes from (drivers/block/loop.c), so a writer elsewhere has to `enter`.

import type { UndoJournal } from '../../capture/undo.js';
import type { DeviceId } from '../../model/counters.js';
import { LabCgroup, type IoLimits } from './cgroup.js';
import { makeLoopVolume, type LoopVolume, type VolumeOptions } from './loop-volume.js';

export interface SlowBelowTruth {
  readonly cause: 'dev.slow';
  /** The device that is slow for its users. */
  readonly device: DeviceId;
  /** The device beneath that makes it so, and the file that does. */
  readonly limited: DeviceId;
  readonly file: string;
}

export interface SlowBelow {
  /** The volume to write on. */
  readonly volume: LoopVolume;
  readonly lower: LoopVolume;
  /** Slows it down from now on. Limits count what the filesystem below makes of the writes: one each, unless it has to allocate. */
  slow(limits: IoLimits): SlowBelowTruth;
  /** Puts a process where the limit binds its I/O. */
  enter(pid: number): void;
}

/** Makes the two volumes, still fast. */
export function makeSlowBelow(journal: UndoJournal, options: VolumeOptions): SlowBelow {
  const bytes = options.bytes ?? 512 * 1024 * 1024;
  // The lower filesystem's own tables and journal take less than this.
  const lower = makeLoopVolume(journal, {
    folder: options.folder,
    name: `${options.name}-lower`,
    bytes: bytes + 128 * 1024 * 1024,
  });
  const volume = makeLoopVolume(journal, { ...options, folder: lower.mountPoint, bytes });
  const group = LabCgroup.rootOf(journal, 'blkio') ?? LabCgroup.make(journal, 'blkio', options.name);
  return {
    volume,
    lower,
    slow: (limits) => ({
      cause: 'dev.slow',
      device: volume.device,
      limited: lower.device,
      file: group.limitIo(lower.device, limits),
    }),
    enter: (pid) => group.enter(pid),
  };
}
