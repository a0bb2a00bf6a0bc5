// How hard-pressed the machine is between two samples: its pressure, the CPUs' time of waiting for I/O, and how near its dirty pages are to the
// limit from which on writers are paused.
// Source: Documentation/accounting/psi.rst; proc_stat(5); nr_dirty_threshold of /proc/vmstat, in pages (mm/vmstat.c).

import { parseKeyValues } from '../../base/procfs/key-values.js';
import { type OpenFiles, readText } from '../../capture/files.js';
import { parsePressure, type Pressure } from '../../decode/procfs/pressure.js';
import { CPU_FIELDS, parseCpuLine } from '../../decode/procfs/stat.js';
import type { TopMachine } from '../../model/top.js';

const RESOURCES = ['io', 'memory', 'cpu'] as const;
type Resource = (typeof RESOURCES)[number];
const IO_WAIT = CPU_FIELDS.indexOf('iowait');

interface Reading {
  readonly ns: bigint;
  readonly pressure: Readonly<Partial<Record<Resource, Pressure>>>;
  readonly cpu: readonly number[];
}

export class MachineState {
  private readonly files: OpenFiles;
  private readonly pageBytes: number;
  private before: Reading | undefined;

  constructor(files: OpenFiles, pageBytes: number) {
    this.files = files;
    this.pageBytes = pageBytes;
  }

  /** Since the last call; shares are null at the first. */
  read(nowNs: bigint): Omit<TopMachine, 'waiting' | 'pressureFrom'> {
    const pressure: Partial<Record<Resource, Pressure>> = {};
    for (const name of RESOURCES) {
      const text = readText(this.files, `/proc/pressure/${name}`);
      if (text !== undefined) pressure[name] = parsePressure(text);
    }
    const cpu = parseCpuLine(this.files.readOnce('/proc/stat').toString('latin1')) ?? [];
    const now: Reading = { ns: nowNs, pressure, cpu };
    const { before } = this;
    this.before = now;
    const share = (resource: Resource) => (before ? shareOf(before, now, resource) : null);
    return {
      pressure: { io: share('io'), memory: share('memory'), cpu: share('cpu') },
      ioWait: before ? ioWaitOf(before.cpu, cpu) : null,
      ...this.dirty(),
    };
  }

  private dirty(): Pick<TopMachine, 'dirtyBytes' | 'dirtyLimitBytes'> {
    const values = parseKeyValues(this.files.read('/proc/vmstat').toString('latin1'));
    const bytes = (...names: readonly string[]): number | null => {
      const pages = names.map((name) => values.get(name));
      if (pages.includes(undefined) || Number.isNaN(this.pageBytes)) return null;
      return pages.reduce<number>((sum, count = 0) => sum + count, 0) * this.pageBytes;
    };
    return { dirtyBytes: bytes('nr_dirty', 'nr_writeback'), dirtyLimitBytes: bytes('nr_dirty_threshold') };
  }
}

function shareOf(
  before: Reading,
  now: Reading,
  resource: Resource,
): { some: number | null; full: number | null } | null {
  const [a, b] = [before.pressure[resource], now.pressure[resource]];
  if (!a || !b) return null;
  const us = Number(now.ns - before.ns) / 1000;
  const part = (kind: 'some' | 'full') => {
    const [from, to] = [a[kind], b[kind]];
    return from === undefined || to === undefined || us <= 0 ? null : Math.min(1, Math.max(0, (to - from) / us));
  };
  return { some: part('some'), full: part('full') };
}

function ioWaitOf(before: readonly number[], now: readonly number[]): number | null {
  const grown = now.map((value, index) => Math.max(0, value - (before[index] ?? value)));
  const all = grown.reduce((sum, value) => sum + value, 0);
  return all > 0 ? (grown[IO_WAIT] ?? 0) / all : null;
}
