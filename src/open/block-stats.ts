// A block trace or a recording → the figures of `blkstats`. Stands above the folders for the reason that open-case.ts does: it opens,
// decodes and measures.

import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { figuresOf } from '../analysis/block-stats/figures.js';
import { RecordTaker } from './from-records.js';
import { inputFormAt } from './form.js';
import { meterOf, type ReadingProgress } from './reading-meter.js';
import { BlockMeter } from '../analysis/block-stats/meter.js';
import { UserError } from '../base/errors.js';
import { isoTime } from '../base/format.js';
import { noRecords, traceFilesAt } from '../decode/blktrace/files.js';
import { mergeByTime } from '../decode/blktrace/merge.js';
import { openTrace } from '../decode/blktrace/recognised.js';
import type { BlockStats } from '../model/block-stats.js';
import type { Loss } from '../model/losses.js';

/** Reads a trace (BASE, one of its files, a merged file) or a recording's folder. Throws a UserError where there is neither. */
export async function readBlockStats(path: string, tool: string, progress?: ReadingProgress): Promise<BlockStats> {
  const isRecording = existsSync(join(path, 'manifest.json'));
  if (!isRecording && (await inputFormAt(path)) === 'block-trace') return await statsOfTrace(path, tool, progress);
  // What decodes and measures recordings is loaded only where there is one.
  const [{ openCase }, { measure }, { statsOfRecording }] = await Promise.all([
    import('./recording.js'),
    import('../analysis/measures.js'),
    import('../analysis/block-stats/of-recording.js'),
  ]);
  return statsOfRecording(measure(await openCase(path, progress ? { progress } : {})), tool);
}

/** The figures of a block trace. Throws a UserError where there is none. */
export async function statsOfTrace(path: string, tool: string, progress?: ReadingProgress): Promise<BlockStats> {
  const files = await traceFilesAt(path);
  const paths = files.map((file) => file.path);
  const readTo = meterOf(paths, progress);
  const meter = new BlockMeter();
  const taker = new RecordTaker(meter);
  const losses: Loss[] = [];
  const first = await mergeByTime(
    await Promise.all(
      files.map(async ({ path: file, cpu }) => ({
        source: await openTrace(file, (loss) => losses.push(loss), readTo),
        ...(cpu !== undefined && { cpu }),
      })),
    ),
    (loss) => losses.push(loss),
    (batch, row, t) => taker.take(batch, row, t),
  );
  if (!first || Number.isNaN(taker.firstNs)) throw new UserError(noRecords(path, paths, losses));
  if (taker.sequences.gaps > 0) losses.push({ code: 'blktrace-gaps', where: path, count: taker.sequences.gaps });
  if (meter.follower.forgotten > 0)
    losses.push({ code: 'blktrace-incomplete', where: path, count: meter.follower.forgotten });
  const { passedOver } = taker.devices;
  if (passedOver > 0) losses.push({ code: 'beyond-bounds', where: 'records of further devices', count: passedOver });
  const stamp = taker.clock.before(first, meter.lastNs);
  const name =
    meter.devices.length === 1 ? basename(files[0]?.path ?? '').replace(/\.blktrace\.\d+(\.gz|\.zst)?$/, '') : '';
  return {
    schema: 'iowitness.blkstats/1',
    tool,
    source: {
      path,
      kind: 'block-trace',
      records: taker.records,
      startedAt: stamp ? (isoTime(stamp.wallMs + (stamp.ns + taker.firstNs) / 1e6) ?? null) : null,
      durationNs: meter.lastNs,
    },
    notTraced: [],
    ...figuresOf(meter, {
      device: () => (name === '' ? undefined : name),
      process: (pid) => taker.processName(pid),
    }),
    losses,
  };
}
