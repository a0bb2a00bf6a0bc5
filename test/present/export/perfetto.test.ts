// The Perfetto trace, read back by its wire format with the field numbers that Perfetto publishes: slices nest on every track, the victim's
// states sum to its account, and no request is lost. What was written was also read with Perfetto's own perfetto_trace.proto (docs/export.md).

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Lanes } from '../../../src/present/export/perfetto/lanes.js';
import { ProtoWriter } from '../../../src/present/export/perfetto/protobuf.js';
import { renderPerfetto } from '../../../src/present/export/perfetto/trace.js';
import { bytesOf, exported, inputOf, someRequests } from '../../support/exported.js';
import { parseMessage, topLevel } from '../../support/protobuf.js';

interface Slice {
  readonly name: string;
  readonly ns: number;
  readonly depth: number;
  readonly texts: ReadonlyMap<string, string>;
}

interface Track {
  readonly name: string;
  readonly parent: number;
  readonly tid: number;
  readonly slices: Slice[];
  readonly counts: number[];
}

/** What the trace says, track by track. Asserts that slices nest, that times of a track go forward, and that interned texts are known. */
function read(bytes: Buffer): Map<number, Track> {
  const tracks = new Map<number, Track>();
  const open = new Map<number, { name: string; from: number; texts: Map<string, string> }[]>();
  const interned = new Map<number, Map<number, string>>();
  const latest = new Map<number, number>();
  for (const packet of topLevel(bytes)) {
    assert.deepEqual(packet.numbers.get(10), [1n]);
    for (const news of packet.bytes.get(12) ?? []) {
      for (const [list, entries] of parseMessage(news).bytes) {
        const known = interned.get(list) ?? new Map<number, string>();
        interned.set(list, known);
        for (const { numbers, bytes: texts } of entries.map(parseMessage))
          known.set(Number(numbers.get(1)?.[0]), String(texts.get(2)?.[0]));
      }
    }
    for (const { numbers, bytes: texts } of (packet.bytes.get(60) ?? []).map(parseMessage)) {
      const thread = texts.get(4)?.map(parseMessage)[0];
      tracks.set(Number(numbers.get(1)?.[0]), {
        name: String(texts.get(2)?.[0] ?? thread?.bytes.get(5)?.[0] ?? ''),
        parent: Number(numbers.get(5)?.[0] ?? 0),
        tid: Number(thread?.numbers.get(2)?.[0] ?? 0),
        slices: [],
        counts: [],
      });
    }
    for (const event of (packet.bytes.get(11) ?? []).map(parseMessage)) {
      const number = (field: number) => Number(event.numbers.get(field)?.[0]);
      const [uuid, type, at] = [number(11), number(9), Number(packet.numbers.get(8)?.[0])];
      const track = tracks.get(uuid);
      assert.ok(track, `track ${uuid} is described before its events`);
      assert.ok(at >= (latest.get(uuid) ?? 0), `time goes back on ${track.name}`);
      latest.set(uuid, at);
      const stack = open.get(uuid) ?? [];
      open.set(uuid, stack);
      if (type === 4) track.counts.push(event.doubles.get(44)?.[0] ?? NaN);
      else if (type === 1) {
        const name = interned.get(2)?.get(number(10));
        assert.ok(name !== undefined && interned.get(1)?.has(number(3)));
        const texts = new Map<string, string>();
        for (const one of (event.bytes.get(4) ?? []).map(parseMessage)) {
          const key = interned.get(3)?.get(Number(one.numbers.get(1)?.[0]));
          const text = one.numbers.get(17)?.[0];
          const value = text === undefined ? String(one.numbers.get(3)?.[0]) : interned.get(29)?.get(Number(text));
          assert.ok(key !== undefined && value !== undefined);
          texts.set(key, value);
        }
        stack.push({ name, from: at, texts });
      } else if (type === 2) {
        const begun = stack.pop();
        assert.ok(begun, `a slice ends that did not begin on ${track.name}`);
        track.slices.push({ name: begun.name, ns: at - begun.from, depth: stack.length, texts: begun.texts });
      }
    }
  }
  for (const [uuid, stack] of open) assert.equal(stack.length, 0, `slices of track ${uuid} have no end`);
  return tracks;
}

