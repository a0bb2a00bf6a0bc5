// A whole diagnosis as `check` makes it, for tests of everything that shows one: the dirty-limit story. For a minute a probe writes
// small blocks while the machine's dirty limit is 2 pages: the writer sleeps in balance_dirty_pages and the disk idles.

import * as v from 'valibot';
import { DiagnosisSchema, type Diagnosis } from '../../src/model/diagnosis.js';

const STORY: Diagnosis = {
  schema: 'iowitness.diagnosis/2',
  tool: 'iowitness 0.1.0',
  recording: {
    path: '/var/tmp/iowitness-check-db-7-20260314-021205.iow',
    kind: 'recording',
    limits: [],
    id: '6f1c2f0e-5b0e-4f56-9f4e-0f6c1f1f7a11',
    host: 'db-7.example.net',
    kernel: '6.18.4',
    startedAt: '2026-03-14T02:12:05.000Z',
    durationMs: 60_000,
    complete: true,
    endedBecause: 'the probe is done',
    events: 184_223,
  },
  verdict: {
    cause: 'mem.dirty-limit',
    layer: 'page cache',
    sureness: 'sure',
    confidence: 0.97,
    score: 0.95,
    share: 0.934,
    since: '2026-03-14T02:12:09.100Z',
    sinceMs: 4100,
    fromStart: false,
    onset: { kind: 'sets-in', withinMs: [4060, 4180], p: 8e-6 },
    victim: { pid: 4711, name: 'iowitness-probe' },
    culprit: { kind: 'setting', name: 'vm.dirty_bytes=8192', file: '/proc/sys/vm/dirty_bytes' },
    sentence:
      'The page cache’s dirty limit is too low (8.19 kB, set by vm.dirty_bytes=8192): it held the writer for 93 % of its time while vdb was idle 99 % of it; the device is not to blame.',
    evidence: [
      {
        measure: 'time in the dirty throttle',
        value: '52.3 s (93 %)',
        figures: [
          { value: 52_300, unit: 'ms' },
          { value: 0.934, unit: 'share' },
        ],
        meaning: 'the writer was made to sleep in balance_dirty_pages',
        source: 'sched_switch with kernel stacks',
      },
      {
        measure: 'dirty limit in force',
        value: '8.19 kB = <0.1 % of the memory that can be dirty (23.1 GB)',
        figures: [],
        meaning: 'far under what memory allows; the kernel’s default is 20 %',
        source: '/proc/sys/vm/dirty_bytes',
      },
      {
        measure: 'pauses',
        value: '262, 200 ms on average',
        figures: [],
        meaning: 'the whole machine had 205 MB dirty of the 8.19 kB that it may; this device was to stay near 4.10 kB',
        source: 'writeback:balance_dirty_pages',
      },
      {
        measure: 'vdb while the writer was paused',
        value: 'busy 0.9 %',
        figures: [{ value: 0.009, unit: 'share' }],
        meaning: 'the device idled: it is not to blame',
        source: 'block:block_rq_issue, block:block_rq_complete',
      },
    ],
    advice: [
      {
        text: 'Put the limit back to a share of memory: `sysctl -w vm.dirty_ratio=20 vm.dirty_background_ratio=10`.',
        commands: [
          {
            command: 'sysctl -w vm.dirty_ratio=20 vm.dirty_background_ratio=10',
            changes: 'the machine’s dirty limit, until it is set again or the machine restarts',
            undo: '`sysctl -w vm.dirty_bytes=8192`',
          },
        ],
      },
      {
        text: 'Find what set it: grep for dirty_bytes in /etc/sysctl.conf, /etc/sysctl.d and the units that run sysctl.',
        commands: [],
      },
    ],
  },
  keyFigures: [
    {
      kind: 'lost',
      label: 'time lost',
      value: '52.3 s',
      figures: [{ value: 52_300, unit: 'ms' }],
      beside: '93 % of iowitness-probe’s 56 s',
    },
    {
      kind: 'measured',
      label: 'dirty limit',
      value: '8 KiB',
      figures: [{ value: 8192, unit: 'bytes' }],
      beside: '<0.1 % of the memory that can be dirty; the kernel’s default is 20 %',
    },
    {
      kind: 'device',
      label: 'vdb meanwhile',
      value: '1 % busy',
      figures: [{ value: 0.01, unit: 'share' }],
      beside: 'idle for 99 % of that time',
    },
    { kind: 'since', label: 'since', value: '02:12:09 UTC', figures: [], beside: '4.1 s into the 60 s of recording' },
  ],
  aboutOnset: {
    settings: [{ what: '/proc/sys/vm/dirty_bytes', before: '0', after: '8192', atMs: 4020 }],
    appeared: [{ pid: 612, name: 'logrotate', atMs: 3900, order: 'before' }],
    counters: [
      {
        id: 'vmstat.nr_dirty_threshold',
        label: 'nr_dirty_threshold (vmstat)',
        unit: 'count',
        kind: 'level',
        of: 'all',
        atMs: 3950,
        at: null,
        withinMs: [3900, 4000],
        before: { value: 412_000, text: '412,000' },
        after: { value: 2, text: '2' },
        p: 0.0004,
        order: 'before',
      },
    ],
    searched: 311,
  },
  also: [
    {
      cause: 'env.changed',
      layer: 'any',
      sureness: 'sure',
      confidence: 1,
      score: 1,
      share: 0,
      since: null,
      sinceMs: null,
      fromStart: false,
      onset: null,
      victim: { pid: 4711, name: 'iowitness-probe' },
      culprit: { kind: 'setting', name: '/proc/sys/vm/dirty_bytes', file: '/proc/sys/vm/dirty_bytes' },
      sentence: '3 things changed during the recording, first /proc/sys/vm/dirty_bytes, 4.00 s after its start.',
      evidence: [
        {
          measure: '/proc/sys/vm/dirty_bytes',
          value: '0 → 8192',
          figures: [],
          meaning: 'first seen 4.00 s after the start',
          source: 'settings compared once a second',
        },
      ],
      advice: [{ text: 'Compare the time of the change with the onset of the stall.', commands: [] }],
    },
  ],
  candidates: [],
  changes: [
    { what: '/proc/sys/vm/dirty_bytes', before: '0', after: '8192', atMs: 4000 },
    { what: '/proc/sys/vm/dirty_ratio', before: '20', after: '0', atMs: 4000 },
    { what: 'process backup-agent (5120)', before: null, after: '/usr/bin/backup-agent --nightly', atMs: 31_000 },
  ],
  accounting: [
    { state: 'dirty-throttle', ms: 52_304, share: 0.934, lostMs: 52_304 },
    { state: 'running', ms: 1792, share: 0.032, lostMs: 0 },
    { state: 'asleep', ms: 1008, share: 0.018, lostMs: 0 },
    { state: 'block-device', ms: 560, share: 0.01, lostMs: 0 },
    { state: 'journal', ms: 168, share: 0.003, lostMs: 0 },
    { state: 'unexplained', ms: 112, share: 0.002, lostMs: 0 },
    { state: 'runnable', ms: 56, share: 0.001, lostMs: 0 },
  ],
  accountingFrom: 'events',
  ruledOut: [
    { cause: 'blk.cgroup-limit', why: 'no I/O limit is set on the victim’s cgroups, and no bio waited to be let in' },
    { cause: 'blk.scheduler', why: 'requests waited 12 µs from insert to dispatch, 0.4 % of the victim’s time' },
    { cause: 'cpu.starved', why: 'the victim waited for a CPU 0.1 % of its time' },
    { cause: 'dev.errors', why: 'no request failed, none was requeued' },
    {
      cause: 'dev.neighbour',
      why: 'others’ requests were served during 0.3 % of the victim’s time: too little to matter',
    },
    { cause: 'dev.slow', why: 'vdb serves a request in 142 µs, 41 % of what an ordinary disk of its kind may take' },
    { cause: 'fs.journal', why: 'waiting for the journal took 0.3 % of the victim’s time' },
    {
      cause: 'mem.dirty-backpressure',
      why: 'vdb was busy 0.9 % of the time in which the writer was paused: it had room for what was held back',
    },
    { cause: 'mem.reclaim', why: 'the victim never reclaimed memory itself' },
    { cause: 'mem.swap', why: 'the victim never waited for its own swapped pages' },
  ],
  notChecked: [
    { cause: 'app.lock-convoy', why: 'no thread dump or futex events of the victim: record with `--threads`' },
    { cause: 'fs.inode-lock', why: 'this kernel lacks contention events (lock:contention_begin, Linux 5.19)' },
  ],
  losses: [
    {
      code: 'stacks-sampled',
      severity: 'info',
      sentence: 'The victim slept so often that kernel stacks were taken for a sample of its sleeps only.',
      remedy: 'Nothing to do: sleeps without a stack are counted with their neighbours of the same kind.',
      where: 'victim',
      count: 1200,
    },
    {
      code: 'event-missing',
      severity: 'degraded',
      sentence: 'This kernel lacks an event that the recorder asked for.',
      remedy: 'Nothing to do on this kernel; the causes that need the event say so.',
      where: 'lock:contention_begin',
    },
  ],
  phases: [
    {
      name: 'buffered',
      blockBytes: 512,
      ms: 39_500,
      operations: 41_000,
      bytes: 20_992_000,
      bytesPerSecond: 531_443,
      latencyUs: { p50: 2.1, p99: 200_180, max: 204_010 },
    },
    {
      name: 'direct',
      blockBytes: 4096,
      ms: 9800,
      operations: 61_250,
      bytes: 250_880_000,
      bytesPerSecond: 25_600_000,
      latencyUs: { p50: 142, p99: 310, max: 2900 },
    },
    {
      name: 'fsync',
      blockBytes: 512,
      ms: 9800,
      operations: 49,
      bytes: 25_088,
      bytesPerSecond: 2560,
      latencyUs: { p50: 200_300, p99: 203_000, max: 204_900 },
    },
  ],
  writers: [
    {
      device: 'vdb',
      layer: 'disk',
      process: 'iowitness-probe',
      pid: 4711,
      unit: 'postgresql.service',
      file: null,
      inode: null,
      deleted: false,
      writeBytes: 250_880_000,
      readBytes: 0,
      share: 0.903,
      via: 'direct',
      through: null,
    },
    {
      device: 'vdb',
      layer: 'disk',
      process: 'iowitness-probe',
      pid: 4711,
      unit: null,
      file: '/data/.iowitness-probe-4711',
      inode: 131,
      deleted: true,
      writeBytes: 20_996_096,
      readBytes: 0,
      share: 0.0756,
      via: 'flushed',
      through: null,
    },
    {
      device: 'vdb',
      layer: 'disk',
      process: 'jbd2/vdb-8',
      pid: 411,
      unit: null,
      file: null,
      inode: null,
      deleted: false,
      writeBytes: 5_242_880,
      readBytes: 0,
      share: 0.0189,
      via: 'journal',
      through: null,
    },
    {
      device: 'vdb',
      layer: 'disk',
      process: 'unknown',
      pid: null,
      unit: null,
      file: null,
      inode: null,
      deleted: false,
      writeBytes: 696_320,
      readBytes: 0,
      share: 0.0025,
      via: 'unattributed',
      through: null,
    },
    {
      device: 'vda',
      layer: 'disk',
      process: 'backup-agent',
      pid: 5120,
      unit: null,
      file: null,
      inode: 2_097_155,
      deleted: false,
      writeBytes: 0,
      readBytes: 734_003_200,
      share: 0.981,
      via: 'stacked',
      through: 'loop0',
    },
    {
      device: 'vda',
      layer: 'disk',
      process: 'rsyslogd',
      pid: 633,
      unit: null,
      file: null,
      inode: null,
      deleted: false,
      writeBytes: 14_221_312,
      readBytes: 0,
      share: 0.019,
      via: 'flushed',
      through: null,
    },
  ],
  machine: [
    { label: 'kernel', value: '6.18.4 (x86_64, lockdown: integrity)' },
    { label: 'machine', value: 'virtual (KVM), c5d.2xlarge' },
    { label: 'processors', value: '8 × Intel Xeon Platinum 8275CL' },
    { label: 'memory', value: '32.0 GB' },
    { label: 'filesystem', value: 'ext4 on vdb at /var/lib/postgresql (rw,noatime)' },
    { label: 'disk', value: 'vdb: 500 GB, solid state, scheduler none, nr_requests 256' },
    { label: 'dirty limits', value: 'vm.dirty_bytes=8192, vm.dirty_background_bytes=4096' },
  ],
};

