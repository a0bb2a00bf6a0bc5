// The figures of `blkstats` for a terminal: the stages of I/O first, then device by device, who asked, and the slowest requests.
// Names come from the machine and pass through harmless() before they are laid out.

import { binary, bytes, clockText, count, counted, figure, harmless, percent } from '../../base/format.js';
import {
  STAGES,
  type BlockStats,
  type DeviceStats,
  type ProcessStats,
  type SlowRequest,
  type StageTimes,
} from '../../model/block-stats.js';
import { LOSS_KINDS } from '../../model/losses.js';
import { columnsWithin, wrap } from '../text-layout.js';
import { writerLines } from '../writers.js';
import { requestText } from '../words.js';
import {
  blocks,
  companyText,
  deviceName,
  processName,
  shape,
  shareText,
  STAGE_HEAD,
  stageCells,
  stagesShown,
  timeText,
} from './words.js';

const MOST_PROCESSES = 12;
const MOST_SLOW = 10;
const INDENT = '  ';

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => INDENT + line)];
}

function stageTable(stages: readonly StageTimes[], width: number): string[] {
  const rows = stages.map((one) => [one.stage, ...stageCells(one), shareText(one), shape(one), STAGES[one.stage]]);
  return columnsWithin([['', ...STAGE_HEAD, 'of Q2C', 'shape', ''], ...rows], width, {
    right: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    // What a stage is stands in docs/blkstats.md.
    expendable: [11, 7, 2, 5, 10, 3, 9, 1],
  });
}

function kindTable(device: DeviceStats, width: number): string[] {
  const rows = device.kinds.flatMap((kind) =>
    stagesShown(kind.stages).map((one, at) => [
      at === 0 ? kind.kind : '',
      at === 0 ? count(kind.requests) : '',
      at === 0 ? bytes(kind.bytes) : '',
      one.stage,
      ...stageCells(one),
      shape(one),
    ]),
  );
  return columnsWithin([['', 'requests', 'bytes', '', ...STAGE_HEAD, 'shape'], ...rows], width, {
    right: [1, 2, 4, 5, 6, 7, 8, 9, 10, 11],
    expendable: [10, 5, 8, 12, 6, 4, 2, 1],
  });
}

function seekText(title: string, seeks: DeviceStats['seeks']['queued']): string[] {
  if (!seeks) return [];
  const figures = `mean ${figure(seeks.mean)}, median ${figure(seeks.median)}, 90 % within ${figure(seeks.p90)} sectors`;
  return [`${title}: ${percent(seeks.sequential)} went on where the one before ended; ${figures}`];
}

function deviceFacts(device: DeviceStats): string[] {
  const { merges, splits, dispatches, requeues, errors, unfinished, requestSectors, plug, busy, activeAtQueue } =
    device;
  const ratio = dispatches > 0 ? ` (${figure(device.bios / dispatches)} bios a dispatch)` : '';
  const facts = [
    `${counted(device.bios, 'bio')} queued, ${count(merges.back)} merged at the back and ${count(merges.front)} at the front, ${counted(splits, 'split')}, ${counted(dispatches, 'dispatch', 'dispatches')}${ratio}`,
  ];
  if (requeues + errors + unfinished > 0) {
    facts.push(
      `${counted(requeues, 'requeue')}, ${counted(errors, 'error')}, ${count(unfinished)} not completed in the trace`,
    );
  }
  if (requestSectors) {
    const { min, mean, max, total } = requestSectors;
    facts.push(
      `size of a request: ${binary(min * 512)} to ${binary(max * 512)}, mean ${binary(mean * 512)}; ${bytes(total * 512)} in all`,
    );
  }
  facts.push(
    ...seekText('seeks between arrivals', device.seeks.queued),
    ...seekText('seeks between dispatches', device.seeks.dispatched),
    `at work ${percent(busy.share)} of the time, in ${counted(busy.periods, 'period')} of ${timeText(busy.meanNs)} on average, ${timeText(busy.meanIdleNs)} apart; ${figure(activeAtQueue)} others waited when a bio arrived`,
  );
  if (plug) {
    facts.push(
      `plugged ${percent(plug.plugged)} of the time: ${count(plug.plugs)} unplugs of ${figure(plug.iosPerUnplug)} I/Os, ${count(plug.timerUnplugs)} by timer of ${figure(plug.iosPerTimerUnplug)}`,
    );
  }
  facts.push(`queue depth over time: ${depthLine(device)}`);
  return facts;
}

