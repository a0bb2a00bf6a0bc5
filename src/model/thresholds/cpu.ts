// Numbers of the causes about the scheduler: cpu.starved, cpu.stopped.

import { thresholds } from './threshold.js';

export const STARVED = thresholds('cpu.starved', {
  leastShare: {
    value: 0.25,
    unit: 'share',
    means: 'This share of the victim’s time must be lost to waiting for a CPU.',
    basis: {
      prior: 'one hog on another core costs up to a third of the time by turns on the core that is left, spread thin',
    },
  },
  windowMs: {
    value: 500,
    unit: 'ms',
    means: 'Starvation is looked for in windows of this length, because it may begin late.',
    basis: { derived: 'five samples at 10 Hz, a hundred slices of the scheduler' },
  },
  leastOfWanted: {
    value: 0.5,
    unit: 'share',
    means: 'In such a window it must wait for this part of the time in which it wanted a CPU.',
    basis: { derived: 'half is a fair share between two' },
  },
  byTurns: {
    value: 0.4,
    unit: 'share',
    means: 'From this share of its time on it is starved, also where it gets its fair turns.',
    basis: { derived: 'more than one hog on another core can cost by turns, which is a third' },
  },
  leastOfLoss: {
    value: 1 / 3,
    unit: 'share',
    means: 'Who had the CPU for less than this of what the victim lost is one among others, and no culprit.',
    basis: { prior: 'without it the victim would still lose two thirds' },
  },
  outweighed: {
    value: 3,
    unit: 'ratio',
    means:
      'Who is worth this many times as much to the scheduler as the other is preferred to it; so much less than usual is low, so much more is high.',
    basis: { derived: 'five steps of nice, and what halves its share beside one rival: from a half to a quarter' },
  },
  stealShown: {
    value: 0.05,
    unit: 'share',
    means: 'Time that the hypervisor took is shown from this share on.',
    basis: { prior: 'a shared host takes some per cent on ordinary days' },
  },
  stealNamed: {
    value: 0.1,
    unit: 'share',
    means: 'It is named as the reason from this share on.',
    basis: { derived: 'what is noticed at all' },
  },
  leastTaken: {
    value: 0.5,
    unit: 'share',
    means:
      'In a window in which threads of the kernel lack a CPU, other programs, or the hypervisor, must have this part of all CPU time.',
    basis: { prior: 'the larger part' },
  },
  mostKernel: {
    value: 0.5,
    unit: 'share',
    means:
      'If the kernel ran there for longer than this part of what the victim waited for durability without a device at work, on all CPUs together, it may have been that work.',
    basis: { prior: 'the larger part was no work then' },
  },
  ofBehind: {
    value: 0.9,
    unit: 'confidence',
    means: 'What is left of how sure it is where the larger part is such waiting.',
    basis: { prior: 'it is told by what is left: no thread of the kernel was seen waiting' },
  },
  sure: {
    value: { to: 0.5, low: 0.7, high: 0.97 },
    unit: { to: 'share', low: 'confidence', high: 'confidence' },
    means: 'How sure it is, by the share of its time that it waited for a CPU, up to this one.',
    basis: { prior: 'the scheduler itself counts this time: what is open is whether it matters' },
  },
});

export const STOPPED = thresholds('cpu.stopped', {
  sure: {
    value: 0.97,
    unit: 'confidence',
    means: 'How sure it is.',
    basis: { prior: 'a stopped thread can’t be anything else' },
  },
});

export const SLOW_CPU = thresholds('cpu.slow', {
  mostMs: {
    value: 0.04,
    unit: 'ms',
    means:
      'A write of 512 bytes into the page cache may cost this much CPU time, all events of the block layer and the scheduler recorded.',
    basis: { prior: 'processors of the last fifteen years need 2 to 8 µs; emulated ones 100 µs and more' },
  },
  leastRunning: {
    value: 0.3,
    unit: 'share',
    means: 'The probe must run for this share of that phase, or something else held it up.',
    basis: { prior: 'a writer into the page cache runs nearly all the time; a third of it is still its work' },
  },
  sure: {
    value: { from: 1, to: 3, low: 0.6, high: 0.9 },
    unit: { from: 'ratio', to: 'ratio', low: 'confidence', high: 'confidence' },
    means: 'How sure it is, by how many times that much a write costs.',
    basis: { prior: 'three times a generous bound is beyond any load of the caches' },
  },
});