/** The dirty-limit story with what the test wants to be different. */
export function aDiagnosis(different: Partial<Diagnosis> = {}): Diagnosis {
  return { ...structuredClone(STORY), ...different };
}

/** A diagnosis of a block trace, of which neither the machine nor the time of day is known. */
export function aTraceDiagnosis(): Diagnosis {
  const { recording, verdict } = STORY;
  return aDiagnosis({
    recording: {
      ...recording,
      path: '/var/tmp/sda',
      kind: 'block-trace',
      limits: ['Nobody was watched: the victim is chosen.', 'Not in a block trace: `settings`.'],
      id: null,
      host: null,
      kernel: null,
      startedAt: null,
      endedBecause: null,
    },
    verdict: { ...verdict, since: null, sinceMs: 4100 },
    keyFigures: [],
    aboutOnset: null,
    accountingFrom: 'requests',
    accounting: [{ state: 'outside-block', ms: 60_000, share: 1, lostMs: 0 }],
    also: [],
    changes: [],
    losses: [],
    phases: [],
    machine: [],
  });
}

/** The verdict of a machine on which nothing is wrong. */
export function aHealthyDiagnosis(): Diagnosis {
  const { verdict } = STORY;
  return aDiagnosis({
    verdict: {
      ...verdict,
      cause: 'healthy',
      layer: 'none',
      confidence: 0.95,
      share: 0,
      since: null,
      sinceMs: null,
      onset: null,
      culprit: null,
      sentence: 'No stall: vdb gave the writer what it can give; nothing held the victim up for long.',
      evidence: verdict.evidence.slice(3),
      advice: [{ text: 'If it is slow at other times, run check again while it is slow.', commands: [] }],
    },
    aboutOnset: null,
    also: [],
    changes: [],
    notChecked: [],
    losses: [],
  });
}

