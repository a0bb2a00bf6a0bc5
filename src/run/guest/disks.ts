// The disks of a guest: what is asked for → qemu's arguments. Limits are qemu's own throttle groups (docs/throttle.txt of qemu): a rate, and
// a higher one that lasts for a while of credit, as a provider's volume has them; errors are blkdebug's (docs/devel/blkdebug.txt).
// Both act below the guest's driver, where its kernel sees a device and nothing else. Pure, so that tests hold it without a qemu.

/** A rate, and what may be taken above it while there is credit. */
export interface Limit {
  /** A second. */
  readonly rate: number;
  /** The rate while there is credit, a second. */
  readonly burst?: number;
  /** How long the credit lasts at that rate, s; 1 unless told. */
  readonly burstSeconds?: number;
}

/** What a device lets through, of reads and writes together. */
export interface DiskLimits {
  readonly operations?: Limit;
  readonly bytes?: Limit;
}

export interface GuestDisk {
  /** What the guest finds it by: /dev/iowitness/NAME. Letters and digits. */
  readonly name: string;
  /** Its image, raw or .qcow2; an empty one of `bytes`, which goes with the guest, unless told. */
  readonly image?: string;
  readonly bytes?: number;
  /** What the guest takes it for; nvme, whose driver Debian's kernels have built in, unless told. */
  readonly model?: 'nvme' | 'virtio';
  readonly limits?: DiskLimits;
  /** Operations of this kind fail with EIO. */
  readonly fails?: 'reads' | 'writes';
}

/** What is limited, and the word of qemu's for it in its command line and in the monitor's command, where the names go on in other ways. */
const KINDS = [
  { kind: 'operations', word: 'iops' },
  { kind: 'bytes', word: 'bps' },
] as const;

/** A comma ends a value of qemu's unless it is doubled. */
function value(text: string): string {
  return text.replaceAll(',', ',,');
}

function sourceOf(image: string, { fails }: GuestDisk): string {
  if (fails === undefined) return `file.driver=file,file.filename=${value(image)}`;
  return (
    `file.driver=blkdebug,file.image.driver=file,file.image.filename=${value(image)},` +
    `file.inject-error.0.event=none,file.inject-error.0.iotype=${fails === 'reads' ? 'read' : 'write'},file.inject-error.0.errno=5`
  );
}

function limitsOf(limits: DiskLimits | undefined): string {
  const options = KINDS.flatMap(({ kind, word }) => {
    const { rate = 0, burst = 0, burstSeconds = 1 } = limits?.[kind] ?? {};
    if (rate === 0) return [];
    const name = `throttling.${word}-total`;
    return [`,${name}=${rate}`, ...(burst > 0 ? [`,${name}-max=${burst},${name}-max-length=${burstSeconds}`] : [])];
  });
  return options.join('');
}

/** qemu's arguments for a disk whose image is there. Nothing of it outlives the guest's power, so the host need not flush for it. */
export function diskArguments(disk: GuestDisk, image: string): string[] {
  const { name, model = 'nvme' } = disk;
  const format = image.endsWith('.qcow2') ? 'qcow2' : 'raw';
  const cache = disk.image === undefined ? 'unsafe' : 'none';
  const drive = `if=none,id=${name},driver=${format},${sourceOf(image, disk)},cache=${cache}${limitsOf(disk.limits)}`;
  const device =
    model === 'virtio'
      ? ['-device', `virtio-blk-pci,drive=${name},serial=${name}`]
      : ['-device', `nvme,id=bus-${name},serial=${name}`, '-device', `nvme-ns,drive=${name},bus=bus-${name}`];
  return ['-drive', drive, ...device];
}

/** What the monitor's `block_set_io_throttle` takes to give a disk other limits while the guest runs; 0 is qemu's word for no limit. */
export function throttleCommand(name: string, limits: DiskLimits): Readonly<Record<string, string | number>> {
  const options = KINDS.flatMap(({ kind, word }): [string, number][] => {
    const { rate = 0, burst = 0, burstSeconds = 1 } = limits[kind] ?? {};
    const credit: [string, number][] = [
      [`${word}_max`, burst],
      [`${word}_max_length`, burstSeconds],
    ];
    return [[word, rate], [`${word}_rd`, 0], [`${word}_wr`, 0], ...(burst > 0 ? credit : [])];
  });
  return { device: name, ...Object.fromEntries(options) };
}
