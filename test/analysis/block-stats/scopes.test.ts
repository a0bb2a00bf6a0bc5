// What a stage is of the whole time in the block layer is told of the requests whose whole time is known.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figuresOf } from '../../../src/analysis/block-stats/figures.js';
import { BlockMeter } from '../../../src/analysis/block-stats/meter.js';
import { KIND } from '../../../src/analysis/requests/requests.js';

test('a flush that was never seen to arrive takes no share of the whole time', () => {
  const meter = new BlockMeter();
  const disk = meter.disk('8:0');
  meter.queue(disk, KIND.write, 0, 8, 1000, 100);
  meter.dispatch(disk, KIND.write, 0, 8, 3000);
  meter.complete(disk, KIND.write, 0, 8, 11_000, 0);
  // Older kernels queue no bio for the flush before a commit's last block.
  meter.dispatch(disk, KIND.flush, 0, 0, 12_000);
  meter.complete(disk, KIND.flush, 0, 0, 99_000, 0);
  const { overall } = figuresOf(meter, { device: () => 'sda', process: () => 'dd' });
  const told = overall.map(({ stage, count, ofWhole }) => [stage, count, ofWhole]);
  assert.deepEqual(told, [
    ['Q2D', 1, 0.2],
    ['D2C', 2, 0.8],
    ['Q2C', 1, 1],
  ]);
});
