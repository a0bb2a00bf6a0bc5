// What the device took for each request against what an ordinary one may take: half of them, and the longest, so that a single hang stays
// visible. The same of the victim's own requests from the queue on, and the two stages of them apart.

import type { Chart } from '../../../model/charts.js';
import type { Measures } from '../../measures.js';
import { failedRequests } from '../../requests/failures.js';
import { beganAt, KIND } from '../../requests/requests.js';
import { samplesPerBin } from '../request-lines.js';
import { binAt, level, quantilePerBin, ratePerBin, type Axis } from '../axis.js';
import type { Shown } from '../../shown.js';

/** The longest of each bin, where one that took longer than a bin counts in all that it lasted: a hang is as wide as it was. */
function longestPerBin(m: Measures, axis: Axis, fromAt: (row: number) => number): Float64Array {
  const longest = new Float64Array(axis.bins).fill(NaN);
  for (const row of m.load?.rows ?? []) {
    const began = fromAt(row);
    if (Number.isNaN(began)) continue;
    const completed = m.requests?.completed[row] ?? 0;
    for (let bin = binAt(axis, began); bin <= binAt(axis, completed); bin += 1)
      if (!((longest[bin] ?? NaN) >= completed - began)) longest[bin] = completed - began;
  }
  return longest;
}

const isOwn = ({ account }: Measures, row: number) => (account?.own[row] ?? 0) !== 0;

export function latencyProof({ at }: Shown, axis: Axis): Chart[] {
  const { requests, load, norm } = at;
  if (!requests || !load || load.rows.length === 0) return counted(at, axis);
  const name = at.topology.name(load.disk);
  const kinds = new Set([...load.rows].map((row) => requests.kind[row]));
  const mayMs = kinds.size === 1 && kinds.has(KIND.flush) ? norm.flushMs : norm.fixedMs;
  const dispatched = (row: number) => requests.dispatched[row] ?? NaN;
  const samples = samplesPerBin(at, axis, (row) => (requests.completed[row] ?? 0) - dispatched(row));
  const failed = failedRequests(at.input, at.topology, load.disk);
  return [
    {
      id: 'proof-latency',
      title: `What ${name} took for a request (dispatch to completion)`,
      unit: 'ms',
      logarithmic: true,
      lines: [
        { name: 'half within', subject: name, values: quantilePerBin(axis, samples, 0.5) },
        { name: 'the longest', role: 'lost', values: longestPerBin(at, axis, dispatched) },
        { name: 'an ordinary disk may take', role: 'limit', values: level(axis, mayMs) },
      ],
      ...(failed.times.length > 0 && { ticks: { name: 'failed', t: Float64Array.from(failed.times) } }),
    },
  ];
}

/** Without requests: the time that the disk was busy for each of those that it counted. */
function counted({ input, disk, norm, topology }: Measures, axis: Axis): Chart[] {
  const series = disk === undefined ? undefined : input.counters.disks.get(disk);
  if (!series || disk === undefined) return [];
  const rate = (name: string) => {
    const column = series.columns.get(name);
    return column ? ratePerBin(axis, series, column, 1) : new Float64Array(axis.bins).fill(NaN);
  };
  const [read, written, busy] = [rate('rd_ios'), rate('wr_ios'), rate('io_ticks')];
  const each = busy.map((ms, bin) => {
    const requests = (read[bin] ?? NaN) + (written[bin] ?? NaN);
    return requests > 0 ? ms / requests : NaN;
  });
  const name = topology.name(disk);
  return [
    {
      id: 'proof-latency',
      title: `How long ${name} was busy for each request`,
      unit: 'ms',
      logarithmic: true,
      lines: [
        { name: 'busy for each', subject: name, values: each },
        { name: 'an ordinary disk may take', role: 'limit', values: level(axis, norm.fixedMs) },
      ],
    },
  ];
}

/** The victim's own requests, from the queue, or else from dispatch, to the answer. */
export function ownLatency(at: Measures, axis: Axis): Chart[] {
  const { requests, account } = at;
  if (!requests || !account) return [];
  const began = (row: number) => (isOwn(at, row) ? beganAt(requests, row) : NaN);
  const samples = samplesPerBin(at, axis, (row) => (requests.completed[row] ?? 0) - began(row));
  const subject = account.name || 'the victim';
  return [
    {
      id: 'proof-own-latency',
      title: `What ${subject}’s own requests took meanwhile`,
      unit: 'ms',
      logarithmic: true,
      lines: [
        { name: 'half within', values: quantilePerBin(axis, samples, 0.5) },
        { name: 'the longest', role: 'lost', values: longestPerBin(at, axis, began) },
      ],
    },
  ];
}

/** Before the device and in it: means of the victim's own requests. */
export function stagesProof({ at }: Shown, axis: Axis): Chart[] {
  const { requests } = at;
  if (!requests) return [];
  const ofOwn = (valueOf: (row: number) => number) =>
    quantilePerBin(
      axis,
      samplesPerBin(at, axis, (row) => (isOwn(at, row) ? valueOf(row) : NaN)),
      0.5,
    );
  const dispatched = (row: number) => requests.dispatched[row] ?? NaN;
  return [
    {
      id: 'proof-stages',
      title: 'The victim’s requests: in the queue, and with the device (half within)',
      unit: 'ms',
      logarithmic: true,
      lines: [
        { name: 'in the queue', values: ofOwn((row) => dispatched(row) - (requests.queued[row] ?? NaN)) },
        { name: 'with the device', values: ofOwn((row) => (requests.completed[row] ?? NaN) - dispatched(row)) },
      ],
    },
  ];
}
