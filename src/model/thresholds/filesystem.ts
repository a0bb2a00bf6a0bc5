// Numbers of the causes about filesystems: fs.frozen, fs.full, fs.journal.

import { thresholds } from './threshold.js';

export const FROZEN = thresholds('fs.frozen', {
  sure: {
    value: 0.97,
    unit: 'confidence',
    means: 'How sure it is.',
    basis: { prior: 'nothing but a freeze makes a write wait at its beginning' },
  },
  stillMs: {
    value: 100,
    unit: 'ms',
    means: 'Who still waited this long before the end of the recording was not thawed.',
    basis: { derived: 'a sample at 10 Hz' },
  },
});

export const FULL = thresholds('fs.full', {
  hardlyAny: {
    value: { share: 0.01, bytes: 256 * 1024 * 1024, inodes: 1000 },
    unit: { share: 'share', bytes: 'B', inodes: 'count' },
    means: 'Less than this share of the whole, and less than so much in all, is hardly any space or inodes.',
    basis: { prior: 'one per cent of a large disk is plenty; 256 MiB are a second or two of writing' },
  },
  plenty: {
    value: 0.05,
    unit: 'share',
    means: 'With more than this left, calls that fail for want of space fail for that of the device beneath.',
    basis: { cited: 'mke2fs(8): 5 % are kept for root, so an ordinary user may lack what is free' },
  },
  sure: {
    value: 0.95,
    unit: 'confidence',
    means: 'How sure it is where calls failed and the filesystem is full.',
    basis: { prior: 'the error itself says so, and so does the filesystem' },
  },
  sureOfCalls: {
    value: 0.75,
    unit: 'confidence',
    means: 'How sure it is where calls failed and the filesystem was not seen full.',
    basis: { prior: 'it may be a quota, or another filesystem than is thought' },
  },
  sureFromCounters: {
    value: 0.6,
    unit: 'confidence',
    means: 'How sure it is from counters.',
    basis: { prior: 'that the victim sleeps while the filesystem is full may be chance' },
  },
  sureBeneath: {
    value: 0.4,
    unit: 'confidence',
    means: 'How sure it is from counters where the image of the victim’s disk lies on the full filesystem.',
    basis: { prior: 'an image that has all its blocks needs no room, and counters don’t tell whether it has' },
  },
});

export const JOURNAL = thresholds('fs.journal', {
  disks: {
    value: 2,
    unit: 'ratio',
    means:
      'A disk that takes so many times what it may makes every commit slow: the time in which it does so is the disk’s.',
    basis: { prior: 'from there on more than half of a commit is the disk’s slowness' },
  },
  outnumbered: {
    value: 2,
    unit: 'ratio',
    means: 'Others’ syncs must outnumber the victim’s own by more than this.',
    basis: { prior: 'with as many of its own it would wait for those' },
  },
  sure: {
    value: { from: 0.6, to: 0.9, low: 0.75, high: 0.95 },
    unit: { from: 'share', to: 'share', low: 'confidence', high: 'confidence' },
    means: 'How sure it is, by the share of all syncs that are others’.',
    basis: { prior: 'each of its own may be the one that it waits for' },
  },
  withoutSyncs: {
    value: 0.4,
    unit: 'confidence',
    means: 'How sure it is where syncs were not recorded.',
    basis: { derived: 'less than what is sure enough: whose commits those are is not known' },
  },
});

export const SYNC_ATTRIBUTE = thresholds('fs.sync-attribute', {
  leastKnown: {
    value: 0.9,
    unit: 'share',
    means: 'Of its syncs so many must be of files of which it is known how they were opened.',
    basis: { prior: 'nearly all: one that is not known may be the one that asks' },
  },
});

export const SYNC_MOUNT = thresholds('fs.sync-mount', {
  leastShare: {
    value: 0.4,
    unit: 'share',
    means: 'Waiting for durability must take this share of the victim’s time.',
    basis: { derived: 'the share from which the same is told of a program that asks itself (app.sync-writes)' },
  },
  mostEach: {
    value: 1.5,
    unit: 'ratio',
    means: 'With so many waits for durability for each of its writes it asks for it itself as well.',
    basis: { derived: 'the mount makes one of each write, and an fsync behind each one more' },
  },
  sure: {
    value: { to: 0.7, low: 0.75, high: 0.95 },
    unit: { to: 'share', low: 'confidence', high: 'confidence' },
    means: 'How sure it is, by the share of its time that it waited for durability, up to this one.',
    basis: { derived: 'as sure as the same is told of a program that asks itself' },
  },
});
