// A client of a server on this machine: the server's slow disk is what it waits for; a quick one, a worker of its own service and a server
// without I/O are no cause of its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCauses } from '../../src/catalogue.js';
import { diagnose } from '../../src/causes/judge/diagnose.js';
import type { SharedEnd } from '../../src/model/recording.js';
import type { Segment } from '../../src/model/segment.js';
import { processOf } from '../support/asleep.js';
import { someFacts } from '../support/case.js';
import { someEvents } from '../support/events.js';
import { diagnosisOf, judged, ME, measuresOf, WALL_MS, type MadeUp, type Request } from '../support/measures.js';

const SERVER = 60;

interface Different {
  /** ms of each of the server's writes; one answer every 100 ms. */
  readonly tookMs?: number;
  readonly server?: string;
  readonly isWatched?: boolean;
}

/** Answers that take 90 ms each, for which the server (the other one of the requests) writes meanwhile. */
function asking({ tookMs = 80, server = 'postgres', isWatched = false }: Different): MadeUp {
  const rounds = Array.from({ length: 100 }, (_, n) => n * 100);
  const segments = rounds.flatMap((at): Segment[] => [
    { from: at, to: at + 90, state: 'pipe-socket', wokenBy: SERVER, byInterrupt: false },
    { from: at + 90, to: at + 100, state: 'running' },
  ]);
  return {
    account: { segments },
    requests: rounds.map((at) => ({ at: at + 2, took: tookMs, own: false })),
    input: {
      events: someEvents({}, [], { [ME]: 'victim', [SERVER]: server }),
      ...(isWatched && { victims: [{ pid: SERVER, comm: server, role: 'child' as const }] }),
    },
  };
}

test('a server whose disk takes 80 ms for each answer is what its client waits for', () => {
  assert.equal(typeof judged('wait.server', asking({})), 'number');
});

test('a disk that answers as it should is the price of an answer', () => {
  assert.match(String(judged('wait.server', asking({ tookMs: 4 }))), /had I\/O of its own for/);
});

test('a server whose disk was slow for six tenths of its I/O is a stall, for four tenths it is the price', () => {
  /** Its disk is slow in the first rounds; in those that follow it reads twenty times, each quickly. */
  const slowFor = (slowRounds: number) => {
    const served = (at: number, times: number): Request[] =>
      Array.from({ length: times }, (_, n) => ({ at: at + (n * 80) / times, took: 80 / times, own: false }));
    const requests = Array.from({ length: 100 }, (_, n) => served(n * 100 + 2, n < slowRounds ? 1 : 20)).flat();
    return judged('wait.server', { ...asking({}), requests });
  };
  assert.equal(typeof slowFor(60), 'number');
  assert.match(String(slowFor(40)), /of which 4\d % while its disk was slow/);
});

test('the workers of one service, by name or watched together, are no servers of each other', () => {
  assert.equal(typeof judged('wait.server', asking({ server: 'victim' })), 'string');
  assert.equal(typeof judged('wait.server', asking({ isWatched: true })), 'string');
});

test('a peer that was stopped is whom the victim waits for, though it never answers; one that was let go at once is not', () => {
  const stopped = (signals: readonly (readonly [number, number])[]): MadeUp => {
    const answers = Array.from({ length: 20 }, (_, n): Segment[] => [
      { from: n * 100, to: n * 100 + 10, state: 'pipe-socket', wokenBy: SERVER, byInterrupt: false },
      { from: n * 100 + 10, to: n * 100 + 100, state: 'running' },
    ]);
    const rows = signals.map(([t, sig]) => ({ t, pid: 70, fields: { sig, pid: SERVER } }));
    const names = { [ME]: 'tar', [SERVER]: 'gzip', 70: 'bash' };
    return {
      account: { segments: [...answers.flat(), { from: 2000, to: WALL_MS, state: 'pipe-socket' }] },
      input: { events: someEvents({ signal_generate: rows }, [], names) },
    };
  };
  const { verdict } = diagnosisOf('wait.server', stopped([[2010, 19]]));
  assert.match(verdict.sentence, /for gzip \(60\) on this machine, which was stopped \(SIGSTOP from bash \(70\)\)/);
  assert.equal(verdict.culprit?.pid, SERVER);
  assert.ok(verdict.share > 0.75 && verdict.share < 0.81, `${verdict.share}`);
  assert.equal(
    typeof judged(
      'wait.server',
      stopped([
        [2010, 19],
        [2300, 18],
      ]),
    ),
    'string',
  );
  assert.equal(typeof judged('wait.server', stopped([])), 'string');
});

