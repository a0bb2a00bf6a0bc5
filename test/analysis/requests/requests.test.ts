// Requests are followed from queue to completion: merges, splits, partial completions, requeues, flushes, and what is told of their bios.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intervals, type Interval } from '../../../src/base/intervals.js';
import type { EventGap } from '../../../src/model/events.js';
import { Topology } from '../../../src/analysis/machine/topology.js';
import { followRequests } from '../../../src/analysis/requests/follow.js';
import { KIND, kindOf } from '../../../src/analysis/requests/requests.js';
import { allUntil, LOOP0, someEvents, type Row } from '../../support/events.js';

const NOWHERE = new Topology(undefined, new Map());

function block(t: number, pid: number, sector: number, sectors: number, rwbs = 'WS'): Row {
  return { t, pid, fields: { dev: LOOP0, sector, nr_sector: sectors, rwbs, error: 0 } };
}

const END = 1000;

test('one bio, one request', () => {
  const requests = followRequests(
    someEvents({
      block_bio_queue: [block(1, 5, 100, 8)],
      block_rq_issue: [block(2, 5, 100, 8)],
      block_rq_complete: [block(3, 0, 100, 8)],
    }),
    NOWHERE,
    allUntil(END),
  );
  assert.equal(requests.length, 1);
  assert.deepEqual([requests.queued[0], requests.dispatched[0], requests.completed[0]], [1, 2, 3]);
  assert.deepEqual([requests.sector[0], requests.bytes[0]], [100, 4096]);
  assert.equal(requests.pid[0], 5);
  assert.deepEqual(requests.disks, ['7:0']);
});

test('a merged request takes the earliest of its bios', () => {
  const requests = followRequests(
    someEvents({
      block_bio_queue: [block(1, 5, 100, 8), block(2, 6, 108, 8)],
      block_rq_issue: [block(3, 5, 100, 16)],
      block_rq_complete: [block(4, 0, 100, 16)],
    }),
    NOWHERE,
    allUntil(END),
  );
  assert.equal(requests.queued[0], 1);
  assert.equal(requests.bytes[0], 8192);
});

test('a bio that is cut in two gives both requests its queue time', () => {
  const requests = followRequests(
    someEvents({
      block_bio_queue: [block(1, 5, 100, 16)],
      block_rq_issue: [block(2, 5, 100, 8), block(3, 5, 108, 8)],
      block_rq_complete: [block(4, 0, 100, 8), block(5, 0, 108, 8)],
    }),
    NOWHERE,
    allUntil(END),
  );
  assert.deepEqual([...requests.queued], [1, 1]);
});

test('a partial completion leaves the rest with the device', () => {
  const requests = followRequests(
    someEvents({
      block_bio_queue: [block(1, 5, 100, 16)],
      block_rq_issue: [block(2, 5, 100, 16)],
      block_rq_complete: [block(3, 0, 100, 8), block(6, 0, 108, 8)],
    }),
    NOWHERE,
    allUntil(END),
  );
  assert.equal(requests.length, 1);
  assert.equal(requests.completed[0], 6);
  assert.equal(requests.bytes[0], 8192);
});

test('a requeued request is dispatched anew and keeps its queue time', () => {
  const requests = followRequests(
    someEvents({
      block_bio_queue: [block(1, 5, 100, 8)],
      block_rq_issue: [block(2, 5, 100, 8), block(5, 5, 100, 8)],
      block_rq_requeue: [block(3, 0, 100, 8)],
      block_rq_complete: [block(6, 0, 100, 8)],
    }),
    NOWHERE,
    allUntil(END),
  );
  assert.equal(requests.requeues, 1);
  assert.deepEqual([requests.queued[0], requests.dispatched[0]], [1, 5]);
});

test('a flush has no sector', () => {
  const requests = followRequests(
    someEvents({
      block_bio_queue: [block(1, 5, 0, 0, 'FWS')],
      block_rq_issue: [block(2, 5, 0, 0, 'FF')],
      block_rq_complete: [block(4, 0, 0, 0, 'FF')],
    }),
    NOWHERE,
    allUntil(END),
  );
  assert.equal(requests.kind[0], KIND.flush);
  assert.equal(requests.queued[0], 1);
});

/** Follows requests whose bios are tagged with who queued them, and what was told of them at their completion. */
function tagged(rows: Parameters<typeof someEvents>[0]) {
  const told: [tag: number, sectors: number][] = [];
  const requests = followRequests(someEvents(rows), NOWHERE, allUntil(END), {
    queued: ({ pid }) => pid,
    completed: (_disk, _kind, tag, sectors) => told.push([tag, sectors]),
  });
  const { first, tag, share } = requests.parts;
  const parts = Array.from({ length: requests.length }, (_, row) =>
    Array.from(tag.slice(first[row], first[row + 1]), (one, at): [number, number | undefined] => [
      one,
      share[(first[row] ?? 0) + at],
    ]),
  );
  return { parts, told };
}

test('a request has the tags of its bios, by their sectors, and none for what no bio was seen of', () => {
  const { parts, told } = tagged({
    block_bio_queue: [block(1, 5, 100, 8), block(1.1, 5, 108, 8), block(2, 6, 116, 8)],
    block_rq_issue: [block(3, 5, 100, 32), block(4, 5, 900, 8)],
    block_rq_complete: [block(5, 0, 100, 32), block(6, 0, 900, 8)],
  });
  assert.deepEqual(parts, [
    [
      [5, 0.5],
      [6, 0.25],
      [-1, 0.25],
    ],
    [[-1, 1]],
  ]);
  assert.deepEqual(told, [
    [5, 8],
    [5, 8],
    [6, 8],
    [-1, 8],
    [-1, 8],
  ]);
});

