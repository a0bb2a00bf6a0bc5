// The upper part of the screen: devices with whose their bytes are, the machine's pressure, and the line of the verdict.

import { binary, bytes, duration, percent } from '../../base/format.js';
import type { TopDevice, TopSample } from '../../model/top.js';
import { pad, wrap } from '../../present/text-layout.js';
import type { Screen } from './screen.js';
import { span, type Line, type Look, type Span } from './spans.js';

/** From these shares on something is worth a look, and is bad. */
const WARM = 0.1;
const HOT = 0.6;

const HEADS = ['DEVICE', 'READ', 'WRITE', 'IO/s', 'QUEUE', 'WAIT', 'BUSY', 'PROCESSES', 'KERNEL', 'NOBODY', 'ON'];
/** What a device stands on is worth no less room. */
const LEAST_LAYER = 22;
const WIDTHS = [8, 7, 7, 6, 5, 7, 5, 9, 7, 7];
const BUSY = HEADS.indexOf('BUSY');
/** What a narrow terminal has no room for, the first one first; `iowitness top --json` has all. */
const LEFT_OUT = ['ON', 'NOBODY', 'KERNEL', 'PROCESSES', 'QUEUE', 'IO/s', 'READ', 'WRITE'];

/** The columns that there is room for, by their numbers. */
function columnsIn(width: number): number[] {
  const shown = new Set(HEADS.keys());
  const taken = () => [...shown].reduce((sum, column) => sum + 1 + (WIDTHS[column] ?? LEAST_LAYER), -1);
  for (const head of LEFT_OUT) if (taken() > width) shown.delete(HEADS.indexOf(head));
  return [...shown];
}

function warmth(share: number): Look | undefined {
  if (share >= HOT) return 'hot';
  return share >= WARM ? 'warm' : undefined;
}

/** The devices that did most, but for those that are idle, and a line for how many more there are. */
export function deviceLines(
  { devices, seconds }: TopSample,
  most: number,
  width: number,
  isIdle: (device: string) => boolean,
): Line[] {
  const awake = devices.filter(({ name }) => !isIdle(name));
  const ranked = awake.toSorted((a, b) => b.busy - a.busy || traffic(b) - traffic(a) || a.name.localeCompare(b.name));
  const idle = devices.length - ranked.length;
  const shown = ranked.length + Math.min(idle, 1) > most ? ranked.slice(0, most - 1) : ranked;
  const columns = columnsIn(width);
  const head = [span(columns.map((column) => cellOf(HEADS[column] ?? '', column)).join(' '), 'head')];
  const lines = shown.map((device) => deviceLine(device, seconds, columns));
  const left = ranked.length - shown.length;
  const others = [...(left > 0 ? [`+${left} more`] : []), ...(idle > 0 ? [`+${idle} idle`] : [])];
  return [head, ...lines, ...(others.length > 0 ? [[span(others.join(', '), 'dim')]] : [])];
}

function traffic({ readBytes, writeBytes }: TopDevice): number {
  return readBytes + writeBytes;
}

function cellOf(text: string, column: number): string {
  const isFigure = column > 0 && column < WIDTHS.length;
  return pad(text, WIDTHS[column] ?? 0, isFigure ? 'right' : 'left');
}

function deviceLine(device: TopDevice, seconds: number, columns: readonly number[]): Line {
  const { name, layer, parts, queueDepth, waitMs, busy, operations } = device;
  const rate = (amount: number | undefined): string => (amount === undefined ? '-' : bytes(amount / seconds));
  const cells = [
    name,
    rate(device.readBytes),
    rate(device.writeBytes),
    String(Math.round(operations / seconds)),
    queueDepth.toFixed(queueDepth < 100 ? 1 : 0),
    waitMs === null ? '-' : duration(waitMs),
    percent(Math.min(1, busy)),
    rate(parts?.processes),
    rate(parts?.kernel),
    rate(parts?.nobody),
    layer,
  ];
  return columns.flatMap((column, at) => {
    const look = column === BUSY ? warmth(busy) : column === WIDTHS.length ? 'dim' : undefined;
    const cell = span(cellOf(cells[column] ?? '', column), look);
    return at === 0 ? [cell] : [span(' '), cell];
  });
}

function shareSpan(label: string, value: number | null | undefined): Span[] {
  if (value === null || value === undefined) return [span(`${label} -  `)];
  return [span(`${label} `), span(percent(value), warmth(value)), span('  ')];
}

/** Pressure, dirty memory, what is lacking, and the verdict. */
export function machineLines({ machine, attribution }: TopSample, verdict: string | undefined, width: number): Line[] {
  const { pressure, ioWait, pressureFrom, dirtyBytes, dirtyLimitBytes } = machine;
  const lines: Line[] = [
    [
      span('pressure ', 'name'),
      ...shareSpan('io', pressure.io?.some),
      ...shareSpan('memory', pressure.memory?.some),
      ...shareSpan('cpu', pressure.cpu?.some),
      ...shareSpan('iowait', ioWait),
      ...dirtySpans(dirtyBytes, dirtyLimitBytes),
    ],
  ];
  if (pressureFrom !== null) lines.push([span('waiting  ', 'name'), span(pressureFrom)]);
  if (attribution.note !== null) lines.push([span('note     ', 'name'), span(attribution.note, 'warm')]);
  if (verdict === undefined) return [...lines, [span(VERDICT, 'name'), ...UNASKED]];
  const wrapped = wrap(verdict, Math.max(20, width - VERDICT.length)).slice(0, MOST_VERDICT_LINES);
  return [
    ...lines,
    ...wrapped.map((text, index) => [span(index === 0 ? VERDICT : ' '.repeat(VERDICT.length), 'name'), span(text)]),
  ];
}

const VERDICT = 'verdict  ';
/** More of a sentence than these lines is in the diagnosis that `record` and `diagnose` make. */
const MOST_VERDICT_LINES = 3;

const UNASKED = [span('v', 'key'), span(' records for 10 s what waits most, and says what holds it up', 'dim')];

function dirtySpans(dirty: number | null, limit: number | null): Span[] {
  if (dirty === null || limit === null) return [span('dirty -')];
  const share = limit > 0 ? dirty / limit : 0;
  return [span('dirty '), span(percent(share), warmth(share)), span(` of ${binary(limit)}`)];
}

/** What is shown, in a few words. */
export function titleOf({ sample, byThread, accumulated, everyone, paused, filter }: Screen, shown: number): Line {
  const time = sample ? sample.at.slice(11, 19) : '';
  const kind = byThread ? 'threads' : 'processes';
  const flags = [
    accumulated ? 'since the start' : 'a second',
    ...(everyone ? ['all'] : ['active']),
    ...(paused ? ['PAUSED'] : []),
    ...(filter === '' ? [] : [`filter ${filter}`]),
  ];
  const step = sample ? `${sample.seconds.toFixed(1)} s` : '';
  return [span('iowitness top', 'title'), span(`  ${time} UTC  ${step}  ${kind}, ${flags.join(', ')}: ${shown}`)];
}
