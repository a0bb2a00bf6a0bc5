// Charts of the dirty-limit story (diagnosis.ts), and charts as large as a report has to bear.

import type {
  Band,
  Chart,
  ChartLine,
  Charts,
  Flight,
  Heatmap,
  StackNode,
  StateStacks,
  Waterfall,
} from '../../src/model/charts.js';
import { STATES } from '../../src/model/states.js';
import { generator } from '../../src/base/random.js';

const BIN_MS = 100;
const ONSET = 4100;
/** When the probe changes from one kind of writing to the next, ms. */
const PHASES = [
  { name: 'buffered', from: 500, to: 40_000 },
  { name: 'direct', from: 40_000, to: 49_800 },
  { name: 'fsync', from: 49_800, to: 59_500 },
] as const;

function phaseAt(ms: number): string | undefined {
  return PHASES.find((phase) => ms >= phase.from && ms < phase.to)?.name;
}

/** The story's charts: 60 s in bins of 0.1 s, from a seeded generator. */
export function storyCharts(): Charts {
  const random = generator(7);
  const noise = (size: number) => 1 + (random() - 0.5) * size;
  const bins = 600;
  const t = Float64Array.from({ length: bins }, (_, bin) => (bin + 0.5) * BIN_MS);
  const line = (name: string, value: (ms: number) => number) => ({ name, values: t.map((ms) => value(ms)) });
  const inPhase = (name: string) => (ms: number) => phaseAt(ms) === name;
  const throttled = (ms: number) => (phaseAt(ms) === 'buffered' && ms >= ONSET ? 97 : phaseAt(ms) === 'fsync' ? 95 : 0);
  const direct = inPhase('direct');
  const backup = (ms: number) => (ms > 31_000 && ms % 5000 < 1400 ? 110 * noise(0.3) : 0.1 * noise(1));
  const running = (ms: number) => (phaseAt(ms) === undefined ? 1 : throttled(ms) > 0 ? 2 : direct(ms) ? 12 : 96);
  const charts: Chart[] = [
    {
      id: 'victim',
      title: 'Where the time of iowitness-probe (4711) went',
      unit: '%',
      stacked: true,
      lines: [
        line(STATES['dirty-throttle'], throttled),
        line(STATES.running, running),
        line(STATES['block-device'], (ms) => (direct(ms) ? 86 : 0)),
        line(STATES.asleep, (ms) => Math.max(0, 100 - throttled(ms) - running(ms) - (direct(ms) ? 86 : 0))),
      ],
    },
    {
      id: 'probe',
      title: 'What the probe achieved',
      unit: 'MB/s',
      lines: [
        line('buffered writes', (ms) => (phaseAt(ms) !== 'buffered' ? NaN : ms < ONSET ? 262 * noise(0.1) : 0.005)),
        line('direct writes', (ms) => (direct(ms) ? 25.6 * noise(0.15) : NaN)),
        line('fsync writes', (ms) => (phaseAt(ms) === 'fsync' ? 0.0026 : NaN)),
      ],
    },
    {
      id: 'throughput',
      title: 'Throughput',
      unit: 'MB/s',
      lines: [
        line('vdb writes', (ms) => (direct(ms) ? 26 * noise(0.2) : ms < 5000 && ms > 900 ? 240 * noise(0.3) : 0.02)),
        line('vdb reads', () => 0),
        line('vda writes', () => 0.3 * noise(1.5)),
        line('vda reads', backup),
      ],
    },
    {
      id: 'iops',
      title: 'Requests per second',
      unit: 'IOPS',
      lines: [
        line('vdb writes', (ms) => (direct(ms) ? 6250 * noise(0.2) : ms < 5000 && ms > 900 ? 480 * noise(0.3) : 5)),
        line('vdb flushes', (ms) => (phaseAt(ms) === 'fsync' ? 5 : 0)),
        line('vda reads', (ms) => backup(ms) * 9),
      ],
    },
    {
      id: 'depth',
      title: 'Queue depth (average number of requests in flight)',
      unit: 'requests',
      lines: [
        line('vdb', (ms) => (direct(ms) ? 0.9 * noise(0.1) : ms < 5000 && ms > 900 ? 28 * noise(0.4) : 0.01)),
        line('vda', (ms) => backup(ms) / 30),
      ],
    },
    {
      id: 'dirty',
      title: 'Dirty pages against the limit',
      unit: 'MB',
      lines: [
        line('dirty', (ms) => (ms < 4000 ? 20 + ms / 21 : Math.max(0.02, 205 * Math.exp((4000 - ms) / 9000)))),
        line('being written back', (ms) => (ms < 5000 && ms > 900 ? 12 * noise(0.6) : 0)),
        line('limit', (ms) => (ms < 4000 ? 4620 : 0.00819)),
      ],
    },
    {
      id: 'pressure',
      title: 'Pressure (share of time in which tasks waited for the resource)',
      unit: '%',
      lines: [
        line('io, some tasks', (ms) => (throttled(ms) > 0 ? 96 * noise(0.04) : 4 * noise(1))),
        line('memory, some tasks', () => 0),
        line('cpu, some tasks', () => 0.6 * noise(1.5)),
      ],
    },
  ];
  return {
    t,
    binMs: BIN_MS,
    proof: storyProof(t, throttled),
    charts,
    bands: storyBands(),
    slowest: storySlowest('iowitness-probe'),
    heatmaps: storyHeatmaps(random),
    stacks: storyStacks(),
  };
}

