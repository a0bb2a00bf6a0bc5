// What counters tell of a child that works beside the victim: it is named where it moved most of what the disk did, the disk's requests waited
// for each other, and the victim got less done beside it; and nobody else is blamed for what it did.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VictimMark } from '../../src/model/recording.js';
import { aCase, NO_COUNTERS, series, someFacts } from '../support/case.js';
import { diagnosed } from '../support/telling.js';

const [ME, CHILD] = [50, 57];
const SAMPLES = 61;
const TIMES = Array.from({ length: SAMPLES }, (_, n) => n * 100);
const END = 100 * (SAMPLES - 1);
const ZERO = TIMES.map(() => 0);

/** A sum that grows by so much in the tenth of a second before each sample. */
function summed(step: (n: number) => number): number[] {
  let sum = 0;
  return TIMES.map((_, n) => (sum += n === 0 ? 0 : step(n)));
}

interface Server {
  /** Samples between which the child is there. */
  readonly life?: readonly [number, number];
  /** What the child writes in each tenth of a second, bytes. */
  readonly childBytes?: number;
  /** The server's calls in each tenth of a second, beside the child and without it. */
  readonly calls?: readonly [number, number];
  /** How long each of the disk's requests takes with its queueing, ms. */
  readonly requestMs?: number;
  readonly role?: VictimMark['role'];
  /** Where the server sleeps. */
  readonly asleepIn?: string;
}

/** A server that makes each of its small writes durable, on a disk that it has with its child. */
function server(different: Server) {
  const { life = [0, SAMPLES - 1], childBytes = 2_000_000, calls = [3, 30], requestMs = 150 } = different;
  const { role = 'pid', asleepIn = 'jbd2_log_wait_commit' } = different;
  const isBeside = (n: number) => n > life[0] && n <= life[1];
  const ownCalls = (n: number) => calls[isBeside(n) ? 0 : 1];
  const reaped = (n: number) => (n === life[1] + 1 ? childBytes * (life[1] - life[0]) : 0);
  const own = summed((n) => ownCalls(n) * 400 + reaped(n));
  const disk = {
    rd_ios: ZERO,
    rd_sectors: ZERO,
    wr_ios: summed((n) => ownCalls(n) + 5),
    wr_sectors: summed((n) => (ownCalls(n) * 8192 + (isBeside(n) ? childBytes : 0)) / 512),
    fl_ios: summed(ownCalls),
    io_ticks: summed(() => 95),
    time_in_queue: summed((n) => (ownCalls(n) + 5) * requestMs),
  };
  const lived = TIMES.slice(life[0], life[1] + 1);
  const written = summed((n) => (isBeside(n) ? childBytes : 0)).slice(life[0], life[1] + 1);
  const none = lived.map(() => 0);
  const parent = {
    pid: ME,
    comm: 'server',
    stat: series(TIMES, { majflt: ZERO, cminflt: summed((n) => Number(n === life[1] + 1)) }),
    state: TIMES.map(() => 'D'),
    schedstat: series(TIMES, { run_ns: ZERO, wait_ns: ZERO }),
    wchan: { t: Float64Array.from(TIMES), name: TIMES.map(() => asleepIn) },
    io: series(TIMES, {
      syscr: ZERO,
      syscw: summed((n) => ownCalls(n)),
      rchar: ZERO,
      wchar: own,
      read_bytes: ZERO,
      write_bytes: own,
    }),
  };
  const child = {
    pid: CHILD,
    comm: 'rewriter',
    stat: series(lived, { majflt: none }),
    state: lived.map(() => 'D'),
    wchan: { t: Float64Array.from(lived), name: lived.map(() => 'io_schedule') },
    io: series(lived, {
      syscr: none,
      syscw: none,
      rchar: none,
      wchar: written,
      read_bytes: none,
      write_bytes: written,
    }),
  };
  return diagnosed(
    aCase({
      durationMs: END,
      victims: [
        { pid: ME, comm: 'server', role },
        { pid: CHILD, comm: 'rewriter', role: 'child' },
      ],
      threads: new Map([[ME, [ME]]]),
      facts: [someFacts()],
      counters: {
        ...NO_COUNTERS,
        processes: new Map([
          [ME, parent],
          [CHILD, child],
        ]),
        disks: new Map([['7:0', series(TIMES, disk)]]),
      },
    }),
  );
}

type Told = Awaited<ReturnType<typeof server>>;
const refusal = ({ ruledOut, notChecked }: Told, cause: string) =>
  [...ruledOut, ...notChecked].find((one) => one.cause === cause)?.why ?? 'holds';

test('a child that was there for part of the time, in which the victim got a tenth done, is the verdict by name', async () => {
  const told = await server({ life: [0, 30] });
  const { verdict } = told;
  assert.equal(verdict.cause, 'dev.neighbour');
  assert.deepEqual(verdict.culprit, { kind: 'process', name: 'rewriter', pid: CHILD });
  assert.match(
    verdict.sentence,
    /^Its own child rewriter \(57\) keeps loop0 busy: it moved 60 MB, 88 % of .* at 20 MB\/s/,
  );
  assert.match(
    verdict.sentence,
    /for 5\d % of its time the victim waited meanwhile; without it the victim got 10\.0 times as much done/,
  );
  assert.match(refusal(told, 'app.sync-writes'), /was written or read by what it has started itself, rewriter \(57\)/);
});

test('one that was always there is a candidate, and neither the syncs nor the disk nor the journal are blamed', async () => {
  const told = await server({});
  assert.equal(told.verdict.cause, 'inconclusive');
  assert.deepEqual(
    told.candidates.map(({ cause }) => cause),
    ['dev.neighbour'],
  );
  assert.match(told.candidates[0]?.decidedBy ?? '', /while rewriter \(57\) does not run/);
  for (const cause of ['app.sync-writes', 'fs.journal'])
    assert.match(refusal(told, cause), /what it has started itself/);
});

test('a child beside which the victim gets as much done holds nobody up', async () => {
  const told = await server({ life: [0, 30], calls: [25, 30] });
  assert.match(refusal(told, 'dev.neighbour'), /it got as much done as without it/);
  assert.notEqual(told.verdict.cause, 'dev.neighbour');
});

test('a child that moves little, or on a disk that answers at once, leaves the syncs to be told', async () => {
  const little = await server({ childBytes: 10_000, calls: [30, 30], requestMs: 3 });
  assert.equal(little.verdict.cause, 'app.sync-writes');
  assert.match(refusal(little, 'dev.neighbour'), /not recorded/);
  const fast = await server({ calls: [30, 30], requestMs: 3 });
  assert.equal(fast.verdict.cause, 'app.sync-writes');
  assert.match(refusal(fast, 'dev.neighbour'), /no longer than an ordinary disk may/);
});

test('what a command has started, or a parent waits for, is no neighbour', async () => {
  for (const different of [{ role: 'command' }, { asleepIn: 'do_wait' }] as const)
    assert.match(refusal(await server(different), 'dev.neighbour'), /not recorded/, JSON.stringify(different));
});
