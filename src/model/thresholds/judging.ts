// Numbers by which findings become a verdict: what is noticed at all, how sure is sure enough, what a device is judged from, what keeps a
// victim from being called healthy, and how much of what was found is shown. The causes' own numbers stand in the files of their layers.

import { thresholds } from './threshold.js';

export const JUDGING = thresholds('judging', {
  noticeable: {
    value: 0.1,
    unit: 'share',
    means: 'Below this share of the victim’s time a state is not called a stall.',
    basis: { prior: 'a tenth is what a user begins to notice' },
  },
  sureEnough: {
    value: 0.5,
    unit: 'confidence',
    means: 'A cause that is less sure than this is a candidate, and no verdict.',
    basis: { prior: 'more likely than not' },
  },
  notUnderstood: {
    value: 0.25,
    unit: 'share',
    means: 'With more than this share of its time in states that nothing explains, a victim is not called healthy.',
    basis: { prior: 'twice what is noticed, and a little: less may be several small waits of different kinds' },
  },
  smallPart: {
    value: 0.25,
    unit: 'share',
    means:
      'A cause that explains less than this part of the time for which the victim was held up explains a small part.',
    basis: { prior: 'three of four parts of the stall would stay if it were mended' },
  },
  ofSmallPart: {
    value: 0.7,
    unit: 'confidence',
    means:
      'What explains a small part claims no more than this, whatever its score: it is possible that it is what is felt.',
    basis: {
      prior: 'below the step from which on a verdict is called likely: it may well be there, and not be the matter',
    },
  },
  collapsed: {
    value: 0.25,
    unit: 'share',
    means: 'A program that got this part of its usual work done, or less, was kept from its way of working.',
    basis: { prior: 'a program’s pace varies by two to three times by itself' },
  },
  lossy: {
    value: 0.8,
    unit: 'confidence',
    means: 'A verdict on a recording with severe losses is worth this part of what it would be.',
    basis: { prior: 'losses rarely hide the main part of a stall, but they may' },
  },
  explainsFromBeneath: {
    value: 0.5,
    unit: 'share',
    means:
      'A device beneath the victim’s disk is named where it explains this part of what the disk itself seems to explain.',
    basis: { prior: 'the larger part: what is above it then only passes it on' },
  },
  unwatched: {
    value: 0.85,
    unit: 'confidence',
    means: 'So is one on a block trace, whose victim was not watched but chosen.',
    basis: { prior: 'the victim may have done other things than wait for its requests' },
  },
  leastSeenMs: {
    value: 1000,
    unit: 'ms',
    means: 'Requests in a block trace that span less than this show a moment and no stall.',
    basis: { prior: 'a stall is a matter of seconds' },
  },
  seen: {
    value: { from: 100, low: 0.5, high: 1 },
    unit: { from: 'ms', low: 'confidence', high: 'confidence' },
    means: 'How much a finding on a block trace is worth by the time that its requests span, up to that least time.',
    basis: { derived: 'from a tenth of that time on; half for what may be chance' },
  },
});

export const FROM_STATE = thresholds('from-state', {
  sure: {
    value: { to: 0.4, low: 0.75, high: 0.95 },
    unit: { to: 'share', low: 'confidence', high: 'confidence' },
    means:
      'How sure a cause is that a state tells by itself (a lock of the kernel’s, a server, reclaim, swapped pages), by the share of its time in it, from what is noticed up to this one.',
    basis: { prior: 'the kernel tells the state: what is open is whether it matters' },
  },
});

export const FROM_SAMPLES = thresholds('from-samples', {
  ofStates: {
    value: 0.9,
    unit: 'confidence',
    means: 'What is left, from counters, of a score that rests on which state the victim was in.',
    basis: { prior: 'a sample shows the same sleep, now and then, and not always what it is for' },
  },
  ofDevice: {
    value: 0.85,
    unit: 'confidence',
    means: 'What is left of one that rests on what the device did meanwhile as well.',
    basis: { prior: 'counters show a disk’s work for all who use it' },
  },
  ofHealth: {
    value: 0.8,
    unit: 'confidence',
    means: 'What is left of one that acquits everybody.',
    basis: { prior: 'what a sample shows of a wait may be another wait' },
  },
});

