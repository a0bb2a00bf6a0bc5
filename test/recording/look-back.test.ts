// What came before a recording began: the readings of the time that is kept, and what still holds from before it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LookBack } from '../../src/recording/look-back.js';
import { SOURCE } from '../../src/model/recording.js';
import type { Sink } from '../../src/model/sink.js';

const S = 1_000_000_000n;

function collected(): Sink & { readonly told: string[] } {
  const told: string[] = [];
  return {
    told,
    reading: (path, text, atNs) => told.push(`${atNs / S} ${path} ${Buffer.from(text).toString()}`),
    failure: (path, errno, atNs) => told.push(`${atNs / S} ${path} failed ${errno}`),
    pages: (instance, cpu) => told.push(`pages ${instance} ${cpu}`),
    file: (name) => told.push(`file ${name}`),
  };
}

test('readings of the last seconds are handed on, then whatever comes, until it ends', () => {
  const back = new LookBack({ keepMs: 3000, mostBytes: 1000 });
  for (let second = 0n; second < 10n; second += 1n) back.reading('/proc/stat', String(second), second * S);
  const sink = collected();
  back.begin(sink, 7n * S);
  back.reading('/proc/stat', '10', 10n * S);
  back.end();
  back.reading('/proc/stat', '11', 11n * S);
  assert.deepEqual(sink.told, ['7 /proc/stat 7', '8 /proc/stat 8', '9 /proc/stat 9', '10 /proc/stat 10']);
});

test('what stands is told as of the beginning: the last set of facts, victims that still are, the state of the trace', () => {
  const back = new LookBack({ keepMs: 3000, mostBytes: 1000 });
  for (const at of [0n, 1n]) {
    back.reading(SOURCE.facts, JSON.stringify({ when: 'change' }), at * S);
    back.reading('/proc/version', `version ${at}`, at * S);
  }
  back.reading('/proc/stat', 'early', 2n * S);
  for (const pid of [7, 8]) back.reading(SOURCE.victim, JSON.stringify({ pid }), 2n * S);
  back.reading(SOURCE.trace, JSON.stringify({ instance: 'machine', of: 1 }), 2n * S);
  back.reading(SOURCE.trace, JSON.stringify({ instance: 'machine', of: 2 }), 3n * S);
  for (let second = 20n; second < 24n; second += 1n) back.reading('/proc/stat', String(second), second * S);
  back.forgetVictim(8);
  back.file('trace/events/block/block_rq_issue/format', Buffer.from('name'));
  const sink = collected();
  back.begin(sink, 22n * S);
  assert.deepEqual(sink.told, [
    'file trace/events/block/block_rq_issue/format',
    `22 ${SOURCE.facts} {"when":"start"}`,
    '22 /proc/version version 1',
    `22 ${SOURCE.victim} {"pid":7}`,
    `22 ${SOURCE.trace} {"instance":"machine","of":2}`,
    '22 /proc/stat 22',
    '23 /proc/stat 23',
  ]);
});

test('what a recording said of its victims and losses is in no later one; the state of the trace and what stood before it are', () => {
  const back = new LookBack({ keepMs: 3000, mostBytes: 1000 });
  const say = (source: string, said: unknown, second: bigint) => back.reading(source, JSON.stringify(said), second * S);
  say(SOURCE.victim, { pid: 7 }, 0n);
  say(SOURCE.loss, { code: 'event-missing', where: 'x' }, 0n);
  back.reading('/proc/stat', '9', 9n * S);
  back.begin(collected(), 10n * S);
  say(SOURCE.victim, { pid: 8 }, 10n);
  say(SOURCE.loss, { code: 'stacks-sampled', where: 'y' }, 10n);
  back.reading('/proc/8/task/', '8\n9', 10n * S);
  say(SOURCE.trace, { instance: 'machine' }, 10n);
  say(SOURCE.victim, { pid: 9 }, 14n);
  back.end();
  back.reading('/proc/stat', '15', 15n * S);
  for (const startNs of [15n, 40n]) {
    back.reading('/proc/stat', String(startNs), startNs * S);
    const sink = collected();
    back.begin(sink, startNs * S);
    back.end();
    assert.deepEqual(
      sink.told.filter((one) => !one.includes('/proc/stat')),
      [
        `${startNs} ${SOURCE.victim} {"pid":7}`,
        `${startNs} ${SOURCE.loss} {"code":"event-missing","where":"x"}`,
        `${startNs} ${SOURCE.trace} {"instance":"machine"}`,
      ],
    );
  }
});