/** A victim that sleeps in one function all along, beside a process that was stopped before the recording began. */
function besideStopped(wchan: string, does: SharedEnd['does'] | undefined, until = WALL_MS): MadeUp {
  const shared = does === undefined ? [] : [{ victim: ME, does }];
  return {
    source: 'samples',
    account: { segments: [{ from: 0, to: WALL_MS, state: 'pipe-socket', wchan }] },
    input: {
      stopped: [
        { atMs: 0, pid: SERVER, comm: 'gzip', stopped: true, shared },
        { atMs: until, pid: SERVER, comm: '', stopped: false, shared: [] },
      ],
    },
  };
}

test('counters tell a stopped reader of the pipe that the victim fills, and a stopped writer of the one that it reads', () => {
  for (const [wchan, does] of [
    ['anon_pipe_write', 'reads'],
    ['pipe_read', 'writes'],
    ['pipe_wait', 'reads'],
  ] as const) {
    const { verdict } = diagnosisOf('wait.server', besideStopped(wchan, does));
    assert.match(verdict.sentence, /for gzip \(60\) on this machine, which was stopped for 100 % of that/);
    assert.equal(verdict.advice[0]?.commands[0]?.command, 'kill -CONT 60');
  }
});

test('whoever is stopped at the wrong end, at nothing of the victim’s, or for a moment keeps nobody waiting', () => {
  for (const made of [
    besideStopped('anon_pipe_write', 'writes'),
    besideStopped('anon_pipe_write', undefined),
    besideStopped('anon_pipe_write', 'reads', 500),
  ])
    assert.equal(typeof judged('wait.server', made), 'string');
});

test('a victim that polls beside a stopped peer may wait for that, and is neither idle for certain nor held up by it', async () => {
  const causes = await loadCauses();
  const whole = (does: SharedEnd['does'] | undefined) =>
    diagnose(measuresOf(besideStopped('do_poll.constprop.0', does)), causes, 'test').diagnosis;
  for (const does of ['reads', 'talks', 'may-serve'] as const) {
    const { verdict, candidates } = whole(does);
    assert.equal(verdict.cause, 'inconclusive', does);
    assert.match(verdict.sentence, /was stopped, which has, or may have, the other end/);
    assert.deepEqual(
      candidates.map((one) => [one.cause, one.score]),
      [['wait.server', 0.4]],
    );
  }
  assert.notEqual(whole(undefined).verdict.cause, 'inconclusive');
});

test('of filesystems with a server those of its open files are meant before the folder that it stands in, and a server on this machine is told', () => {
  const told = (source: string) => {
    const mount = { device: '0:9', root: '/', options: 'rw' };
    const mounts = [
      { ...mount, mountPoint: '/mnt/client', type: 'nfs4', source },
      { ...mount, mountPoint: '/home', type: 'virtiofs', source: 'home' },
    ];
    const processes = [processOf({ openFiles: ['/mnt/client/data'], folder: '/home/me' })];
    const input = { facts: [someFacts({ mounts, processes })] };
    return diagnosisOf('wait.server', { spent: { server: 0.9 }, input }).verdict.sentence;
  };
  assert.match(
    told('filer:/export'),
    /^The victim waits for the server of \/mnt\/client \(nfs4\), for 90 % .*no disk of this machine’s/,
  );
  assert.match(told('127.0.0.1:/'), /of \/mnt\/client \(nfs4\), .* it is on this machine/);
});

test('a program of this machine answers for a filesystem only where one of FUSE is mounted', () => {
  const culprit = (type: string) => {
    const mounts = [{ device: '0:9', root: '/', options: 'rw', mountPoint: '/mnt', type, source: 'x' }];
    const segments: Segment[] = [
      { from: 0, to: 9000, state: 'server', wokenBy: SERVER, byInterrupt: false },
      { from: 9000, to: WALL_MS, state: 'running' },
    ];
    const events = someEvents({}, [], { [ME]: 'victim', [SERVER]: 'sshfs' });
    return diagnosisOf('wait.server', {
      account: { segments },
      spent: { server: 0.9 },
      input: { facts: [someFacts({ mounts })], events },
    }).verdict.culprit?.name;
  };
  assert.equal(culprit('fuse.sshfs'), 'sshfs');
  assert.equal(culprit('virtiofs'), '/mnt (virtiofs)');
});
