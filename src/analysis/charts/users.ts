// Who used a disk over time: the bytes of each request, when it was answered, given to the programs behind it, the victim apart from others.

import type { Chart, ChartLine } from '../../model/charts.js';
import { addTo, entry } from '../../base/maps.js';
import { remembered } from '../../base/remember.js';
import type { Measures } from '../measures.js';
import { KIND } from '../requests/requests.js';
import { OWN } from '../victim/users.js';
import { binAt, type Axis } from './axis.js';

/** Programs that are drawn by name; the rest are 'others'. */
const MOST_PROGRAMS = 5;

/** Bytes by program and bin; undefined without requests. */
function bytesByProgram(m: Measures, axis: Axis): Map<string, Float64Array> | undefined {
  const { requests, load, owners, users, account } = m;
  if (!requests || !load || !owners || !users || !account) return undefined;
  const found = new Map<string, Float64Array>();
  const nameOf = (of: number) => (of === OWN ? account.name || 'the victim' : (owners.list[of]?.name ?? ''));
  for (const row of load.rows) {
    const kind = requests.kind[row];
    if (row >= requests.answered || (kind !== KIND.read && kind !== KIND.write)) continue;
    const bytes = (requests.bytes[row] ?? 0) * (requests.weight[row] ?? 1);
    const bin = binAt(axis, requests.completed[row] ?? 0);
    const one = users.wholly(row);
    const shares = one === undefined ? users.sharesOf(row) : [[one, 1] as const];
    for (const [of, share] of shares) {
      const bins = entry(found, nameOf(of), () => new Float64Array(axis.bins));
      bins[bin] = (bins[bin] ?? 0) + bytes * share;
    }
  }
  return found;
}

function makeUsersChart(m: Measures, axis: Axis): Chart[] {
  const all = bytesByProgram(m, axis);
  if (!all || m.load === undefined) return [];
  const sums = new Map<string, number>();
  for (const [name, bins] of all)
    addTo(
      sums,
      name,
      bins.reduce((a, b) => a + b, 0),
    );
  const ranked = [...all].sort((a, b) => (sums.get(b[0]) ?? 0) - (sums.get(a[0]) ?? 0));
  const perSecond = (bins: Float64Array) => bins.map((bytes) => bytes / 1e6 / (axis.binMs / 1000));
  const lines = ranked
    .slice(0, MOST_PROGRAMS)
    .map(([name, bins]): ChartLine => ({ name, subject: name, values: perSecond(bins) }));
  const rest = ranked.slice(MOST_PROGRAMS);
  if (rest.length > 0) {
    const others = new Float64Array(axis.bins);
    for (const [, bins] of rest) bins.forEach((bytes, bin) => (others[bin] = (others[bin] ?? 0) + bytes));
    lines.push({ name: `others (${rest.length})`, role: 'rest', values: perSecond(others) });
  }
  return [
    {
      id: 'users',
      title: `Who used ${m.topology.name(m.load.disk)}: read and written`,
      unit: 'MB/s',
      lines,
      stacked: true,
    },
  ];
}

/** Made once for both the proof of company and the timeline. */
export const usersChart = remembered(makeUsersChart, ({ binMs }) => String(binMs));
