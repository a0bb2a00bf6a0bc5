// Devices and their CPUs as blkparse knows them. In file mode a device is one input name; in pipe mode it is a device number.

import { IoStats } from './io-stats.js';
import { Skips } from './skips.js';
import type { Tracks } from './tracks.js';

export class CpuState {
  readonly cpu: number;
  readonly stats = new IoStats();
  /** Records that came by, whether or not the filter let them pass. */
  seen = 0;
  lastSequence = -1;
  readonly skips = new Skips();

  constructor(cpu: number) {
    this.cpu = cpu;
  }
}

export class DeviceState {
  /** The input's base name; absent in pipe mode. */
  readonly name: string | undefined;
  /** Kernel's dev_t; 0 as long as none is known, which in file mode is always. */
  number = 0;
  events = 0;
  firstTime = 0n;
  lastTimeHigh = 0;
  lastTimeLow = 0;
  readonly depth = [0, 0];
  readonly maxDepth = [0, 0];
  readonly tracks: Tracks;
  private readonly cpus = new Map<number, CpuState>();

  constructor(name: string | undefined, tracks: Tracks) {
    this.name = name;
    this.tracks = tracks;
  }

  get lastTime(): bigint {
    return (BigInt(this.lastTimeHigh) << 32n) | BigInt(this.lastTimeLow);
  }

  cpuState(cpu: number): CpuState {
    let state = this.cpus.get(cpu);
    if (!state) this.cpus.set(cpu, (state = new CpuState(cpu)));
    return state;
  }

  /** In the order of their numbers. */
  allCpus(): CpuState[] {
    return [...this.cpus.values()].sort((a, b) => a.cpu - b.cpu);
  }

  /** 'MAJOR,MINOR' */
  get numberText(): string {
    return `${this.number >>> 20},${this.number & 0xfffff}`;
  }
}

/** All devices, found by number as blkparse finds them: a device without a number takes the first that is asked for. */
export class DeviceTable {
  readonly list: DeviceState[] = [];
  private readonly newTracks: () => Tracks;

  constructor(newTracks: () => Tracks) {
    this.newTracks = newTracks;
  }

  addNamed(name: string): DeviceState {
    const device = new DeviceState(name, this.newTracks());
    this.list.push(device);
    return device;
  }

  byNumber(number: number): DeviceState {
    for (const device of this.list) {
      if (device.number === 0) device.number = number;
      if (device.number === number) return device;
    }
    const device = new DeviceState(undefined, this.newTracks());
    device.number = number;
    this.list.push(device);
    return device;
  }
}