export const DEVICE_JUDGING = thresholds('device-judging', {
  hadRoom: {
    value: 0.6,
    unit: 'share',
    means: 'A device at work for less than this share of a wait had room for what was held back.',
    basis: { prior: 'an ordinary writer leaves gaps of some tens of per cent between its requests' },
  },
  enoughRequests: {
    value: 3,
    unit: 'requests',
    means: 'A class of requests with so many tells how fast the disk is.',
    basis: { prior: 'one late answer among two is half of them' },
  },
  hiccupMs: {
    value: 1000,
    unit: 'ms',
    means: 'Fewer tell it where they took this much longer than the norm.',
    basis: { prior: 'no garbage collection of a disk in order takes a second' },
  },
  tellingShare: {
    value: 0.2,
    unit: 'share',
    means: 'A class that took less than this share of the device’s time does not speak for it.',
    basis: { prior: 'of six classes one that has its sixth is no more than company' },
  },
});

export const SHOWN = thresholds('shown', {
  candidates: {
    value: 2,
    unit: 'count',
    means: 'Where no cause is sure enough, so many of those that hold are named.',
    basis: { prior: 'more than two that it may be help nobody' },
  },
  stacks: {
    value: 3,
    unit: 'count',
    means: 'Of the kernel stacks in which a victim slept that nothing explains, so many are shown.',
    basis: { prior: 'the first explains most as a rule; a reader compares two or three' },
  },
  leastOfStack: {
    value: 0.05,
    unit: 'share',
    means: 'A stack in which the victim slept for less of its time is not.',
    basis: { derived: 'half of what is noticed at all: two such stacks are a stall' },
  },
  frames: {
    value: 8,
    unit: 'count',
    means: 'So many functions of such a stack are shown, the innermost first.',
    basis: { prior: 'from the wait up to the call there are five to ten' },
  },
  changes: {
    value: 10,
    unit: 'count',
    means: 'So many changes of the machine are shown beside a verdict, the first ones.',
    basis: { prior: 'a change that made the stall is among the first; a service that restarts changes dozens' },
  },
  letters: {
    value: 60,
    unit: 'count',
    means: 'Values of settings are shown up to so many letters.',
    basis: { derived: 'two of them fit a line of 120' },
  },
});

export const HEALTHY = thresholds('healthy', {
  mostFinishing: {
    value: 0.4,
    unit: 'share',
    means: 'More bookkeeping around the device than this share of the victim’s time is no bookkeeping.',
    basis: { prior: 'it is short, but where a busy machine’s workers come late' },
  },
  sure: {
    value: 0.95,
    unit: 'confidence',
    means: 'How sure the verdict is from events or requests.',
    basis: { measured: 'bench/results/diagnosis.md, 2026-11-25: no healthy control was called a stall' },
  },
});

export const DOUBTS = thresholds('doubts', {
  mostWaiting: {
    value: 0.7,
    unit: 'share',
    means: 'Counters don’t acquit a disk for which the victim waited more of its time than this.',
    basis: { prior: 'an ordinary writer has something else to do for a third of its time' },
  },
  mostlyOthers: {
    value: 0.5,
    unit: 'share',
    means: 'From this share of a disk’s bytes on, its queue is others’ work.',
    basis: { prior: 'the larger part' },
  },
  partlyOthers: {
    value: 0.25,
    unit: 'share',
    means: 'From this share on, others matter where they come in surges; what a journal writes is less.',
    basis: { prior: 'a journal writes a block or two for each of the victim’s' },
  },
  surge: {
    value: 4,
    unit: 'ratio',
    means: 'It is a surge where others ask so many times more of the disk than at their quietest.',
    basis: { prior: 'a steady load varies by two to three times from one window to the next' },
  },
  heldUp: {
    value: 0.5,
    unit: 'share',
    means: 'A victim that gets this part of its work done in the surges, or less, may be held up by them.',
    basis: { prior: 'half is more than the victim’s own pace varies' },
  },
  parts: {
    value: 3,
    unit: 'count',
    means:
      'The recording is cut into so many parts, of which that with most of others’ work is held against that with least.',
    basis: { prior: 'a part in between is left out, in which a surge begins or ends' },
  },
  windowMs: {
    value: 200,
    unit: 'ms',
    means: 'Surges are looked for in windows of this length.',
    basis: { derived: 'two samples at 10 Hz' },
  },
  leastWindows: {
    value: 3,
    unit: 'windows',
    means: 'Each of those parts must hold so many windows.',
    basis: { prior: 'fewer may all be one pause' },
  },
});