describe('the Perfetto trace', () => {
  it('holds the victim’s states as its account has them, with kernel stacks', async () => {
    const input = await exported('dev.neighbour-root');
    const tracks = [...read(bytesOf(renderPerfetto, input)).values()];
    const { accounting, verdict } = input.diagnosis;
    const victim = tracks.find(({ tid }) => tid === verdict.victim?.pid);
    assert.ok(victim);
    for (const { state, ms } of accounting) {
      const slices = victim.slices.filter(({ name }) => name === state);
      const sum = slices.reduce((ns, slice) => ns + slice.ns, 0) / 1e6;
      // Every end is rounded to a nanosecond.
      assert.ok(Math.abs(sum - ms) <= slices.length * 1e-6 + 1e-3, `${state}: ${sum} ms, ${ms} in the account`);
    }
    const waits = victim.slices.filter(({ name }) => name === 'block-device');
    assert.ok(waits.some(({ texts }) => texts.get('kernel stack')?.includes('io_schedule') === true));
  });

  it('holds every request of every device with its stages and bytes', async () => {
    const input = await exported('dev.neighbour-root');
    const { requests } = input.rows();
    assert.ok(requests && requests.length > 500);
    const tracks = read(bytesOf(renderPerfetto, input));
    const found = [...tracks.values()].filter(({ name }) => name === 'requests').flatMap(({ slices }) => slices);
    const whole = found.filter(({ depth }) => depth === 0);
    assert.equal(whole.length, requests.length);
    const sum = whole.reduce((bytes, { texts }) => bytes + Number(texts.get('bytes')), 0);
    assert.equal(
      sum,
      requests.bytes.reduce((a, b) => a + b, 0),
    );
    const served = found.filter(({ name }) => name === 'with the device').reduce((ns, one) => ns + one.ns, 0);
    const told = requests.completedMs.reduce((ms, to, row) => ms + to - (requests.dispatchedMs[row] ?? NaN), 0);
    assert.ok(Math.abs(served / 1e6 - told) < 0.01, `${served / 1e6} ms, ${told} in the rows`);
    assert.ok(whole.some(({ texts }) => texts.get('on behalf of')?.startsWith('backup (') === true));
  });

  it('ends with no request in flight, and has a lane for each that there was at once', () => {
    const requests = someRequests(20);
    const long = { ...requests, completedMs: requests.completedMs.map((ms) => ms + 4) };
    const tracks = [...read(bytesOf(renderPerfetto, inputOf(long))).values()];
    const depth = tracks.find(({ name }) => name === 'requests with the device');
    assert.equal(depth?.counts.at(-1), 0);
    assert.equal(Math.max(...(depth?.counts ?? [])), 5);
    assert.equal(tracks.filter(({ name }) => name === 'requests').length, 5);
  });

  it('is one for a recording without kernel events as well', async () => {
    const tracks = [...read(bytesOf(renderPerfetto, await exported('app.sync-writes-user'))).values()];
    assert.ok(tracks.some(({ tid, slices }) => tid > 0 && slices.length > 10));
    assert.ok(tracks.some(({ name, counts }) => name.endsWith(' writes') && counts.length > 10));
  });
});

describe('what it is written with', () => {
  it('encodes numbers as the wire format says', () => {
    const whole = fc.oneof(fc.maxSafeNat(), fc.nat(300), fc.constantFrom(127, 128, 2 ** 32 - 1, 2 ** 32, 2 ** 35));
    fc.assert(
      fc.property(whole, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.string(), (number, large, text) => {
        const written = new ProtoWriter().number(3, number).number64(19, large).text(200, text);
        const message = parseMessage(Buffer.from(written.written()));
        assert.deepEqual(message.numbers.get(3), [BigInt(number)]);
        assert.deepEqual(message.numbers.get(19), [large]);
        assert.deepEqual(message.bytes.get(200), [Buffer.from(text)]);
      }),
    );
  });

  it('never gives two stretches of one lane that overlap', () => {
    const stretch = fc.tuple(fc.nat(100), fc.nat(30));
    fc.assert(
      fc.property(fc.array(stretch), (stretches) => {
        const ends = new Map<number, number>();
        const lanes = new Lanes();
        for (const [from, length] of stretches.sort((a, b) => a[0] - b[0])) {
          const lane = lanes.take(from, from + length);
          assert.ok((ends.get(lane) ?? 0) <= from);
          ends.set(lane, from + length);
        }
      }),
    );
  });
});
