// The virtual machine that a plan may ask for, for all arms or one: its properties as people write them → the machine of an arm, in words and as qemu's disk.

import * as v from 'valibot';
import { binary, duration } from '../../base/format.js';
import type { GuestDisk, Limit } from '../guest/disks.js';
import { count, Size, Time, Words } from './plan-values.js';

/** YAML takes 6.10 for the number 6.1. */
export const Kernel = v.pipe(
  v.string("a text in quotes: an image, a Debian package, or a series such as '6.12'"),
  v.regex(/\S/, "a kernel: an image, a Debian package, or a series such as '6.12'"),
);

/** A rate a second, or one with a higher one as long as credit lasts. */
const limit = <Rate extends v.GenericSchema<unknown, number>>(rate: Rate, words: string) =>
  v.optional(v.union([rate, v.strictObject({ rate, burst: rate, for: Time })], words));

const Volume = v.strictObject({
  size: v.optional(Size),
  filesystem: v.optional(v.picklist(['ext4', 'xfs', 'btrfs'], 'ext4, xfs or btrfs')),
  device: v.optional(v.picklist(['nvme', 'virtio'], 'nvme or virtio')),
  operations: limit(count(1, 1e7), 'operations a second such as 3000, or { rate: 100, burst: 3000, for: 30s }'),
  bytes: limit(Size, 'bytes a second such as 100M, or { rate: 100M, burst: 250M, for: 30s }'),
});

export const Machine = v.strictObject({
  cpus: v.optional(count(1, 64)),
  memory: v.optional(Size),
  volume: v.optional(Volume),
  start: v.optional(v.array(Words, 'a list of command lines')),
});

type Asked = v.InferOutput<typeof Machine>;
type AskedVolume = v.InferOutput<typeof Volume>;

export interface PlannedMachine {
  readonly kernel: string;
  readonly cpus: number;
  readonly memory: number;
  readonly volume: {
    readonly size: number;
    readonly filesystem: NonNullable<AskedVolume['filesystem']>;
    readonly device: NonNullable<AskedVolume['device']>;
    readonly operations: AskedVolume['operations'];
    readonly bytes: AskedVolume['bytes'];
  };
  /** Command lines of what runs there besides the workload. */
  readonly start: readonly string[];
}

const GIB = 1024 ** 3;

/** What an arm asks for goes before what all arms have. */
export function machineOf(kernel: string, all: Asked = {}, own: Asked = {}): PlannedMachine {
  const volume = { ...all.volume, ...own.volume };
  return {
    kernel,
    cpus: own.cpus ?? all.cpus ?? 1,
    memory: own.memory ?? all.memory ?? 2 * GIB,
    volume: {
      size: volume.size ?? 4 * GIB,
      filesystem: volume.filesystem ?? 'ext4',
      device: volume.device ?? 'nvme',
      operations: volume.operations,
      bytes: volume.bytes,
    },
    start: own.start ?? all.start ?? [],
  };
}

function limitOf(asked: AskedVolume['operations']): Limit | undefined {
  if (asked === undefined) return undefined;
  return typeof asked === 'number'
    ? { rate: asked }
    : { rate: asked.rate, burst: asked.burst, burstSeconds: Math.max(1, Math.round(asked.for)) };
}

/** The name that the guest finds its volume by. */
export const VOLUME = 'volume';

export function diskOf({ size, device, operations, bytes }: PlannedMachine['volume']): GuestDisk {
  const [ofOperations, ofBytes] = [limitOf(operations), limitOf(bytes)];
  return {
    name: VOLUME,
    bytes: size,
    model: device,
    limits: { ...(ofOperations && { operations: ofOperations }), ...(ofBytes && { bytes: ofBytes }) },
  };
}

function limitWords(asked: AskedVolume['operations'], words: (rate: number) => string): string {
  if (asked === undefined) return '';
  if (typeof asked === 'number') return `, ${words(asked)} a second`;
  return `, ${words(asked.rate)} a second and ${words(asked.burst)} for ${duration(asked.for * 1000)} of credit`;
}

/** Each property in words, by its name: what tells two arms' machines apart. */
export function machineWords({ kernel, cpus, memory, volume, start }: PlannedMachine): ReadonlyMap<string, string> {
  const { size, filesystem, device, operations, bytes } = volume;
  const limits = `${limitWords(operations, (rate) => `${rate} operations`)}${limitWords(bytes, binary)}`;
  return new Map([
    ['kernel', kernel],
    ['CPUs', String(cpus)],
    ['memory', binary(memory)],
    ['volume', `${binary(size)} of ${filesystem} on ${device}${limits}`],
    ['programs', start.join('; ')],
  ]);
}
