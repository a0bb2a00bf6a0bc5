// The report's part about the block layer: the stages of I/O with their distributions, who asked, and the slowest requests.

import { binary, bytes, count, percent } from '../../base/format.js';
import { STAGES, type BlockStats, type StageTimes } from '../../model/block-stats.js';
import {
  companyText,
  deviceName,
  processName,
  shape,
  shareText,
  STAGE_HEAD,
  stageCells,
  stagesShown,
  timeText,
} from '../blkstats/words.js';
import { html, type Markup } from './markup.js';
import { code, section, table, type Column } from './parts.js';
import { requestText } from '../words.js';

const MOST_PROCESSES = 20;

const TIMES: readonly Column[] = STAGE_HEAD.map((title) => ({
  title,
  kind: 'figures',
}));

function shapeCell(one: StageTimes): Markup {
  return html`<span class="shape" aria-hidden="true">${shape(one)}</span>`;
}

function stages({ overall }: BlockStats): Markup {
  return table(
    'Times between stages, all devices; “shape” counts each doubling of time, from the fastest to the slowest',
    [
      { title: 'stage', kind: 'name' },
      ...TIMES,
      { title: 'of Q2C', kind: 'figures' },
      { title: 'shape' },
      { title: 'time spent', kind: 'name' },
    ],
    overall.map((one) => [one.stage, ...stageCells(one), shareText(one), shapeCell(one), STAGES[one.stage]]),
  );
}

function kinds(stats: BlockStats): Markup {
  const rows = stats.devices.flatMap((device) =>
    device.kinds.flatMap((kind) =>
      stagesShown(kind.stages).map((one) => [
        deviceName(stats, device.device),
        kind.kind,
        count(kind.requests),
        bytes(kind.bytes),
        one.stage,
        ...stageCells(one),
        shapeCell(one),
      ]),
    ),
  );
  return table(
    'By device and kind: before the device (Q2D), with it (D2C), in all (Q2C)',
    [
      { title: 'device', kind: 'name' },
      { title: 'kind' },
      { title: 'requests', kind: 'figures' },
      { title: 'bytes', kind: 'figures' },
      { title: 'stage' },
      ...TIMES,
      { title: 'shape' },
    ],
    rows,
  );
}

function devices(stats: BlockStats): Markup {
  const rows = stats.devices.map((device) => {
    const { merges, seeks, busy, standsOn } = device;
    return [
      deviceName(stats, device.device),
      standsOn.map((id) => deviceName(stats, id)).join(', ') || '–',
      count(device.bios),
      `${count(merges.back)} + ${count(merges.front)}`,
      count(device.splits),
      count(device.dispatches),
      device.requestSectors ? binary(device.requestSectors.mean * 512) : '–',
      seeks.dispatched ? percent(seeks.dispatched.sequential) : '–',
      percent(busy.share),
      count(Math.max(0, ...device.series.mostAtOnce)),
      count(device.requeues),
      count(device.errors),
    ];
  });
  const figures = [
    'bios',
    'merged back + front',
    'splits',
    'dispatches',
    'mean size',
    'sequential',
    'at work',
    'most at once',
    'requeues',
    'errors',
  ];
  return table(
    'Devices; what stands on another is counted again there and left out of the overall times',
    [
      { title: 'device', kind: 'name' },
      { title: 'stands on' },
      ...figures.map((title): Column => ({ title, kind: 'figures' })),
    ],
    rows,
  );
}

function processes(stats: BlockStats): Markup | undefined {
  const { processes: all } = stats;
  if (all.length === 0) return undefined;
  const time = (times: readonly StageTimes[], stage: StageTimes['stage']) =>
    timeText(times.find((one) => one.stage === stage)?.p99Ns);
  const rows = all
    .slice(0, MOST_PROCESSES)
    .map((one) => [
      processName(one),
      deviceName(stats, one.device),
      count(one.bios),
      count(one.merged),
      bytes(one.readBytes),
      bytes(one.writeBytes),
      count(one.flushes),
      time(one.stages, 'Q2D'),
      time(one.stages, 'D2C'),
    ]);
  const figures = ['bios', 'merged', 'read', 'written', 'flushes', 'Q2D p99', 'D2C p99'];
  return table(
    `Who queued I/O${all.length > rows.length ? ` (${rows.length} of ${all.length})` : ''}`,
    [
      { title: 'process', kind: 'name' },
      { title: 'device', kind: 'name' },
      ...figures.map((title): Column => ({ title, kind: 'figures' })),
    ],
    rows,
  );
}

function slowest(stats: BlockStats): Markup | undefined {
  if (stats.slowest.length === 0) return undefined;
  const rows = stats.slowest.map((one) => [
    timeText(one.completedNs),
    deviceName(stats, one.device),
    requestText(one),
    processName(one),
    one.queuedNs === undefined ? '–' : timeText(one.dispatchedNs - one.queuedNs),
    timeText(one.completedNs - one.dispatchedNs),
    companyText(one),
  ]);
  return table(
    'The slowest requests, and what else the device had meanwhile',
    [
      { title: 'ended at', kind: 'figures' },
      { title: 'device', kind: 'name' },
      { title: 'request', kind: 'name' },
      { title: 'process', kind: 'name' },
      { title: 'Q2D', kind: 'figures' },
      { title: 'D2C', kind: 'figures' },
      { title: 'meanwhile', kind: 'words' },
    ],
    rows,
  );
}

export function blockLayer(stats: BlockStats | undefined): Markup | undefined {
  if (!stats || stats.overall.length === 0) return undefined;
  return section(
    'block-layer',
    'Inside the block layer',
    stages(stats),
    stats.notTraced.length > 0 &&
      html`<p>
        A recording does not hold the stages ${stats.notTraced.join(', ')}: a block trace, made by
        ${code('iowitness trace')}, does.
      </p>`,
    kinds(stats),
    devices(stats),
    processes(stats),
    slowest(stats),
  );
}
