// Who fills the dirty limit besides the victim: by device, with its writer, on kernels of either name of the field.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillers } from '../../../src/analysis/victim/pauses.js';
import { aCase } from '../../support/case.js';
import { someEvents, type Row } from '../../support/events.js';

const ME = 50;
const FLUSHER = 9;
const NAMES = { [ME]: 'victim', 60: 'cp', 70: 'tar', [FLUSHER]: 'kworker/u4:1' };

function pause(t: number, pid: number, bdi: string, dirty: number, field = 'wb_dirty'): Row {
  return { t, pid, fields: { bdi, limit: 1000, dirty: 900, pause: 10, [field]: dirty } };
}

function fillersOf(rows: readonly Row[]) {
  const kernelThreads = new Map([[FLUSHER, 'kworker/u4:1']]);
  const input = aCase({ events: someEvents({ balance_dirty_pages: rows }, [], NAMES), kernelThreads });
  return fillers(input, new Set([ME])).map(({ bdi, dirtyBytes, writer }) => [
    bdi,
    dirtyBytes / input.pageBytes,
    writer?.name,
  ]);
}

test('devices on which the victim was not paused are told with their dirty pages, most first, and who was paused there', () => {
  const rows = [
    pause(1, ME, '7:1', 40),
    pause(2, 60, '7:0', 700),
    pause(3, 60, '7:0', 720),
    pause(4, FLUSHER, '7:0', 710),
    pause(5, 70, '8:0', 90),
  ];
  assert.deepEqual(fillersOf(rows), [
    ['7:0', 710, 'cp'],
    ['8:0', 90, 'tar'],
  ]);
});

test('older kernels call the field after the bdi, and where only threads of the kernel were paused no program is named', () => {
  const rows = [pause(1, ME, '7:1', 40, 'bdi_dirty'), pause(2, FLUSHER, 'fuse-1', 500, 'bdi_dirty')];
  assert.deepEqual(fillersOf(rows), [['fuse-1', 500, undefined]]);
});
