// Numbers of analysis/victim by which a stall is told: when it began, who was served meanwhile, what was made durable, what failed.

import { thresholds } from './threshold.js';

export const NEIGHBOURS = thresholds('neighbours', {
  binMs: {
    value: 50,
    unit: 'ms',
    means: 'Bursts of others are looked for in bins of this length.',
    basis: { prior: 'a burst that anybody notices lasts some tenths of a second' },
  },
  mostBins: {
    value: 20_000,
    unit: 'bins',
    means: 'Longer recordings have longer bins, so that there are no more than these for each program.',
    basis: { derived: 'a quarter of an hour of 50 ms; 160 kB for each program' },
  },
  company: {
    value: 0.5,
    unit: 'share',
    means: 'A request was in company if others were served for this share of its life.',
    basis: { derived: 'with one other in turns it is half; where it is less, most of its life went elsewhere' },
  },
  alone: {
    value: 0.1,
    unit: 'share',
    means: 'It was alone if they were served for no more than this share of it.',
    basis: { prior: 'a tenth is not felt' },
  },
  compared: {
    value: 0.5,
    unit: 'share',
    means: 'The kinds of requests that can be compared must make up this share of what took its time in company.',
    basis: { prior: 'the larger part' },
  },
  enoughRequests: {
    value: 8,
    unit: 'requests',
    means: 'With fewer own requests alone, or in company unless they were all longer, the two are not compared.',
    basis: { prior: 'the mean of eight latencies is known to about a third' },
  },
  byChance: {
    value: 0.001,
    unit: 'share',
    means: 'Fewer in company are compared where all of them would be as long as they were so seldom by chance.',
    basis: { prior: 'one in a thousand is no accident of the night, also where several disks and kinds are asked' },
  },
  farLonger: {
    value: 10,
    unit: 'ratio',
    means: 'Few in company are also compared where the shortest took so many times the longest alone.',
    basis: {
      prior:
        'a request that is answered late by chance takes a few times what the latest before it took; hangs of the disk are not counted',
    },
  },
  drawn: {
    value: 0.05,
    unit: 'share',
    means: 'The bursts of a neighbour with no more than this share of the disk’s bytes are not drawn in the report.',
    basis: { prior: 'so few bytes hold nobody up; bands are drawn for what may' },
  },
});

export const RECURRENCE = thresholds('recurrence', {
  least: {
    value: 2,
    unit: 'count',
    means: 'What was lost in so many stretches comes and goes.',
    basis: { derived: 'one stretch does not return' },
  },
  mostIrregular: {
    value: 10,
    unit: 'count',
    means: 'More stretches than these without a period are how the victim works, and no event that returns.',
    basis: { prior: 'nobody counts more of them' },
  },
  mostCovered: {
    value: 0.5,
    unit: 'share',
    means: 'Stretches that cover more of its time than this are a stall that pauses, and no event that returns.',
    basis: { derived: 'the larger part' },
  },
});

export const ONSET = thresholds('onset', {
  fineBins: {
    value: 240,
    unit: 'bins',
    means: 'The onset of a stall is looked for in what is lost in so many stretches of the victim’s time.',
    basis: {
      measured: 'bench/results/onset.md, 2026-12-01: with 60 alone 5 of 12 onsets of the recorded stalls are found',
    },
  },
  coarseBins: {
    value: 60,
    unit: 'bins',
    means: 'It is looked for in so many longer ones as well.',
    basis: { derived: 'of a loss that returns regularly, a stretch that holds several of its turns varies less' },
  },
  leastBinMs: {
    value: 10,
    unit: 'ms',
    means: 'No stretch is shorter.',
    basis: { derived: 'a read of a rotating disk takes as long: shorter ones are lost or not, and tell no level' },
  },
  dated: {
    value: 100,
    unit: 'ms',
    means: 'About an onset that was found, shorter stretches are looked at until they are as short.',
    basis: { prior: 'an onset is asked for to a tenth of a second' },
  },
  falseAlarms: {
    value: 0.01,
    unit: 'share',
    means: 'Of stalls that are steady, at most this part is told to have set in.',
    basis: { prior: 'as of measures that are compared: one false one in a hundred is bearable' },
  },
  mostBefore: {
    value: 0.33,
    unit: 'share',
    means: 'A stall sets in where no more than this part of what is lost since was lost before.',
    basis: { prior: 'three times as much is another state; less is a stall that became worse, or paused' },
  },
  atStartMs: {
    value: 500,
    unit: 'ms',
    means:
      'What begins within this of the beginning of the victim’s account was there before it, and what ends within this of its end was there then.',
    basis: { prior: 'half a second: tracing sets in within it' },
  },
});

export const PROGRESS = thresholds('progress', {
  windowMs: {
    value: 500,
    unit: 'ms',
    means: 'Progress in a stall and outside it is compared in windows of this length.',
    basis: { derived: 'five samples at 10 Hz' },
  },
  mostWindows: {
    value: 10_000,
    unit: 'windows',
    means: 'Longer recordings have longer windows, so that there are no more than these.',
    basis: { derived: 'an hour and a half of half seconds; each looks counters up' },
  },
  coveredShare: {
    value: 0.5,
    unit: 'share',
    means: 'A window that the stall covers to this part lies in it.',
    basis: { prior: 'it belongs where most of it lies' },
  },
  leastInside: {
    value: 2,
    unit: 'windows',
    means: 'With fewer windows in the stall there is no comparison.',
    basis: { prior: 'one half second may be a pause' },
  },
  leastOutside: {
    value: 3,
    unit: 'windows',
    means: 'With fewer windows outside it there is none either.',
    basis: { prior: 'the usual pace must be known better than that of the stall' },
  },
});

export const DURABLE = thresholds('durable', {
  inStep: {
    value: 0.8,
    unit: 'share',
    means: 'A journal commits for a program where a commit follows this many of its writes before the next one.',
    basis: { prior: 'a commit may take two writes along now and then; commits of others fall where they like' },
  },
  mostCommits: {
    value: 2,
    unit: 'ratio',
    means: 'With more commits for each of its writes than these, they are made for others.',
    basis: { derived: 'a journal commits a file’s data and its size apart' },
  },
  ownCalls: {
    value: 0.5,
    unit: 'ratio',
    means: 'A program that sends this many flushes for each of its writes makes them durable itself.',
    basis: { prior: 'some databases flush every second write' },
  },
});

export const FAILURES = thresholds('failures', {
  aftermathMs: {
    value: 250,
    unit: 'ms',
    means: 'Longer than this after a failed call the victim does something else.',
    basis: { prior: 'programs that try again do so at once or after a tenth of a second or two' },
  },
});
