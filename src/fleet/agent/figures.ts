// Figures of seconds → rows of minutes, a device each, and of hours. A latency is kept as a histogram of powers of two, so that a burst of one second is
// still seen among many minutes and hosts.

import { addTo, entry } from '../../base/maps.js';
import type { HourRow, MinuteRow } from '../../model/fleet-rows.js';
import type { Minute } from '../../model/history.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const FIGURE = /^(.+)\.(reads|writes|read_kib|written_kib|busy_ms|wait_us)$/;

interface Device {
  reads: number;
  writes: number;
  read_kib: number;
  written_kib: number;
  busy_ms: number;
  readonly waits: Map<number, number>;
}

function newDevice(): Device {
  return { reads: 0, writes: 0, read_kib: 0, written_kib: 0, busy_ms: 0, waits: new Map() };
}

interface Hour {
  watchedSeconds: number;
  lostSeconds: number;
  requests: number;
  kib: number;
}

/** What is over after a second. */
export interface Ended {
  readonly minutes: readonly MinuteRow[];
  readonly hours: readonly HourRow[];
}

export class Figures {
  private readonly host: string;
  private minuteMs = NaN;
  private hourMs = NaN;
  private devices = new Map<string, Device>();
  private hour: Hour = { watchedSeconds: 0, lostSeconds: 0, requests: 0, kib: 0 };

  constructor(host: string) {
    this.host = host;
  }

  /** The figures of the second that ends at `atMs` of the wall clock. */
  add(atMs: number, figures: ReadonlyMap<string, number>): Ended {
    const ended = this.endBefore(atMs);
    this.hour.watchedSeconds += 1;
    if ((figures.get('lost') ?? 0) > 0) this.hour.lostSeconds += 1;
    for (const [name, value] of figures) {
      const [, device, figure] = FIGURE.exec(name) ?? [];
      if (device !== undefined && figure !== undefined) this.take(device, figure, value);
    }
    return ended;
  }

  /** What is left of a minute, as `add` would have had it second by second, but that waits below 64 µs are told as 0. */
  addMinute({ from, seconds, figures }: Minute): Ended {
    const ended = this.endBefore(Date.parse(from));
    this.hour.watchedSeconds += seconds;
    for (const [name, { sum, histogram }] of Object.entries(figures)) {
      // How many were lost in which second is not kept, but that none was is.
      if (name === 'lost') this.hour.lostSeconds += Math.min(seconds, sum);
      const [, device, figure] = FIGURE.exec(name) ?? [];
      if (device === undefined || figure === undefined) continue;
      if (figure === 'wait_us') for (const [waitUs, many] of histogram) this.takeWait(device, waitUs, many);
      else this.take(device, figure, sum);
    }
    return ended;
  }

  private takeWait(name: string, waitUs: number, many: number): void {
    addTo(entry(this.devices, name, newDevice).waits, waitUs < 1 ? 0 : 2 ** Math.floor(Math.log2(waitUs)), many);
  }

  private take(name: string, figure: string, value: number): void {
    const device = entry(this.devices, name, newDevice);
    switch (figure) {
      case 'reads':
      case 'writes':
        device[figure] += value;
        this.hour.requests += value;
        break;
      case 'read_kib':
      case 'written_kib':
        device[figure] += value;
        this.hour.kib += value;
        break;
      case 'busy_ms':
        device.busy_ms += value;
        break;
      case 'wait_us':
        this.takeWait(name, value, 1);
    }
  }

  /** Ends the minute and the hour that a moment lies behind. A clock that is set back ends them as well. */
  private endBefore(atMs: number): Ended {
    const [minuteMs, hourMs] = [Math.floor(atMs / MINUTE_MS) * MINUTE_MS, Math.floor(atMs / HOUR_MS) * HOUR_MS];
    const minutes = minuteMs === this.minuteMs ? [] : this.endMinute();
    const hours = hourMs === this.hourMs ? [] : this.endHour();
    this.minuteMs = minuteMs;
    this.hourMs = hourMs;
    return { minutes, hours };
  }

  private endMinute(): MinuteRow[] {
    const { host, minuteMs: atMs } = this;
    const rows = [...this.devices].map(([device, one]): MinuteRow => ({
      host,
      atMs,
      device,
      reads: one.reads,
      writes: one.writes,
      readKib: one.read_kib,
      writtenKib: one.written_kib,
      busyMs: one.busy_ms,
      waits: [...one.waits].sort((a, b) => a[0] - b[0]),
    }));
    this.devices = new Map();
    return rows;
  }

  private endHour(): HourRow[] {
    const { host, hourMs, hour } = this;
    this.hour = { watchedSeconds: 0, lostSeconds: 0, requests: 0, kib: 0 };
    return hour.watchedSeconds === 0 ? [] : [{ host, hourMs, ...hour }];
  }

  /** What has gathered, when nothing follows. */
  end(): Ended {
    return { minutes: this.endMinute(), hours: this.endHour() };
  }
}