/** Dirty pages far over a collapsed limit, with a tick for each pause, and the time lost to it. */
function storyProof(t: Float64Array, throttled: (ms: number) => number): Chart[] {
  const pauses = t.filter((ms) => throttled(ms) > 0);
  const line = (name: string, value: (ms: number) => number): ChartLine => ({ name, values: t.map(value) });
  return [
    {
      id: 'proof-dirty',
      title: 'Dirty bytes of vdb against its share of the limit',
      unit: 'MiB',
      logarithmic: true,
      lines: [
        { ...line('dirty for vdb', (ms) => (throttled(ms) > 0 ? 195 : 40)), subject: 'vdb' },
        { ...line('its share of the limit', (ms) => (throttled(ms) > 0 ? 0.004 : 900)), role: 'limit' },
      ],
      ticks: { name: 'pauses', t: pauses },
    },
    {
      id: 'lost',
      title: 'Time of iowitness-probe (4711) lost to it',
      unit: '%',
      stacked: true,
      lines: [
        { ...line('mem.dirty-limit', (ms) => throttled(ms)), role: 'lost' },
        { ...line('running', (ms) => 100 - throttled(ms)), role: 'rest' },
      ],
    },
  ];
}

function storyBands(): Band[] {
  return [
    ...PHASES.map((phase): Band => ({ kind: 'phase', label: phase.name, fromMs: phase.from, toMs: phase.to })),
    { kind: 'stall', label: 'mem.dirty-limit', fromMs: ONSET, toMs: 40_000 },
    { kind: 'stall', label: 'mem.dirty-limit', fromMs: 49_800, toMs: 59_500 },
    ...[35_000, 40_000, 45_000, 50_000, 55_000].map((from): Band => {
      return { kind: 'burst', label: 'burst of backup-agent', fromMs: from, toMs: from + 1400 };
    }),
  ];
}

function edges(count: number, edge: (at: number) => number): Float64Array {
  return Float64Array.from({ length: count + 1 }, (_, at) => edge(at));
}

