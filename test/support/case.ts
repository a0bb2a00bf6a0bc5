// The smallest case there is, for tests that add what they need: nothing recorded, no facts, no victim.

import type { Case } from '../../src/model/case.js';
import type { Counters, Series } from '../../src/model/counters.js';
import type { Facts } from '../../src/model/facts.js';
import { emptyCase } from '../../src/open/foreign-case.js';

export function series(t: readonly number[], columns: Readonly<Record<string, readonly number[]>>): Series {
  return {
    t: Float64Array.from(t),
    columns: new Map(Object.entries(columns).map(([name, values]) => [name, Float64Array.from(values)])),
  };
}

const EMPTY = series([], {});

export const NO_COUNTERS: Counters = {
  disks: new Map(),
  diskNames: new Map([['7:0', 'loop0']]),
  vmstat: EMPTY,
  meminfo: series([0], { MemFree: [1e7], 'Active(file)': [1e6], 'Inactive(file)': [1e6] }),
  cpu: EMPTY,
  pressure: new Map(),
  processes: new Map(),
  threads: new Map(),
  bdi: new Map(),
  cgroups: new Map(),
};

/** Facts with one ext4 volume on loop0, mounted at /data. */
export function someFacts(different: Partial<Facts> = {}): Facts {
  return {
    atMs: 0,
    when: 'start',
    files: new Map(),
    devices: new Map([
      ['7:0', { id: '7:0', name: 'loop0', queue: new Map([['scheduler', '[none]']]), beneath: [], bdi: new Map() }],
    ]),
    mounts: [{ device: '7:0', mountPoint: '/data', root: '/', type: 'ext4', source: '/dev/loop0', options: 'rw' }],
    limits: [],
    processes: [],
    cpus: 2,
    kernel: '6.1.0',
    summary: new Map(),
    ...different,
  };
}

export function aCase(different: Partial<Case> = {}): Case {
  return {
    ...emptyCase('test.iow', 'recording'),
    manifest: {
      format: 'iowitness-recording',
      version: 2,
      tool: 'iowitness 0',
      id: 'test',
      host: 'host',
      kernel: '6.1.0',
      plan: { command: 'check', hz: 10, events: true, directory: '/data' },
      start: { monotonicNs: '0', wallMs: 0 },
    },
    pageBytes: 4096,
    ticksPerSecond: 100,
    durationMs: 1000,
    facts: [someFacts()],
    counters: NO_COUNTERS,
    ...different,
  };
}
