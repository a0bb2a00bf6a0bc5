// Which part of a recording with too many events is looked at: by the victim's sleeps, else by pressure, else by the queues of disks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LossMeter } from '../../src/open/worst-part.js';
import { reading } from '../support/tape.js';

const MINUTES = 30;
const WHOLE = MINUTES * 60_000;

function stat(pid: number, state: string): string {
  return `${pid} (some) ${state} 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 9`;
}

/** Half an hour in which a MB of trace comes each second; the load says what a second holds. */
function meterOf(load: (second: number, meter: LossMeter) => void): LossMeter {
  const meter = new LossMeter();
  meter.take(reading(0, 'iowitness:victim', '{"pid":7,"comm":"some","role":"pid"}'));
  for (let second = 0; second < MINUTES * 60; second += 1) {
    meter.trace.add(second * 1000, 1e6);
    load(second, meter);
  }
  return meter;
}

const isBad = (second: number) => second >= 1000 && second < 1060;

test('the stretch in which the victim slept uninterruptibly is chosen, as long as its trace fits', () => {
  const meter = meterOf((second, one) => {
    one.take(reading(second * 1000, '/proc/7/stat', stat(7, isBad(second) ? 'D' : 'S')));
    // Somebody else, at another time and for longer.
    one.take(reading(second * 1000, '/proc/8/stat', stat(8, second < 600 ? 'D' : 'S')));
  });
  const { from, to, by } = meter.worst(WHOLE, 61e6);
  assert.match(by, /slept uninterruptibly/);
  assert.ok(from >= 990_000 && from <= 1_000_000 && to >= 1_050_000, `${from} ${to}`);
  assert.ok(to - from <= 61_000);
});

test('where no victim slept, pressure tells; where there is none, the disks’ queues do', () => {
  const pressure = (total: number) =>
    `some avg10=0 avg60=0 avg300=0 total=${total}\nfull avg10=0 avg60=0 avg300=0 total=0`;
  let us = 0;
  const pressed = meterOf((second, one) => {
    if (isBad(second)) us += 800_000;
    one.take(reading(second * 1000, '/proc/pressure/io', pressure(us)));
    one.take(reading(second * 1000, '/proc/diskstats', ` 8 0 sda 1 1 1 1 1 1 1 1 0 1 ${second * 500}`));
  });
  const byPressure = pressed.worst(WHOLE, 61e6);
  assert.match(byPressure.by, /pressure/);
  assert.ok(byPressure.from <= 1_000_000 && byPressure.to >= 1_050_000);
  let queued = 0;
  const disks = meterOf((second, one) => {
    if (isBad(second)) queued += 3000;
    one.take(reading(second * 1000, '/proc/diskstats', ` 8 0 sda 1 1 1 1 1 1 1 1 0 1 ${queued}`));
  });
  const byDisks = disks.worst(WHOLE, 61e6);
  assert.match(byDisks.by, /requests spent queued/);
  assert.ok(byDisks.from <= 1_000_000 && byDisks.to >= 1_050_000);
});

test('one stretch is chosen even where its trace alone is too much, and where nothing tells any from another', () => {
  const silent = meterOf(() => {}).worst(WHOLE, 1);
  assert.deepEqual([silent.from, silent.to], [0, 10_000]);
});
