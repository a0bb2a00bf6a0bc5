// The block devices of one set of facts, with their settings and what each stands on.
// Source: Documentation/ABI/stable/sysfs-block, Documentation/ABI/testing/sysfs-class-bdi; a partition is a folder below its disk's with
// a `dev` of its own, dm and md name their members in `slaves`, a loop device names its file in `loop/backing_file`.

import { toInteger } from '../base/procfs/numbers.js';
import { MountIndex } from '../base/procfs/mountinfo.js';
import type { DeviceId } from '../model/counters.js';
import type { BlockDevice, Mount } from '../model/facts.js';

/** Text files by path, as the set of facts has them. */
type Files = ReadonlyMap<string, string>;

interface Draft {
  readonly id: DeviceId;
  readonly name: string;
  /** Of a partition, its disk's name. */
  readonly disk?: string;
}

export function decodeDevices(files: Files, mounts: readonly Mount[]): Map<DeviceId, BlockDevice> {
  const drafts: Draft[] = [];
  const queues = new Map<string, Map<string, string>>();
  const bdis = new Map<string, Map<string, string>>();
  for (const [path, text] of files) {
    const [, disk, partition] = /^\/sys\/block\/([^/]+)\/(?:([^/]+)\/)?dev$/.exec(path) ?? [];
    const id = text.trim();
    if (disk !== undefined && /^\d+:\d+$/.test(id))
      drafts.push(partition === undefined ? { id, name: disk } : { id, name: partition, disk });
    const queue = /^\/sys\/block\/([^/]+)\/queue\/([^/]+)$/.exec(path);
    if (queue) put(queues, queue[1] ?? '', queue[2] ?? '', id);
    const bdi = /^\/sys\/class\/bdi\/([^/]+)\/([^/]+)$/.exec(path);
    if (bdi) put(bdis, bdi[1] ?? '', bdi[2] ?? '', id);
  }
  const idOf = new Map(drafts.map(({ name, id }) => [name, id]));
  const context = { files, mounts: new MountIndex(mounts), idOf, ids: new Set(idOf.values()), queues, bdis };
  return new Map(drafts.map((draft) => [draft.id, finish(draft, context)]));
}

interface Context {
  readonly files: Files;
  readonly mounts: MountIndex<Mount>;
  readonly idOf: ReadonlyMap<string, DeviceId>;
  readonly ids: ReadonlySet<DeviceId>;
  readonly queues: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly bdis: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

function finish({ id, name, disk }: Draft, context: Context): BlockDevice {
  const folder = disk === undefined ? `/sys/block/${name}` : `/sys/block/${disk}/${name}`;
  const text = (file: string) => context.files.get(`${folder}/${file}`)?.trim();
  const sectors = toInteger(text('size'));
  // A partition has no queue of its own.
  const queue = (disk === undefined && context.queues.get(name)) || new Map<string, string>();
  const rotational = queue.get('rotational');
  const model = text('device/model');
  const mappedName = text('dm/name');
  // A name may end in spaces, but not in the newline that the kernel adds.
  const backingFile = context.files.get(`${folder}/loop/backing_file`)?.replace(/\n$/, '');
  return {
    id,
    name,
    queue,
    bdi: context.bdis.get(id) ?? new Map<string, string>(),
    beneath: beneath(disk, text('slaves/'), backingFile, context),
    ...(sectors !== undefined && { bytes: sectors * 512 }),
    ...((rotational === '0' || rotational === '1') && { rotational: rotational === '1' }),
    ...(model && { model }),
    ...(mappedName && { mappedName }),
    ...(backingFile && { backingFile }),
    ...(text('loop/dio') === '1' && { directIo: true }),
  };
}

function beneath(
  disk: string | undefined,
  slaves: string | undefined,
  backingFile: string | undefined,
  { mounts, idOf, ids }: Context,
): DeviceId[] {
  if (backingFile) {
    // A loop device can stand on another device itself.
    const device = idOf.get(backingFile.replace(/^\/dev\//, ''));
    if (device !== undefined) return [device];
    const mount = mounts.of(backingFile);
    if (!mount) return [];
    // btrfs numbers its mounts anonymously, so there the mount's source tells.
    const id = ids.has(mount.device) ? mount.device : idOf.get(mount.source.replace(/^\/dev\//, ''));
    return id === undefined ? [] : [id];
  }
  const names = disk === undefined ? (slaves ?? '').split('\n') : [disk];
  return names.flatMap((name) => idOf.get(name) ?? []);
}

function put(maps: Map<string, Map<string, string>>, key: string, name: string, text: string): void {
  const map = maps.get(key);
  if (map) map.set(name, text);
  else maps.set(key, new Map([[name, text]]));
}