/** The depth as a line of at most 60 characters, with its largest value. */
function depthLine({ series }: DeviceStats): string {
  const { depth, mostAtOnce, binNs } = series;
  const each = Math.max(1, Math.ceil(depth.length / 60));
  const means = Array.from({ length: Math.ceil(depth.length / each) }, (_, at) => {
    const part = depth.slice(at * each, (at + 1) * each);
    return part.reduce((sum, one) => sum + one, 0) / part.length;
  });
  const top = Math.max(...means, 0);
  return `${blocks(means)} up to ${figure(top)} on average over ${timeText(binNs * each)}, ${count(Math.max(...mostAtOnce, 0))} at once`;
}

function processTable(all: readonly ProcessStats[], stats: BlockStats, width: number): string[] {
  const several = stats.devices.length > 1;
  const time = (one: ProcessStats, stage: StageTimes['stage'], which: 'p50Ns' | 'p99Ns') =>
    timeText(one.stages.find((times) => times.stage === stage)?.[which]);
  const rows = all
    .slice(0, MOST_PROCESSES)
    .map((one) => [
      harmless(processName(one)),
      ...(several ? [harmless(deviceName(stats, one.device))] : []),
      count(one.bios),
      count(one.merged),
      bytes(one.readBytes),
      bytes(one.writeBytes),
      count(one.flushes),
      time(one, 'Q2D', 'p50Ns'),
      time(one, 'Q2D', 'p99Ns'),
      time(one, 'D2C', 'p50Ns'),
      time(one, 'D2C', 'p99Ns'),
    ]);
  if (rows.length === 0) return [];
  const figures = ['bios', 'merged', 'read', 'written', 'flushes', 'Q2D p50', 'Q2D p99', 'D2C p50', 'D2C p99'];
  const head = ['', ...(several ? ['device'] : []), ...figures];
  const first = several ? 2 : 1;
  const lines = columnsWithin([head, ...rows], width, {
    right: head.map((_, at) => at).slice(first),
    expendable: [first + 1, first + 4, first + 5, first + 7, first + 6, first + 2, ...(several ? [1] : []), first],
  });
  const left = all.length - rows.length;
  return left > 0 ? [...lines, `and ${left} more: see --json`] : lines;
}

function slowTable(all: readonly SlowRequest[], stats: BlockStats, width: number): string[] {
  const rows = all
    .slice(0, MOST_SLOW)
    .map((one) => [
      timeText(one.completedNs),
      harmless(deviceName(stats, one.device)),
      requestText(one),
      harmless(processName(one)),
      one.queuedNs === undefined ? '–' : timeText(one.dispatchedNs - one.queuedNs),
      timeText(one.completedNs - one.dispatchedNs),
      harmless(companyText(one)),
    ]);
  if (rows.length === 0) return [];
  return columnsWithin([['ended at', 'device', '', '', 'Q2D', 'D2C', 'meanwhile with the device'], ...rows], width, {
    right: [0, 4, 5],
    expendable: [6, 1, 0, 3],
  });
}

/** `width` is that of the terminal: where it is too narrow for a table, columns are left out that --json and --csv have. */
export function renderBlockStats(stats: BlockStats, width = Infinity): string {
  const { source, devices, overall, notTraced, losses } = stats;
  const within = width - INDENT.length;
  const from = source.startedAt === null ? '' : `, from ${clockText(source.startedAt)}`;
  const lines = [
    ...wrap(
      `${harmless(source.path)}: ${count(source.records)} records of ${devices.length === 1 ? 'one device' : `${devices.length} devices`} in ${timeText(source.durationNs)}${from}`,
      width,
      INDENT,
    ),
    ...section('Times between stages, all devices', overall.length === 0 ? [] : stageTable(overall, within)),
  ];
  if (notTraced.length > 0) {
    lines.push(`  A recording does not hold ${notTraced.join(', ')}: \`iowitness trace\` does.`);
  }
  for (const device of devices) {
    const below = device.standsOn.map((id) => harmless(deviceName(stats, id)));
    const layer = below.length === 0 ? '' : `, stands on ${below.join(', ')}: not in the overall figures`;
    lines.push(
      ...section(`${harmless(deviceName(stats, device.device))} (${device.device})${layer}`, [
        ...kindTable(device, within),
        ...deviceFacts(device).flatMap((fact) => wrap(fact, within, INDENT)),
      ]),
    );
  }
  lines.push(
    ...section('Processes', processTable(stats.processes, stats, within)),
    ...section('Who used which device', writerLines(stats.writers ?? [], { devices: 4, programs: 8 }, within).lines),
    ...section('The slowest requests', slowTable(stats.slowest, stats, within)),
    ...section(
      'Lost',
      losses.flatMap(({ code, where, count: many }) => {
        const times = many === undefined ? '' : ` (${count(many)})`;
        const { sentence, remedy } = LOSS_KINDS[code];
        return [`${harmless(where)}: ${sentence}${times}`, `→ ${remedy}`].flatMap((text) => wrap(text, within, INDENT));
      }),
    ),
  );
  return lines.join('\n');
}