/** Names that try to leave the text they are put into: markup, a terminal's escape sequences, text that runs backwards. */
export const HOSTILE_NAMES = [
  '<script>window.hacked=1</script>',
  '"><img src=x onerror="window.hacked=1">',
  '</script><script>window.hacked=1</script><!--<script>',
  "' onmouseover='window.hacked=1",
  '\u001b[2J\u001b]0;owned\u0007',
  '\u202egpj.exe\u2066',
  'line\nbreak\ttab',
  'a'.repeat(300),
];

/** What must not reach a terminal from a name: control and bidirectional characters, but for the line breaks of our own. */
// eslint-disable-next-line no-control-regex
export const TERMINAL_CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** Fields that hold one of a few words: the schema refuses anything else. */
const CLOSED = ['schema', 'accountingFrom', 'kind', 'of', 'order', 'severity', 'sureness', 'unit', 'via'];

/** The story with a hostile name in every place that holds text from outside. */
export function aHostileDiagnosis(name: string): Diagnosis {
  const fill = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return CLOSED.includes(key) ? value : name;
    if (Array.isArray(value)) return value.map((inner: unknown) => fill(inner, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([inner, held]) => [inner, fill(held, inner)]));
  };
  return v.parse(DiagnosisSchema, fill(STORY, ''));
}
