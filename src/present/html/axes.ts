// What stands on a chart's axes: round values with their place on the scale, and moments from the recording's start. The drawings of the page and
// of the pictures use it, and the script for its own axes.

import { figure } from '../../base/format.js';
import { heightOn, type Scale } from './scale.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Distances between marks of the time axis, ms. */
export const TIME_STEPS = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 28].map((days) => days * DAY),
];
const MOST_MOMENTS = 8;
/** Besides zero. */
const MOST_VALUES = 4;
const ROUND = [1, 2, 5, 10];

export interface Mark {
  /** Between the axis' ends, 0 to 1. */
  readonly at: number;
  readonly text: string;
}

/** A value on an axis: as figures are told, without zeros that say nothing. */
export function axisText(value: number): string {
  return figure(value)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

/** Moments this far apart, and the first of a recording, are told in milliseconds. */
const SHORT = 100;

/** A moment from the start: '12.5 s', '2:05', '3:20:00'; beside others that are `apart` (ms) as they are: '5 ms', '1:00'. */
export function momentText(ms: number, apart = 0): string {
  const isShort = apart > 0 ? apart < SHORT && Math.abs(ms) < SECOND : Math.abs(ms) < SHORT;
  if (isShort && ms !== 0) return `${Number(ms.toFixed(1))} ms`;
  if (Math.abs(ms) < 2 * MINUTE && apart < MINUTE) return ms === 0 ? '0 s' : `${Number((ms / SECOND).toFixed(3))} s`;
  const seconds = Math.round(ms / SECOND);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** 0, `step`, 2 `step` … up to `end`. */
function multiples(step: number, end: number): number[] {
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, at) => at * step);
}

/** Round values of a scale; of one over powers of ten, those powers. */
export function valueMarks(scale: Scale): Mark[] {
  const { low, high, logarithmic } = scale;
  const mark = (value: number): Mark => ({ at: heightOn(scale, value), text: axisText(value) });
  if (logarithmic) {
    const first = Math.round(Math.log10(low));
    const decades = Math.round(Math.log10(high)) - first;
    const apart = Math.ceil(decades / MOST_VALUES);
    return multiples(apart, decades).map((power) => mark(Number(`1e${first + power}`)));
  }
  const size = 10 ** Math.floor(Math.log10(high / MOST_VALUES));
  const step = size * (ROUND.find((one) => (one * size * MOST_VALUES) / high >= 1 - 1e-9) ?? 10);
  return multiples(step, high).map(mark);
}

/** Round moments of a recording that lasts until `endMs`. */
export function timeMarks(endMs: number): Mark[] {
  const step = TIME_STEPS.find((one) => endMs / one <= MOST_MOMENTS) ?? endMs;
  return step > 0
    ? multiples(step, endMs).map((moment) => ({ at: moment / endMs, text: momentText(moment, step) }))
    : [];
}
