// Who used which device, as lines: for a diagnosis, and for the figures of the block layer.

import { grouped } from '../base/maps.js';
import { bytes, harmless, percent } from '../base/format.js';
import type { Writer } from '../model/diagnosis.js';
import { columns } from './text-layout.js';
import { fileText, viaText, writerText } from './words.js';

/** Below this share of a device's bytes a writer is not worth a line. */
const LEAST_SHARE = 0.005;

/** The busiest devices, each with the rows that moved most; `left` is how many devices are not shown. */
export function writerLines(
  all: readonly Writer[],
  most: { readonly devices: number; readonly writers: number },
): { readonly lines: string[]; readonly left: number } {
  const devices = grouped(all, ({ device }) => device);
  const moved = (rows: readonly Writer[]) => rows.reduce((sum, one) => sum + one.writeBytes + one.readBytes, 0);
  const first = [...devices.values()].toSorted((a, b) => moved(b) - moved(a)).slice(0, most.devices);
  const lines = first.flatMap((rows) => {
    const { device = '', layer = '' } = rows[0] ?? {};
    const shown = rows.filter((one) => one.share >= LEAST_SHARE).slice(0, most.writers);
    const cells = shown.map((one) => [
      percent(one.share),
      one.writeBytes > 0 ? `${bytes(one.writeBytes)} written` : '',
      one.readBytes > 0 ? `${bytes(one.readBytes)} read` : '',
      harmless(writerText(one)),
      harmless(viaText(one)),
      harmless(fileText(one)),
    ]);
    return [
      harmless(`${device}, ${layer}: ${bytes(moved(rows))}`),
      ...columns(cells, [0, 1, 2]).map((line) => `  ${line}`),
    ];
  });
  return { lines, left: devices.size - first.length };
}