test('a victim that was told and has ended within the time that is kept stands in no later recording', () => {
  const back = new LookBack({ keepMs: 3000, mostBytes: 1000 });
  back.reading(SOURCE.victim, JSON.stringify({ pid: 7 }), 0n);
  back.forgetVictim(7);
  back.reading('/proc/stat', '10', 10n * S);
  const sink = collected();
  back.begin(sink, 10n * S);
  assert.deepEqual(sink.told, ['10 /proc/stat 10']);
});

test('whom a watched one waits for is told as of the beginning, and no more once it waits for nobody', () => {
  const back = new LookBack({ keepMs: 3000, mostBytes: 1000 });
  const chain = (pid: number, hops: readonly unknown[]) => JSON.stringify({ pid, hops, end: 'there' });
  for (const pid of [7, 8]) back.reading(SOURCE.chain, chain(pid, [{ pid: 9 }]), 0n);
  back.reading(SOURCE.chain, chain(8, []), S);
  back.reading('/proc/stat', '9', 9n * S);
  const sink = collected();
  back.begin(sink, 9n * S);
  assert.deepEqual(sink.told, [`9 ${SOURCE.chain} ${chain(7, [{ pid: 9 }])}`, '9 /proc/stat 9']);
});

test('what is kept from before the beginning, and holds there, is told as of it', () => {
  const back = new LookBack({ keepMs: 32_000, mostBytes: 1000 });
  back.reading(SOURCE.facts, JSON.stringify({ when: 'change' }), S);
  back.reading('/proc/version', 'version', S);
  back.reading(SOURCE.victim, JSON.stringify({ pid: 7 }), S);
  back.reading('/proc/stat', '1', S + 1n);
  back.reading('/proc/stat', '2', 2n * S);
  const sink = collected();
  back.begin(sink, 2n * S);
  assert.deepEqual(sink.told, [
    `2 ${SOURCE.facts} {"when":"start"}`,
    '2 /proc/version version',
    `2 ${SOURCE.victim} {"pid":7}`,
    '2 /proc/stat 2',
  ]);
});

test('it goes less far back where more was read than may be kept', () => {
  const back = new LookBack({ keepMs: 60_000, mostBytes: 100 });
  for (let second = 0n; second < 10n; second += 1n) back.reading('/proc/stat', 'x'.repeat(30), second * S);
  assert.equal(back.fromNs, 7n * S);
});

test('the past of the disks is told as it was learnt last, however long ago', () => {
  const back = new LookBack({ keepMs: 3000, mostBytes: 1000 });
  for (const devices of [['first'], ['last']]) back.reading(SOURCE.past, JSON.stringify({ devices }), 1n * S);
  for (let second = 20n; second < 24n; second += 1n) back.reading('/proc/stat', String(second), second * S);
  for (const begins of [1, 2]) {
    const sink = collected();
    back.begin(sink, 23n * S);
    back.end();
    const readings = begins === 1 ? ['23 /proc/stat 23'] : [];
    assert.deepEqual(sink.told, [`23 ${SOURCE.past} {"devices":["last"]}`, ...readings], `the ${begins}. time`);
  }
});

test('what a recording is given is not kept in memory as well: the next one looks back to its end', () => {
  const back = new LookBack({ keepMs: 3000, mostBytes: 1000 });
  back.reading('/proc/stat', '20', 20n * S);
  back.begin(collected(), 18n * S);
  assert.equal(back.fromNs, undefined);
  back.reading('/proc/stat', '21', 21n * S);
  back.reading(SOURCE.trace, JSON.stringify({ instance: 'machine', of: 1 }), 21n * S);
  back.end();
  assert.equal(back.fromNs, undefined);
  back.reading('/proc/stat', '22', 22n * S);
  const sink = collected();
  back.begin(sink, 20n * S);
  assert.deepEqual(sink.told, [`20 ${SOURCE.trace} {"instance":"machine","of":1}`, '22 /proc/stat 22']);
});

test('behind a time in which nothing ran nothing from before it is handed on, but what still holds', () => {
  const back = new LookBack({ keepMs: 30_000, mostBytes: 1000 });
  back.reading(SOURCE.facts, JSON.stringify({ when: 'start' }), S);
  back.reading(SOURCE.victim, JSON.stringify({ pid: 7 }), S);
  back.reading('/proc/stat', 'before', 2n * S);
  back.cut();
  assert.equal(back.fromNs, undefined);
  back.reading('/proc/stat', 'behind', 3n * S);
  const sink = collected();
  back.begin(sink, back.fromNs ?? 0n);
  assert.deepEqual(sink.told, [
    `3 ${SOURCE.facts} {"when":"start"}`,
    `3 ${SOURCE.victim} {"pid":7}`,
    '3 /proc/stat behind',
  ]);
});
