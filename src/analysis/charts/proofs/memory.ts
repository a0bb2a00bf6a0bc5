// What memory lacks: pages that were thrown out and read again, came back from swap, or were looked at to be given up; and what a filesystem has left.

import type { Chart, ChartLine } from '../../../model/charts.js';
import { ERRNO, failuresOf } from '../../victim/failures.js';
import { ratePerBin, valuePerBin, type Axis } from '../axis.js';
import type { Shown } from '../../shown.js';

/** /proc/vmstat's counters, in pages; older kernels have some under another name, which is then absent. */
const PAGES = [
  ['files read again', ['workingset_refault_file', 'workingset_refault']],
  ['in from swap', ['pswpin']],
  ['out to swap', ['pswpout']],
  ['looked at by direct reclaim', ['pgscan_direct']],
] as const;

export function memoryProof({ at }: Shown, axis: Axis): Chart[] {
  const { vmstat } = at.input.counters;
  const mib = at.input.pageBytes / (1024 * 1024);
  const lines = PAGES.flatMap(([name, columns]): ChartLine[] => {
    const column = columns.map((one) => vmstat.columns.get(one)).find((one) => one !== undefined);
    const moves = column && column.at(-1) !== column[0];
    return moves ? [{ name, values: ratePerBin(axis, vmstat, column, mib) }] : [];
  });
  return [{ id: 'proof-memory', title: 'Pages that memory had no room for', unit: 'MiB/s', lines }];
}

export function spaceProof({ at }: Shown, axis: Axis): Chart[] {
  const { space } = at.input;
  const least = space.toSorted((a, b) => a.available / Math.max(1, a.blocks) - b.available / Math.max(1, b.blocks))[0];
  if (!least) return [];
  const ofMount = space.filter(({ mountPoint }) => mountPoint === least.mountPoint);
  const times = ofMount.map(({ atMs }) => atMs);
  const { account } = at;
  const errors = [ERRNO.ENOSPC, ERRNO.EDQUOT];
  const failed = account ? failuresOf(at.input, account.threads, errors, account.from, account.to).at : [];
  return [
    {
      id: 'proof-space',
      title: `Left on ${least.mountPoint}`,
      unit: 'MiB',
      lines: [
        {
          name: 'as an ordinary user may use it',
          values: valuePerBin(
            axis,
            times,
            ofMount.map(({ available, blockBytes }) => available * blockBytes),
            1 / (1024 * 1024),
          ),
        },
      ],
      ...(failed.length > 0 && { ticks: { name: 'calls that failed', t: Float64Array.from(failed) } }),
    },
  ];
}
