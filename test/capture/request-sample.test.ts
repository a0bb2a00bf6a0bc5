// When requests are traced as a sample, by the rate that the kernel counts, and which.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestFilter, RequestRate, sampleAt, sampleFilter } from '../../src/capture/request-sample.js';
import { FileMachine } from '../support/machine.js';

test('all requests are traced up to 50,000 a second, one of 16 beyond, and all again below 30,000', () => {
  let now = 1;
  const steps = [49_000, 51_000, 40_000, 29_000, 40_000, 900_000].map((rate) => (now = sampleAt(rate, now)));
  assert.deepEqual(steps, [1, 16, 16, 1, 1, 16]);
});

test('a filter keeps one region of a MiB in so many, and whatever is large or has no size', () => {
  assert.equal(sampleFilter(1), '0');
  assert.equal(sampleFilter(4), 'nr_sector == 0 || nr_sector > 256 || !(sector & 6144)');
  assert.equal(sampleFilter(16), 'nr_sector == 0 || nr_sector > 256 || !(sector & 30720)');
});

/** A kernel that has these events, all enabled, and refuses to switch any other. */
function filterOn(events: readonly string[]) {
  const enabled = new Set(events);
  const filters = new Map<string, string>();
  const instance = {
    enabled,
    filterEvent: async (event: string, filter: string) => {
      await Promise.resolve();
      filters.set(event, filter);
    },
    switchEvent: async (event: string, on: boolean) => {
      await Promise.resolve();
      if (!events.includes(event)) throw new Error(`no ${event}`);
      if (on) enabled.add(event);
      else enabled.delete(event);
    },
  };
  return { requests: new RequestFilter(instance), enabled, filters };
}

const ISSUE = 'block/block_rq_issue';
const CALLS = 'iomap/iomap_dio_rw_begin';

test('direct calls are not traced while requests are a sample, and again afterwards unless they were given up', async () => {
  const { requests, enabled, filters } = filterOn([ISSUE, CALLS]);
  await requests.sampleOneOf(16);
  assert.deepEqual([requests.of, filters.get(ISSUE), [...enabled]], [16, sampleFilter(16), [ISSUE]]);
  await requests.sampleOneOf(1, false);
  assert.deepEqual([requests.of, filters.get(ISSUE), [...enabled]], [1, '0', [ISSUE]]);
  await requests.sampleOneOf(16);
  await requests.sampleOneOf(1);
  assert.deepEqual([requests.of, [...enabled]], [1, [ISSUE, CALLS]]);
});

test('what is left out stays so while requests are a sample, and afterwards', async () => {
  const { requests, filters } = filterOn([ISSUE]);
  await requests.keepWhere('dev != 7340032');
  assert.equal(filters.get(ISSUE), 'dev != 7340032');
  await requests.keepOneOf(16);
  assert.equal(filters.get(ISSUE), `(${sampleFilter(16)}) && (dev != 7340032)`);
  await requests.keepOneOf(1);
  assert.equal(filters.get(ISSUE), 'dev != 7340032');
  await requests.keepWhere('0');
  assert.equal(filters.get(ISSUE), '0');
});

test('a kernel without the event of direct calls has all requests kept again as well', async () => {
  const { requests, filters } = filterOn([ISSUE]);
  await requests.sampleOneOf(16);
  await requests.sampleOneOf(1);
  assert.deepEqual([requests.of, filters.get(ISSUE)], [1, '0']);
});

test('requests of disks are counted, those of partitions with their disk', () => {
  const machine = new FileMachine();
  try {
    const line = (minor: number, name: string, reads: number, writes: number) =>
      `8 ${minor} ${name} ${reads} 0 0 0 ${writes} 0 0 0 0 0 0 3 0 0 0 9 0\n`;
    machine.write({ 'sys/block/sda/size': '1\n', 'proc/diskstats': line(0, 'sda', 10, 5) + line(1, 'sda1', 10, 5) });
    const rate = new RequestRate(machine.root);
    assert.equal(rate.look(1_000_000_000n), undefined);
    machine.write({ 'proc/diskstats': line(0, 'sda', 110, 55) + line(1, 'sda1', 110, 55) });
    assert.equal(rate.look(1_500_000_000n), 300);
  } finally {
    machine.close();
  }
});
