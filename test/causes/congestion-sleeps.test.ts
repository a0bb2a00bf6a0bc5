// Reclaim that sleeps a whole tenth of a second for each page, as kernels up to 5.15 do, from made-up recordings with those stacks and times; and its
// look-alikes: sleeps that are ended early, the same sleeps below something else, and a kernel that has no such sleep.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measure } from '../../src/analysis/measures.js';
import { congestionSleeps } from '../../src/causes/judge/congestion-sleeps.js';
import { knownList } from '../../src/cli/known-list.js';
import { leads } from '../../src/known/fits.js';
import type { Case } from '../../src/model/case.js';
import type { Segment } from '../../src/model/segment.js';
import { aCase, NO_COUNTERS, series, someFacts } from '../support/case.js';
import { LOOP0, someEvents, type Row } from '../support/events.js';
import { measuresOf } from '../support/measures.js';
import { diagnosed } from '../support/telling.js';

const ME = 50;
const ROUNDS = 30;
const RUN_MS = 2;
const RECLAIM = [
  'io_schedule_timeout',
  'congestion_wait',
  'shrink_inactive_list',
  'shrink_lruvec',
  'shrink_node',
  'do_try_to_free_pages',
  'try_to_free_pages',
  '__alloc_pages_slowpath',
  'pagecache_get_page',
  'generic_perform_write',
  'vfs_write',
];

/** A writer that runs for 2 ms and sleeps for so long, again and again, below reclaim's begin and end events where there are any. */
function writer(sleepMs: number, stack: readonly string[], kernel = '5.10.0', isReclaim = true): Case {
  const round = sleepMs + RUN_MS;
  const starts = Array.from({ length: ROUNDS }, (_, n) => n * round);
  const request = (t: number): Row => ({
    t,
    pid: 9,
    fields: { dev: LOOP0, sector: 8, nr_sector: 8, rwbs: 'W', error: 0 },
  });
  const events = someEvents(
    {
      block_bio_queue: [request(1)],
      block_rq_issue: [request(1.1)],
      block_rq_complete: [request(1.2)],
      ...(isReclaim && {
        mm_vmscan_direct_reclaim_begin: starts.map((t) => ({ t: t + RUN_MS - 0.5, pid: ME, fields: { order: 0 } })),
        mm_vmscan_direct_reclaim_end: starts.map((t) => ({
          t: t + round - 0.01,
          pid: ME,
          fields: { nr_reclaimed: 1 },
        })),
      }),
      sched_switch: starts.flatMap((t) => [
        {
          t: t + RUN_MS,
          pid: ME,
          fields: { prev_pid: ME, prev_state: 2, next_pid: 0, prev_comm: 'dd', next_comm: 'idle' },
        },
        {
          t: t + round - 0.1,
          pid: 0,
          fields: { prev_pid: 0, prev_state: 0, next_pid: ME, prev_comm: 'idle', next_comm: 'dd' },
        },
      ]),
      sched_waking: starts.map((t) => ({ t: t + round - 0.15, pid: 0, fields: { pid: ME, comm: 'dd' } })),
    },
    starts.map((t) => [t + RUN_MS + 0.001, ME, ['schedule', ...stack]] as const),
    { [ME]: 'dd', 9: 'kworker/0:1' },
  );
  const end = ROUNDS * round;
  return aCase({
    durationMs: end,
    facts: [someFacts({ kernel })],
    victims: [{ pid: ME, comm: 'dd', role: 'command' }],
    events,
    counters: {
      ...NO_COUNTERS,
      processes: new Map([
        [
          ME,
          {
            pid: ME,
            comm: 'dd',
            stat: series([0, end], { majflt: [0, 0] }),
            state: ['D', 'D'],
            io: series([0, end], {
              wchar: [0, 4096 * ROUNDS],
              rchar: [0, 0],
              write_bytes: [0, 4096 * ROUNDS],
              read_bytes: [0, 0],
              syscr: [0, 0],
              syscw: [0, ROUNDS],
            }),
          },
        ],
      ]),
    },
  });
}

test('a tenth of a second for each page is told as the mechanism, with what it comes to', async () => {
  const input = writer(100, RECLAIM);
  const diagnosis = await diagnosed(input);
  assert.equal(diagnosis.verdict.cause, 'mem.reclaim');
  const told = diagnosis.verdict.evidence.find(({ measure: name }) => name === 'sleeps in congestion_wait');
  assert.match(told?.value ?? '', /^\d+ of (99|100)(\.\d+)? ms each \([\d.]+ % of its reclaim\)$/);
  assert.match(told?.meaning ?? '', /one page of 4 KiB for each is 4[01]\.\d kB\/s, whatever the disk can do$/);
  const found = leads(knownList(), measure(input), diagnosis);
  assert.deepEqual(
    found.map(({ id }) => id),
    ['congestion-wait'],
  );
});

test('its look-alikes are none of it', async () => {
  const alike: Readonly<Record<string, Case>> = {
    'ended early': writer(60, RECLAIM),
    'longer than any': writer(130, RECLAIM),
    'another sleep of that length below reclaim': writer(100, ['io_schedule', 'wait_on_page_bit', ...RECLAIM.slice(2)]),
    'below no reclaim': writer(100, ['io_schedule', 'blk_mq_get_tag', 'submit_bio', 'vfs_write'], '5.10.0', false),
  };
  for (const [name, input] of Object.entries(alike)) {
    assert.equal(congestionSleeps(measure(input)), undefined, name);
    const { verdict } = await diagnosed(input);
    assert.ok(!verdict.evidence.some(({ measure: one }) => one === 'sleeps in congestion_wait'), name);
  }
});

test('a newer kernel that shows the sleeps is not led to the entry, and an older one that does not neither', async () => {
  for (const input of [writer(100, RECLAIM, '5.16.1'), writer(60, RECLAIM, '5.10.0')])
    assert.deepEqual(leads(knownList(), measure(input), await diagnosed(input)), []);
});

test('edges: a tick less or more at 100 Hz is a whole sleep, and a few make no pattern', () => {
  for (const ms of [91, 111]) assert.ok(congestionSleeps(measure(writer(ms, RECLAIM))), String(ms));
  for (const ms of [88, 114]) assert.equal(congestionSleeps(measure(writer(ms, RECLAIM))), undefined, String(ms));
});

test('five of them are a pattern, where reclaim spends half of its time or more in them', () => {
  const events = someEvents({}, [
    [0, ME, RECLAIM],
    [1, ME, RECLAIM.slice(2)],
  ]);
  const told = (sleeps: number, otherMs: number) => {
    const segments = Array.from({ length: sleeps }, (_, n): Segment => {
      return { from: n * 200, to: n * 200 + 100, state: 'reclaim', stack: 0 };
    });
    const other: Segment = { from: 5000, to: 5000 + otherMs, state: 'reclaim', stack: 1 };
    return congestionSleeps({
      ...measuresOf({ account: { segments: [...segments, other] } }),
      input: aCase({ events }),
    });
  };
  assert.equal(told(4, 1), undefined);
  assert.equal(told(5, 1)?.count, 5);
  assert.equal(told(5, 400)?.count, 5);
  assert.equal(told(5, 700), undefined);
});