test('a flush is shared alike by those who asked for it', () => {
  const flush = (t: number, pid: number) => block(t, pid, 0, 0, 'FF');
  const { parts, told } = tagged({
    block_bio_queue: [flush(1, 5), flush(2, 6)],
    block_rq_issue: [flush(3, 0)],
    block_rq_complete: [flush(4, 0)],
  });
  assert.deepEqual(
    parts.map((row) => new Map(row)),
    [
      new Map([
        [5, 0.5],
        [6, 0.5],
      ]),
    ],
  );
  assert.deepEqual(told, []);
});

test('what completes in parts is told part by part, also where its dispatch was not seen', () => {
  const rows = {
    block_bio_queue: [block(1, 5, 100, 8), block(2, 6, 108, 8)],
    block_rq_complete: [block(4, 0, 100, 12), block(5, 0, 112, 4)],
  };
  const told = [
    [5, 8],
    [6, 4],
    [6, 4],
  ];
  const seen = tagged({ ...rows, block_rq_issue: [block(3, 5, 100, 16)] });
  assert.deepEqual([seen.parts.length, seen.told], [1, told]);
  const unseen = tagged(rows);
  assert.deepEqual([unseen.parts.length, unseen.told], [0, told]);
});

test('a completion without a dispatch is passed over, a dispatch without a completion is waited for until the end', () => {
  const requests = followRequests(
    someEvents({ block_rq_issue: [block(2, 5, 100, 8)], block_rq_complete: [block(3, 0, 900, 8)] }),
    NOWHERE,
    allUntil(END),
  );
  assert.deepEqual([requests.length, requests.answered], [1, 0]);
  assert.deepEqual([requests.dispatched[0], requests.completed[0]], [2, END]);
});

test('rwbs letters', () => {
  assert.equal(kindOf('WS', 8), KIND.write);
  assert.equal(kindOf('FWFS', 8), KIND.write);
  assert.equal(kindOf('FWS', 0), KIND.flush);
  assert.equal(kindOf('FF', 0), KIND.flush);
  assert.equal(kindOf('RAM', 8), KIND.read);
  assert.equal(kindOf('D', 8), KIND.discard);
  assert.equal(kindOf('ZAS', 8), KIND.write, 'an append to a zone');
  assert.equal(kindOf('ZR', 0), KIND.other, 'a reset of a zone');
  assert.equal(kindOf('N', 0), KIND.other);
});

test('a bio of a device without requests is with it from its queueing on, also where it is answered in two parts, and a flush', () => {
  const requests = followRequests(
    someEvents({
      block_bio_queue: [block(1, 5, 100, 16), block(2, 6, 0, 0, 'FF')],
      block_bio_complete: [
        block(300, 9, 100, 8),
        block(301, 9, 108, 8),
        block(310, 9, 0, 0, 'FF'),
        block(320, 9, 500, 8),
      ],
    }),
    NOWHERE,
    allUntil(END),
  );
  // What completed at 320 was queued before the recording: nobody knows since when the device had it.
  assert.deepEqual(
    Array.from({ length: requests.length }, (_, row) => [
      requests.pid[row],
      requests.dispatched[row],
      requests.completed[row],
      requests.bytes[row],
      requests.passedOn[row],
    ]),
    [
      [5, 1, 300, 4096, 1],
      [5, 1, 301, 4096, 1],
      [6, 2, 310, 0, 1],
    ],
  );
});

interface Hidden {
  /** When a later request of the same kind is dispatched, which is answered at once; ms. */
  readonly laterAt?: number;
  readonly gap?: Omit<EventGap, 'instance'>;
  readonly instance?: string;
  readonly sampled?: Interval;
}

/** How long each request took where one was dispatched at 10 ms, and a completion at its sector was seen at 500. */
function lives({ laterAt = 200, gap, instance = 'machine', sampled }: Hidden): number[] {
  const rows = {
    block_rq_issue: [block(10, 5, 100, 8), block(laterAt, 5, 900, 8)],
    block_rq_complete: [block(laterAt + 1, 0, 900, 8), block(500, 0, 100, 8)],
  };
  const events = { ...someEvents(rows), gaps: gap ? [{ ...gap, instance }] : [] };
  const sampling = { times: Intervals.of(sampled ? [sampled] : []), weightAt: () => 1 };
  const { dispatched, completed } = followRequests(events, NOWHERE, { endMs: END, sampling });
  return Array.from(completed, (end, row) => end - (dispatched[row] ?? NaN)).sort((a, b) => a - b);
}

test('a request that was overtaken while events were lost has lost its completion: the next one there is not its own', () => {
  const gap = { from: 12, to: 40 };
  assert.deepEqual(lives({ gap }), [1]);
  assert.deepEqual(lives({}), [1, 490], 'nothing was lost: it hangs');
  assert.deepEqual(lives({ gap: { from: 2, to: 8 } }), [1, 490], 'before it');
  assert.deepEqual(lives({ gap: { from: 510, to: 540 } }), [1, 490], 'behind its end');
  assert.deepEqual(lives({ gap, instance: 'victim' }), [1, 490], 'of the other tracer');
  assert.deepEqual(lives({ gap, laterAt: 105 }), [1, 490], 'overtaken by less than a tenth of a second');
  assert.deepEqual(lives({ gap, laterAt: 115 }), [1]);
});

test('so has one that began before requests were a sample and ended behind that, and none that began or ended within it', () => {
  assert.deepEqual(lives({ sampled: { from: 20, to: 400 } }), [1]);
  assert.deepEqual(lives({ sampled: { from: 5, to: 400 } }), [1, 490]);
  assert.deepEqual(lives({ sampled: { from: 20, to: 600 } }), [1, 490]);
});
