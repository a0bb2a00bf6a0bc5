// Bios find their requests whatever happens to them on the way; and beside a plain model that keeps lists, on random events, the columns
// give the same answers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestFollower } from '../../../src/analysis/requests/follower.js';
import { NONE } from '../../../src/base/slot-index.js';

const LANE = 3;

function biosOf(follower: RequestFollower, flight: number): number[] {
  const pids: number[] = [];
  for (let bio = follower.first(flight); bio !== NONE; bio = follower.next(bio)) pids.push(follower.pid[bio] ?? NaN);
  return pids;
}

test('a request takes the bios of its range, and only those of its lane', () => {
  const follower = new RequestFollower();
  follower.queue(LANE, 100, 8, 1, 11, 0);
  follower.queue(LANE, 108, 8, 2, 12, 0);
  follower.queue(LANE + 1, 116, 8, 3, 13, 0);
  const flight = follower.dispatch(LANE, 100, 24, 5);
  assert.deepEqual(biosOf(follower, flight), [11, 12]);
  assert.equal(follower.complete(LANE, 100, 24), flight);
});

test('an insertion belongs to the bio that the request was made for, also behind one merged at the front', () => {
  const follower = new RequestFollower();
  const made = follower.queue(LANE, 108, 8, 1, 11, 0);
  follower.getRequest(LANE, 108, 2);
  const front = follower.queue(LANE, 100, 8, 3, 12, 0);
  follower.merge(LANE, 100, 4);
  assert.equal(follower.insert(LANE, 100, 16, 5), made);
  assert.equal(follower.inserted[made], 5);
  assert.ok(Number.isNaN(follower.inserted[front]));
});

test('a requeued request gives all its bios back', () => {
  const follower = new RequestFollower();
  follower.queue(LANE, 100, 8, 1, 11, 0);
  follower.queue(LANE, 108, 8, 2, 12, 0);
  follower.dispatch(LANE, 100, 16, 3);
  assert.ok(follower.requeue(LANE, 100));
  assert.ok(!follower.requeue(LANE, 100));
  const again = follower.dispatch(LANE, 100, 16, 9);
  assert.deepEqual(biosOf(follower, again), [11, 12]);
  assert.equal(follower.queued[follower.earliest(again)], 1);
});

test('a flush serves everybody who waits for one, and nobody who comes later', () => {
  const follower = new RequestFollower();
  follower.queue(LANE, 0, 0, 1, 11, 0);
  follower.queue(LANE, 0, 0, 2, 12, 0);
  const flight = follower.dispatch(LANE, 0, 0, 3);
  follower.queue(LANE, 0, 0, 4, 13, 0);
  assert.deepEqual(
    biosOf(follower, flight).toSorted((a, b) => a - b),
    [11, 12],
  );
  assert.equal(follower.complete(LANE, 0, 0), flight);
});

test('a cut bio leaves its rest, as old as it is; a cut outside it changes nothing', () => {
  const follower = new RequestFollower();
  follower.queue(LANE, 100, 16, 1, 11, 0);
  follower.split(LANE, 100, 200);
  follower.split(LANE, 100, 108);
  assert.deepEqual(biosOf(follower, follower.dispatch(LANE, 108, 8, 2)), [11]);
  assert.deepEqual(biosOf(follower, follower.dispatch(LANE, 100, 8, 2)), [11]);
});

test('bios that are never dispatched are forgotten before they fill memory', () => {
  const follower = new RequestFollower();
  for (let at = 0; at <= 1 << 20; at += 1) follower.queue(LANE, at * 8, 8, at, 1, 0);
  assert.equal(follower.forgotten, 1 << 20);
  const last = follower.dispatch(LANE, (1 << 20) * 8, 8, 9);
  assert.deepEqual(biosOf(follower, last), [1]);
});

interface Step {
  readonly does: 'queue' | 'dispatch' | 'complete' | 'requeue';
  readonly sector: number;
  readonly size: number;
}

/** The same rules with lists: whole bios of eight sectors, requests of one or two of them. */
class Model {
  private waiting: { sector: number; pid: number }[] = [];
  private flights: { sector: number; pids: number[]; bios: { sector: number; pid: number }[] }[] = [];

  queue(sector: number, pid: number): void {
    this.waiting.push({ sector, pid });
  }

  private take(sector: number) {
    const at = this.waiting.findLastIndex((bio) => bio.sector === sector);
    return at < 0 ? undefined : this.waiting.splice(at, 1)[0];
  }

  dispatch(sector: number, size: number): number[] {
    const bios = [];
    for (let at = sector; at < sector + size; at += 8) {
      const bio = this.take(at);
      if (!bio) break;
      bios.push(bio);
    }
    const pids = bios.map((bio) => bio.pid);
    this.flights.push({ sector, pids, bios });
    return pids;
  }

  end(sector: number): { sector: number; pids: number[]; bios: { sector: number; pid: number }[] } | undefined {
    const at = this.flights.findLastIndex((flight) => flight.sector === sector);
    return at < 0 ? undefined : this.flights.splice(at, 1)[0];
  }

  requeue(sector: number): boolean {
    const flight = this.end(sector);
    this.waiting.push(...(flight?.bios ?? []));
    return flight !== undefined;
  }

  get inFlight(): number {
    return this.flights.length;
  }
}

test('columns and lists agree on random events', () => {
  const step: fc.Arbitrary<Step> = fc.record({
    does: fc.constantFrom('queue', 'queue', 'dispatch', 'complete', 'requeue'),
    sector: fc.nat(6).map((place) => place * 8),
    size: fc.constantFrom(8, 16),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 3000, size: 'max' }), (steps) => {
      const follower = new RequestFollower();
      const model = new Model();
      steps.forEach(({ does, sector, size }, pid) => {
        if (does === 'queue') {
          follower.queue(LANE, sector, 8, pid, pid, 0);
          model.queue(sector, pid);
        } else if (does === 'dispatch') {
          assert.deepEqual(biosOf(follower, follower.dispatch(LANE, sector, size, pid)), model.dispatch(sector, size));
        } else if (does === 'complete') {
          const flight = follower.complete(LANE, sector, 16);
          const expected = model.end(sector);
          assert.equal(flight !== NONE, expected !== undefined);
          if (flight !== NONE) {
            assert.deepEqual(biosOf(follower, flight), expected?.pids);
            follower.release(flight);
          }
        } else assert.equal(follower.requeue(LANE, sector), model.requeue(sector));
        assert.equal(follower.inFlight, model.inFlight);
      });
    }),
  );
});
