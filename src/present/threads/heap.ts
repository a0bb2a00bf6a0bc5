// The document of `heap` as text: that of `threads`, and below it how much of the file was read.

import { bytes } from '../../base/format.js';
import type { Heap } from '../../model/heap.js';
import { wrap } from '../text-layout.js';
import { textWidth } from '../titled-table.js';
import { renderThreads } from './text.js';

const MODES: Readonly<Record<Heap['file']['mode'], string>> = {
  sparse: 'only what the answer takes (sparse)',
  full: 'every object was passed (full)',
};

/** `width`: of the terminal; Infinity in a pipe. */
export function renderHeap(document: Heap, width: number): string {
  const { read, size, inflated, mode } = document.file;
  const whole = inflated === null ? bytes(size) : `${bytes(inflated)} (${bytes(size)} compressed)`;
  return [
    renderThreads(document, width),
    '',
    ...wrap(`Read ${bytes(read)} of ${whole}: ${MODES[mode]}.`, textWidth(width)),
  ].join('\n');
}
