// What is expected of a disk, in words: `p99 fdatasync < 10ms`, `mean write < 1ms`, `throughput > 200MB/s`, `iops > 5000`; and whether what was
// measured meets it. A percentile is judged by how many latencies reached the limit (the exact binomial test), so that a few hundred of them
// say nothing of one in a thousand.

import { UsageError } from '../../base/errors.js';
import { normalTails } from '../../statistics/distributions.js';
import { duration, percent, rate } from '../../base/format.js';
import { ENOUGH } from '../../model/thresholds/measuring.js';

/** What is timed: write(2) of a block, read(2) of one, the flush behind a block, open(2) of the output. */
export const TIMED = ['write', 'read', 'fdatasync', 'fsync', 'open'] as const;
export type Timed = (typeof TIMED)[number];

export interface Expectation {
  readonly text: string;
  /** Of a percentile the share of latencies that are below it. */
  readonly measure: 'percentile' | 'mean' | 'max' | 'throughput' | 'iops';
  readonly share?: number;
  /** Absent for throughput and iops. */
  readonly of?: Timed;
  readonly isBelow: boolean;
  /** Latencies in ms, throughput in bytes a second. */
  readonly limit: number;
}

/** What was measured of one kind of call. */
export interface Sample {
  readonly count: number;
  /** ms. */
  readonly mean: number;
  readonly max: number;
  readonly quantile: (share: number) => number;
  /** How many took as long as the limit, or longer. */
  readonly over: number;
}

export interface Judgement {
  readonly outcome: 'met' | 'not met' | 'no verdict';
  /** What was measured, in words. */
  readonly found: string;
}

const TIMES: Readonly<Record<string, number>> = { ns: 1e-6, us: 0.001, µs: 0.001, ms: 1, s: 1000 };
const RATES: Readonly<Record<string, number>> = {
  'B/s': 1,
  'kB/s': 1e3,
  'MB/s': 1e6,
  'GB/s': 1e9,
  'KiB/s': 1024,
  'MiB/s': 1024 ** 2,
  'GiB/s': 1024 ** 3,
};
const FORM = /^\s*(?:(p\d+(?:\.\d+)?|max|mean)\s+([a-z]+)|(throughput|iops))\s*([<>])=?\s*(\d+(?:\.\d+)?)\s*(\S*)\s*$/;

function refuse(text: string, why: string): never {
  throw new UsageError(
    `--expect ‘${text}’: ${why}; write for example p99 fdatasync < 10ms, max write < 1s, throughput > 200MB/s or iops > 5000.`,
  );
}

function noUnit(number: string | undefined, unit: string, of: string): string {
  return unit === '' ? `${number} has no unit of ${of}` : `${unit} is no unit of ${of}`;
}

/** Throws a UsageError for what is no expectation. */
export function parseExpectation(text: string): Expectation {
  const [, measure = '', call, whole, relation, number, unit = ''] = FORM.exec(text) ?? [];
  const value = Number(number);
  const isBelow = relation === '<';
  if (whole === 'iops') {
    if (unit !== '' && unit !== '/s') refuse(text, `${unit} is no unit of IOPS`);
    return { text, measure: 'iops', isBelow, limit: value };
  }
  if (whole === 'throughput') {
    const factor = RATES[unit];
    if (factor === undefined) refuse(text, noUnit(number, unit, 'throughput'));
    return { text, measure: 'throughput', isBelow, limit: value * factor };
  }
  if (measure === '') refuse(text, 'that is not understood');
  const of = TIMED.find((name) => name === call);
  if (of === undefined) refuse(text, `there is no ${call}; there are ${TIMED.join(', ')}`);
  const factor = TIMES[unit];
  if (factor === undefined) refuse(text, noUnit(number, unit, 'time'));
  const limit = value * factor;
  if (measure === 'max' || measure === 'mean') return { text, measure, of, isBelow, limit };
  const share = Number(measure.slice(1)) / 100;
  if (!(share > 0 && share < 1)) refuse(text, `${measure} is no percentile`);
  return { text, measure: 'percentile', share, of, isBelow, limit };
}

const EXACT_UP_TO = 1000;

/** The chance that of so many trials at most `most` hit, each with this chance: exact, and by the normal law where that is as good. */
function atMost(most: number, trials: number, chance: number): number {
  if (most < 0) return 0;
  if (most >= trials) return 1;
  const variance = trials * chance * (1 - chance);
  if (variance > EXACT_UP_TO) return normalBelow((most + 0.5 - trials * chance) / Math.sqrt(variance));
  let logTerm = trials * Math.log1p(-chance);
  let sum = Math.exp(logTerm);
  for (let hits = 1; hits <= most; hits += 1) {
    logTerm += Math.log((trials - hits + 1) / hits) + Math.log(chance) - Math.log1p(-chance);
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}

/** The normal distribution's share below a value. */
function normalBelow(value: number): number {
  const tail = normalTails(value) / 2;
  return value > 0 ? 1 - tail : tail;
}

function judgePercentile({ isBelow, share = 0.5, limit }: Expectation, sample: Sample): Judgement {
  const { count, over } = sample;
  const chance = 1 - share;
  const found = `${percent(over / count)} of ${count} took ${duration(limit)} or longer, p${Number((share * 100).toFixed(6))} is ${duration(sample.quantile(share))}`;
  const isWithin = atMost(over, count, chance) <= ENOUGH.byChance;
  const isBeyond = 1 - atMost(over - 1, count, chance) <= ENOUGH.byChance;
  if (!isWithin && !isBeyond) {
    const least = Math.ceil(Math.log(ENOUGH.byChance) / Math.log1p(-chance));
    return {
      outcome: 'no verdict',
      found: `${found}: too few to tell${count < least ? `, it takes ${least} at least` : ''}`,
    };
  }
  return { outcome: isWithin === isBelow ? 'met' : 'not met', found };
}

/** Whether what was measured meets it. `total` is of the whole copy: bytes and blocks a second. */
export function judgeExpectation(
  expectation: Expectation,
  sample: Sample | undefined,
  total: { readonly bytesPerSecond: number; readonly blocksPerSecond: number },
): Judgement {
  const { measure, of, isBelow, limit } = expectation;
  const compare = (value: number, found: string): Judgement => ({
    outcome: (isBelow ? value < limit : value > limit) ? 'met' : 'not met',
    found,
  });
  if (of === undefined && Number.isNaN(total.bytesPerSecond))
    return { outcome: 'no verdict', found: 'nothing was copied' };
  if (measure === 'throughput') return compare(total.bytesPerSecond, `it was ${rate(total.bytesPerSecond)}`);
  if (measure === 'iops') return compare(total.blocksPerSecond, `they were ${Math.round(total.blocksPerSecond)}`);
  if (!sample || sample.count === 0) return { outcome: 'no verdict', found: `there was no ${of}` };
  if (measure === 'percentile') return judgePercentile(expectation, sample);
  const value = measure === 'max' ? sample.max : sample.mean;
  return compare(value, `it was ${duration(value)}, of ${sample.count}`);
}