function storyHeatmaps(random: () => number): Heatmap[] {
  const [columns, rows] = [300, 48];
  const grid = (device: string, title: string, count: (ms: number, row: number) => number): Heatmap => ({
    device,
    title,
    tEdges: edges(columns, (at) => at * 200),
    latencyEdgesUs: edges(rows, (at) => 10 * 10 ** ((at / rows) * 4)),
    counts: Float64Array.from({ length: rows * columns }, (_, at) =>
      Math.max(0, Math.round(count((at % columns) * 200, Math.floor(at / columns)) * (0.6 + 0.8 * random()))),
    ),
  });
  const bell = (row: number, middle: number, width: number) => Math.exp(-(((row - middle) / width) ** 2));
  return [
    grid('vdb', 'Latency of writes (dispatch to completion)', (ms, row) => {
      if (phaseAt(ms) === 'direct') return 300 * bell(row, 13, 2) + 3 * bell(row, 22, 4);
      return ms > 900 && ms < 5000 ? 40 * bell(row, 34, 5) : 0.7 * bell(row, 15, 2);
    }),
    grid('vdb', 'Latency of flushes (dispatch to completion)', (ms, row) =>
      phaseAt(ms) === 'fsync' ? bell(row, 24, 3) * 1.2 : 0,
    ),
  ];
}

/** As much as a report has to bear: 12 charts of 4 lines with 600 points, and two heatmaps of 600 by 80. */
export function largeCharts(): Charts {
  const random = generator(11);
  const t = Float64Array.from({ length: 600 }, (_, bin) => (bin + 0.5) * BIN_MS);
  const charts = Array.from({ length: 12 }, (_, chart): Chart => ({
    id: `chart-${chart}`,
    title: `Chart ${chart}`,
    unit: 'MB/s',
    lines: Array.from({ length: 4 }, (__, at) => ({ name: `line ${at}`, values: t.map(() => random() * 1e4) })),
  }));
  const heatmap = (device: string): Heatmap => ({
    device,
    title: 'Latency of writes',
    tEdges: edges(600, (at) => at * BIN_MS),
    latencyEdgesUs: edges(80, (at) => 10 ** (1 + at / 20)),
    counts: Float64Array.from({ length: 600 * 80 }, () => Math.floor(random() * 500)),
  });
  return {
    t,
    binMs: BIN_MS,
    proof: [],
    charts,
    bands: storyBands(),
    heatmaps: [heatmap('vdb'), heatmap('vdc')],
    slowest: [],
    stacks: [],
  };
}

/** The story's charts with one name for everything that has a name. */
export function hostileCharts(name: string): Charts {
  const story = storyCharts();
  return {
    ...story,
    proof: [],
    charts: story.charts.map((chart) => ({
      ...chart,
      id: name,
      title: name,
      unit: name,
      lines: chart.lines.map((line) => ({ ...line, name })),
    })),
    bands: story.bands.map((band) => ({ ...band, label: name })),
    heatmaps: story.heatmaps.map((heatmap) => ({ ...heatmap, device: name, title: name })),
    slowest: storySlowest(name),
  };
}

function storyStacks(): StateStacks[] {
  const leaf: StackNode = { frame: 'io_schedule_timeout', ms: 52_300, children: [] };
  const pause: StackNode = { frame: 'balance_dirty_pages', ms: 52_300, children: [leaf] };
  const roots: StackNode[] = [{ frame: 'ksys_write', ms: 52_300, children: [pause] }];
  return [{ state: 'dirty-throttle', ms: 52_300, share: 0.93, roots }];
}

/** Three slow requests of the story, each with two others beside it; `name` is who they are of. */
function storySlowest(name: string): Waterfall[] {
  const flight = (queued: number, dispatched: number, completed: number): Flight => ({
    who: name,
    kind: 'write',
    bytes: 4096,
    queued,
    dispatched,
    completed,
  });
  return [40, 20, 10].map((ms): Waterfall => ({
    device: name === 'iowitness-probe' ? 'vdb' : name,
    request: flight(50_000, 50_000 + ms / 2, 50_000 + ms),
    isAnswered: true,
    from: 50_000 - ms / 5,
    to: 50_000 + ms * 1.05,
    victim: [
      { state: 'dirty-throttle', from: 50_000 - ms / 5, to: 50_000 },
      { state: 'block-queue', from: 50_000, to: 50_000 + ms / 2 },
    ],
    company: [flight(49_990, 49_995, 50_000 + ms / 4), { ...flight(0, 50_001, 50_002), kind: 'flush', who: '' }],
    more: ms === 40 ? 3 : 0,
  }));
}
