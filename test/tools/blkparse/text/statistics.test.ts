// What no trace shows here: thousands separated where the locale en_US is installed, and units.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeviceTable } from '../../../../src/tools/blkparse/devices.js';
import { ProcessNames } from '../../../../src/tools/blkparse/processes.js';
import { TrackMemory } from '../../../../src/tools/blkparse/track-memory.js';
import { Tracks } from '../../../../src/tools/blkparse/tracks.js';
import { Statistics } from '../../../../src/tools/blkparse/text/statistics.js';

test('thousands are separated on demand, and more than a million of a unit is a thousand of the next', () => {
  const devices = new DeviceTable(() => new Tracks(new ProcessNames(), new TrackMemory(), assert.fail));
  const device = devices.addNamed('sda');
  const cpu = device.cpuState(3);
  cpu.seen = 1;
  for (let count = 0; count < 1234; count += 1) cpu.stats.queue(1, 0x4000_0000);
  const render = (grouped: boolean) => new Statistics(grouped).render(devices.list, undefined, true, undefined);
  assert.match(render(true), /^CPU3 \(sda\):\n Reads Queued: {11}0, {8}0KiB\t Writes Queued: {7}1,234, {4}1,293GiB\n/);
  assert.match(render(false), / Writes Queued: {8}1234, {5}1293GiB\n/);
});
