// The figures that the page carries, unpacked: see src/present/html/embedded.ts.

import type { Embedded, Packed } from '../src/present/html/embedded.js';

export function readEmbedded(): Embedded {
  const embedded: Embedded = JSON.parse(document.getElementById('charts')?.textContent ?? '');
  return embedded;
}

export function unpack(packed: Packed): Float32Array {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, at) => view.getFloat32(at * 4, true));
}

/** uPlot draws a gap where a value is null. */
export function withGaps(values: ArrayLike<number>): (number | null)[] {
  return Array.from(values, (value) => (Number.isNaN(value) ? null : value));
}
