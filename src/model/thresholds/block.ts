// Numbers of the causes about the block layer: blk.cgroup-limit, blk.scheduler, blk.idle-class, blk.split, blk.tags.

import { thresholds } from './threshold.js';

export const CGROUP_LIMIT = thresholds('blk.cgroup-limit', {
  reached: {
    value: { least: 0.6, most: 1.6 },
    unit: 'ratio',
    means: 'What the victim got meanwhile is near the limit between these parts of it.',
    basis: { prior: 'a throttle lets through its limit on average, a little more at first and less at the end' },
  },
  sure: {
    value: { near: 0.97, far: 0.7 },
    unit: 'confidence',
    means: 'How sure it is where the rate was near the limit, and where it was not.',
    basis: { prior: 'I/O that a cgroup’s thread queued later was held back, whatever its rate' },
  },
  busy: {
    value: { from: 0.5, to: 1, low: 1, high: 0.8 },
    unit: { from: 'share', to: 'share', low: 'confidence', high: 'confidence' },
    means: 'What is left of that by the share of the time in which the device worked; below the first it idled.',
    basis: { prior: 'a busy device may have been the reason as well' },
  },
});

export const SCHEDULER = thresholds('blk.scheduler', {
  steppedDown: {
    value: 4,
    unit: 'requests',
    means: 'With so many writes in the device at once the writeback throttle is an ordinary queue.',
    basis: { prior: 'it steps down to one where reads suffer (block/blk-wbt.c); four are well above that' },
  },
  sureOfThrottle: {
    value: 0.9,
    unit: 'confidence',
    means: 'How sure it is where the writeback throttle held the victim.',
    basis: { prior: 'the stack tells it; whether it acted as it should is open' },
  },
  sure: {
    value: { from: 0.3, low: 0.95, high: 0.65 },
    unit: { from: 'share', low: 'confidence', high: 'confidence' },
    means:
      'How sure it is of a scheduler, by the share of the waits in which the device worked, up to where it had no room.',
    basis: { prior: 'an idle device could have taken the requests' },
  },
});

export const SPLIT = thresholds('blk.split', {
  smallBytes: {
    value: 64 * 1024,
    unit: 'B',
    means: 'A limit above this cuts nothing that hurts.',
    basis: { derived: 'the size up to which a request’s fixed part decides' },
  },
  sameSize: {
    value: { least: 0.98, most: 1.02 },
    unit: 'ratio',
    means: 'Requests between these parts of the limit are as large as it allows.',
    basis: { prior: 'a limit need not be a multiple of the block size' },
  },
  leastFull: {
    value: 0.5,
    unit: 'share',
    means: 'This share of its requests must be as large as the limit allows.',
    basis: { derived: 'a cut leaves one full piece for every rest' },
  },
  leastSplits: {
    value: 0.3,
    unit: 'ratio',
    means: 'The kernel must have told so many cuts for each request.',
    basis: { prior: 'a cut leaves two for one; some are cut before they are told' },
  },
  asked: {
    value: { times: 2, nearLimit: 0.9 },
    unit: 'ratio',
    means: 'From counters, its calls must be so many times the limit, and requests this part of it on average.',
    basis: { derived: 'what is twice the limit is cut, and its pieces are full' },
  },
  sure: {
    value: { from: 16 * 1024, low: 0.95, high: 0.6 },
    unit: { from: 'B', low: 'confidence', high: 'confidence' },
    means: 'How sure it is, by the limit, from this one up to the largest that hurts.',
    basis: { prior: 'the smaller the pieces, the more of their time is the fixed part' },
  },
  hardwareTimes: {
    value: 4,
    unit: 'ratio',
    means: 'A device that could take more than so many times the limit is held back by the setting.',
    basis: { prior: 'with less to win the cut matters less' },
  },
  littleToWin: {
    value: 0.8,
    unit: 'confidence',
    means: 'With less than that to win it is worth this part of that.',
    basis: { prior: 'the device itself takes small requests only' },
  },
});

export const TAGS = thresholds('blk.tags', {
  enough: {
    value: 32,
    unit: 'requests',
    means: 'A queue that takes so many at once is no bottleneck by its size.',
    basis: { cited: 'SATA’s native command queueing takes 32; disks of one queue take as many and more' },
  },
  leastFull: {
    value: 0.8,
    unit: 'share',
    means: 'In a block trace all requests must be in use for this share of the waiting.',
    basis: { prior: 'what waits while some are free waits for something else' },
  },
  sure: {
    value: { from: 8, low: 0.95, high: 0.6 },
    unit: { from: 'requests', low: 'confidence', high: 'confidence' },
    means: 'How sure it is, by the requests of the queue, from this many up to enough.',
    basis: { prior: 'the fewer they are, the less can they be meant' },
  },
  sureFromTrace: {
    value: { from: 8, low: 0.9, high: 0.6 },
    unit: { from: 'requests', low: 'confidence', high: 'confidence' },
    means: 'The same by the most that were in use in a block trace.',
    basis: { prior: 'the setting itself is not in the trace' },
  },
  full: {
    value: { to: 1, low: 0.8, high: 1 },
    unit: { to: 'share', low: 'confidence', high: 'confidence' },
    means: 'What is left of that by the share of the waiting in which all were in use.',
    basis: { prior: 'the rest waited for something else' },
  },
});

export const IDLE_CLASS = thresholds('blk.idle-class', {
  leastOwn: {
    value: 0.5,
    unit: 'share',
    means: 'This part of the victim’s requests must be of the idle class.',
    basis: { prior: 'the larger part; what a journal or the flusher writes for it has their class' },
  },
  leastOthers: {
    value: 0.5,
    unit: 'share',
    means: 'This part of others’ requests must be of another class.',
    basis: { prior: 'the larger part: idle requests among themselves take turns' },
  },
});
