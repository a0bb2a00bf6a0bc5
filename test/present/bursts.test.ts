// What --bursts prints: a line a burst, a period to the digits that it is known to, and the sums; the same as JSON a line; nothing harmful of a file's name.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BurstTold, PeriodTold } from '../../src/model/bursts.js';
import { burstJson, burstsHead, burstText, periodText } from '../../src/present/bursts.js';

const burst = (over: Partial<BurstTold> = {}): BurstTold => ({
  kind: 'burst',
  device: 'sda',
  atMs: new Date(2026, 10, 29, 3, 4, 5, 60).getTime(),
  lengthMs: 40,
  operations: 256,
  bytes: 16_777_216,
  peakOperations: 6400,
  peakBytes: 419_430_400,
  average: { operations: 256, bytes: 16_777_216, busy: 0.031 },
  isHidden: true,
  culprit: { process: 'backup', pid: 4711, file: '/srv/a\u001b[31mb', share: 0.98 },
  ...over,
});

const PERIOD: PeriodTold = {
  kind: 'period',
  device: 'sda',
  process: 'backup',
  periodMs: 7301.4,
  uncertaintyMs: 23,
  chance: 0.00004,
  bursts: 5,
};

test('a burst is a line under its heading', () => {
  const head = burstsHead(1000, Infinity).split('\n');
  assert.match(head[0] ?? '', /steps of 10 ms.*average of 1 s/);
  const line = burstText(burst(), Infinity);
  assert.match(
    line,
    /^03:04:05\.060 sda +40 ms +6,400 +419 MB\/s +64 KiB +3\.1! +backup \(4711\) 98 %, \/srv\/a\ufffd\[31mb\n$/,
  );
  assert.equal(head[2]?.indexOf('Who'), line.indexOf('backup'));
  assert.ok(burstText(burst(), 80).length <= 81);
});

test('what is not known is a dash, and what an average shows has no mark', () => {
  const { culprit: _, ...unknown } = burst({ isHidden: false, operations: 0 });
  assert.match(burstText(unknown, Infinity), / - +3\.1 +-\n$/);
});

test('a period has the digits that its uncertainty leaves', () => {
  assert.equal(periodText(PERIOD), 'every 7.30 s ± 0.02 s (by the last 5; at random as regular: <0.1 %)');
  assert.match(periodText({ ...PERIOD, periodMs: 61_000, uncertaintyMs: 2400 }), /^every 61 s ± 2 s /);
});

test('the end sums up by disk, and says who, what hides and what was missed', () => {
  const end = {
    kind: 'end',
    seconds: 36.5,
    intervalMs: 1000,
    latestMs: 250,
    disks: [
      { device: 'sda', bursts: [burst(), burst({ lengthMs: 60, isHidden: false })], count: 2, periods: [PERIOD] },
    ],
  } as const;
  const text = burstText(end, Infinity).replaceAll(/\n {4}/g, ' ');
  for (const line of burstText(end, 60).split('\n')) assert.ok(line.length <= 75, line);
  assert.match(
    text,
    /sda: 2 bursts of 40 ms to 60 ms, up to 6,400 requests\/s and 419 MB\/s, 33\.6 MB in all, 64 KiB each\n/,
  );
  assert.match(text, /those of backup come every 7\.30 s ± 0\.02 s/);
  assert.match(text, /1 of 2 are hidden by averages of 1 s, which show 3\.1 % busy at most\n/);
  assert.match(text, /2 by backup, /);
  assert.match(text, /Two looks were 250 ms apart/);
  assert.match(
    burstText({ ...end, disks: [], nobodyBecause: 'only root may' }, Infinity),
    /^\nNo bursts in 36\.5 s\.\n/,
  );
});

test('as JSON each is a line of its own', () => {
  assert.deepEqual(JSON.parse(burstJson(PERIOD)), PERIOD);
  const told = JSON.parse(burstJson(burst()));
  assert.equal(new Date(told.timestamp).getTime(), burst().atMs);
  assert.equal(told.atMs, undefined);
});
