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

/** The names of qemu's numbers differ between its command line and the monitor's command. */
interface Throttle {
  readonly iops: number;
  readonly iopsBurst: number;
  readonly iopsSeconds: number;
  readonly bps: number;
  readonly bpsBurst: number;
  readonly bpsSeconds: number;
}

/** 0 is qemu's word for no limit. */
function throttleOf({ operations, bytes }: DiskLimits): Throttle {
  return {
    iops: operations?.rate ?? 0,
    iopsBurst: operations?.burst ?? 0,
    iopsSeconds: operations?.burstSeconds ?? 1,
    bps: bytes?.rate ?? 0,
    bpsBurst: bytes?.burst ?? 0,
    bpsSeconds: bytes?.burstSeconds ?? 1,
  };
}

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
  if (limits === undefined) return '';
  const { iops, iopsBurst, iopsSeconds, bps, bpsBurst, bpsSeconds } = throttleOf(limits);
  const group = (kind: string, rate: number, burst: number, seconds: number) =>
    rate === 0
      ? ''
      : `,throttling.${kind}-total=${rate}` +
        (burst === 0 ? '' : `,throttling.${kind}-total-max=${burst},throttling.${kind}-total-max-length=${seconds}`);
  return group('iops', iops, iopsBurst, iopsSeconds) + group('bps', bps, bpsBurst, bpsSeconds);
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

/** What the monitor's `block_set_io_throttle` takes to give a disk other limits while the guest runs. */
export function throttleCommand(name: string, limits: DiskLimits): Readonly<Record<string, string | number>> {
  const { iops, iopsBurst, iopsSeconds, bps, bpsBurst, bpsSeconds } = throttleOf(limits);
  return {
    device: name,
    iops,
    iops_rd: 0,
    iops_wr: 0,
    bps,
    bps_rd: 0,
    bps_wr: 0,
    ...(iopsBurst > 0 && { iops_max: iopsBurst, iops_max_length: iopsSeconds }),
    ...(bpsBurst > 0 && { bps_max: bpsBurst, bps_max_length: bpsSeconds }),
  };
}
