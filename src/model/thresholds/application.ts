// Numbers of the causes within the application: app.idle, app.lock-convoy, app.sync-writes, wait.server.

import { thresholds } from './threshold.js';

export const IDLE = thresholds('app.idle', {
  leastShare: {
    value: 0.85,
    unit: 'share',
    means: 'A process that was idle for less of its time than this had other things to do.',
    basis: { prior: 'a stall of a tenth of the time must stay visible beside it' },
  },
  leastOfWaits: {
    value: 0.5,
    unit: 'share',
    means: 'Who ended this part of its waits at sockets and pipes is told as the one that feeds it.',
    basis: { prior: 'the larger part' },
  },
  sure: {
    value: { to: 0.95, low: 0.8, high: 0.95 },
    unit: { to: 'share', low: 'confidence', high: 'confidence' },
    means: 'How sure it is, by the share in which it was idle, from that least share up to this one.',
    basis: { prior: 'what was not idle may be one long wait' },
  },
});

export const LOCK_CONVOY = thresholds('app.lock-convoy', {
  leastInIo: {
    value: 0.4,
    unit: 'share',
    means: 'The holder must be in I/O, or wait at a socket, for this share of the others’ waiting.',
    basis: { prior: 'a holder that mostly computes makes a busy lock, and no story about what it waits for' },
  },
  sure: {
    value: { to: 0.8, low: 0.7, high: 0.95 },
    unit: { to: 'share', low: 'confidence', high: 'confidence' },
    means:
      'How sure it is, by the share of the waiting in which the holder was in I/O or waited at a socket, up to this one.',
    basis: { prior: 'the less of it is I/O, the more of it is the lock itself' },
  },
});

export const SYNC_WRITES = thresholds('app.sync-writes', {
  leastShare: {
    value: 0.4,
    unit: 'share',
    means: 'Waiting for durability must take this share of the victim’s time.',
    basis: { prior: 'durable writes are a way of working; below this they don’t set the pace' },
  },
  smallBytes: {
    value: 64 * 1024,
    unit: 'B',
    means: 'More than this between two syncs is no small write.',
    basis: { derived: 'the size up to which a request’s fixed part decides' },
  },
  leastPerSecond: {
    value: 10,
    unit: 'per second',
    means: 'Fewer syncs than these a second are not many.',
    basis: { derived: 'each would take 40 ms to fill the least share, which is a slow device and not their number' },
  },
  flushesEach: {
    value: 2,
    unit: 'count',
    means: 'A commit flushes so often on a disk without FUA.',
    basis: { cited: 'Documentation/block/writeback_cache_control.rst: before and after its last block' },
  },
  foreignFlushes: {
    value: 2,
    unit: 'ratio',
    means: 'With so many times more flushes than its writes can have asked for, most are others’.',
    basis: { prior: 'the larger part' },
  },
  outnumbered: {
    value: 2,
    unit: 'ratio',
    means: 'Where others’ syncs outnumber its own by more than this, their commits set the pace.',
    basis: { derived: 'the limit from which fs.journal speaks' },
  },
  sure: {
    value: { to: 0.7, low: 0.75, high: 0.95 },
    unit: { to: 'share', low: 'confidence', high: 'confidence' },
    means: 'How sure it is, by the share of its time that it waited for durability, up to this one.',
    basis: { prior: 'the more of the time, the less can hide beside it' },
  },
  leastBusy: {
    value: 0.1,
    unit: 'share',
    means:
      'Counters tell durable writes only where the disk had something to do for this share of the time that they may have been waited for.',
    basis: {
      derived:
        'a flush takes some ten microseconds on the fastest disks, and the threads of a commit wake each other in a few times that',
    },
  },
  unseenAsker: {
    value: 0.8,
    unit: 'confidence',
    means: 'What is left of that from counters, unless it has a file open for durable writing.',
    basis: {
      prior: 'calls of fsync are the usual way, and counters see as much of an attribute of its file (chattr +S)',
    },
  },
});

export const SERVER = thresholds('wait.server', {
  leastInIo: {
    value: 0.5,
    unit: 'share',
    means:
      'A program behind a socket or pipe must have had I/O of its own for this share of the time for which it was waited for.',
    basis: { prior: 'the larger part: less is work that it does for the answer' },
  },
  leastSlow: {
    value: 0.5,
    unit: 'share',
    means:
      'For this part of that its disk must have been slower than an ordinary one: otherwise that is the price of an answer.',
    basis: { prior: 'the larger part' },
  },
  perhapsStopped: {
    value: 0.4,
    unit: 'confidence',
    means: 'How sure it is of a stopped program that may have the other end of what an idle victim waits at.',
    basis: { prior: 'less than a verdict needs: it may wait for any of what it has open, and it may be idle' },
  },
  sureByIo: {
    value: { to: 0.9, low: 0.7, high: 0.9 },
    unit: { to: 'share', low: 'confidence', high: 'confidence' },
    means: 'How sure it is of such a program, by that share, up to this one.',
    basis: { prior: 'whom it waits for is known by who wakes it; that its I/O is for the answer is not' },
  },
});
