// From raw pages of two CPUs to tables in order of time, with stacks, names and losses.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Allowance } from '../../../src/base/allowance.js';
import { EventsDecoder, type EventsOptions } from '../../../src/decode/ftrace/decode.js';
import type { Events } from '../../../src/model/events.js';
import { parseFormat, type EventFormat } from '../../../src/decode/ftrace/format.js';
import { Symbols } from '../../../src/decode/ftrace/symbols.js';
import { TextInterner } from '../../../src/decode/ftrace/text.js';
import { Strings } from '../../../src/model/events.js';
import { page, record } from '../../support/trace-page.js';

const WAKING = `name: sched_waking
ID: 7
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:char comm[16];	offset:8;	size:16;	signed:0;
	field:pid_t pid;	offset:24;	size:4;	signed:1;
`;
const STACK = `name: kernel_stack
ID: 4
format:
	field:int size;	offset:8;	size:4;	signed:1;
	field:unsigned long caller[8];	offset:16;	size:64;	signed:0;
`;

function formats(): EventFormat[] {
  return [WAKING, STACK].flatMap((text) => parseFormat(text) ?? []);
}

function waking(comm: string, pid: number): number[] {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt16LE(7, 0);
  bytes.writeInt32LE(1, 4);
  bytes.write(comm, 8, 'latin1');
  bytes.writeInt32LE(pid, 24);
  return [...bytes];
}

function stack(pid: number, addresses: readonly bigint[]): number[] {
  const bytes = Buffer.alloc(16 + addresses.length * 8);
  bytes.writeUInt16LE(4, 0);
  bytes.writeInt32LE(pid, 4);
  bytes.writeInt32LE(addresses.length, 8);
  addresses.forEach((address, index) => bytes.writeBigUInt64LE(address, 16 + index * 8));
  return [...bytes];
}

interface Input extends EventsOptions {
  readonly formats: readonly EventFormat[];
  readonly symbols?: Symbols;
  readonly streams: readonly {
    readonly instance: string;
    readonly cpu: number;
    readonly chunks: Iterable<Uint8Array>;
  }[];
}

function decodeEvents({ formats: layouts, symbols, streams, ...options }: Input): Events {
  const decoder = new EventsDecoder(options);
  if (symbols) decoder.setSymbols(symbols);
  for (const layout of layouts) decoder.addFormat(layout);
  for (const { instance, cpu, chunks } of streams) for (const chunk of chunks) decoder.pages(instance, cpu, chunk);
  return decoder.finish();
}

test('rows of several CPUs come out in order of time', () => {
  const losses: string[] = [];
  const events = decodeEvents({
    streams: [
      { instance: 'victim', cpu: 0, chunks: [page({ stamp: 5_000_000n, records: [record(waking('late', 12), 0)] })] },
      { instance: 'victim', cpu: 1, chunks: [page({ stamp: 2_000_000n, records: [record(waking('early', 11), 0)] })] },
    ],
    formats: formats(),
    startNs: 1_000_000n,
    loss: (code) => losses.push(code),
  });
  const table = events.tables.get('sched_waking');
  assert.deepEqual([...(table?.t ?? [])], [1, 4]);
  assert.deepEqual([...(table?.fields.get('pid') ?? [])], [11, 12]);
  assert.deepEqual([...(table?.cpu ?? [])], [1, 0]);
  assert.equal(events.comms.get(12), 'late');
  assert.deepEqual(losses, []);
});

test('a stack is named by the last symbol at or below each address, without the tracer’s own frames', () => {
  const symbols = new Symbols(
    'ffffffff81000000 T trace_event_raw_event_sched_switch\nffffffff81000100 T __schedule\nffffffff81000200 t io_schedule.isra.0\nffffffff81000300 D data\n',
  );
  const events = decodeEvents({
    streams: [
      {
        instance: 'victim',
        cpu: 0,
        chunks: [
          page({
            stamp: 0n,
            records: [record(stack(9, [0xffffffff81000010n, 0xffffffff81000150n, 0xffffffff81000250n]), 0)],
          }),
        ],
      },
    ],
    formats: formats(),
    symbols,
    startNs: 0n,
    loss: () => assert.fail('no loss is expected'),
  });
  assert.deepEqual(events.stacks.stacks[events.stacks.stack[0] ?? -1], ['__schedule', 'io_schedule']);
});

test('symbols of modules, which come behind the kernel’s own in any order, are found by address as well', () => {
  const symbols = new Symbols(
    [
      'ffffffff81000000 T first',
      'ffffffff81000000 t again',
      'ffffffff90000000 W second.part.0',
      'rubbish',
      'ffffffff8100000 ',
      'ffffffff95000000 D data',
      'ffffffffc0300000 t later\t[b]',
      'ffffffffc0100000 t earlier\t[a]',
      '0000c000 t low',
    ].join('\n'),
  );
  const names = [0xc010n, 0xffffffff81000001n, 0xffffffff96000000n, 0xffffffffc0200000n, 0xffffffffc0300000n, 0xbfn];
  assert.deepEqual(
    names.map((address) => symbols.name(address)),
    ['low', 'again', 'second', 'earlier', 'later', '0xbf'],
  );
  assert.equal(new Symbols('').name(5n), '0x5');
});

test('an event that is described twice is taken once, and a name of the language itself is no event', () => {
  const events = decodeEvents({
    streams: [{ instance: 'victim', cpu: 0, chunks: [page({ stamp: 0n, records: [record(waking('x', 1), 0)] })] }],
    formats: [
      ...formats(),
      ...formats().map((format) => ({ ...format, id: format.id + 1000 })),
      { name: 'constructor', id: 1, fields: [] },
      { name: 'toString', id: 2, fields: [] },
    ],
    startNs: 0n,
    loss: () => assert.fail('no loss is expected'),
  });
  assert.equal(events.tables.get('sched_waking')?.length, 1);
  assert.deepEqual(
    [...events.tables.keys()].filter((name) => name === 'constructor' || name === 'toString'),
    [],
  );
});

/** Texts of one FNV-1a hash: each part has two forms that lead to the same state. */
function meetingTexts(parts: number): string[] {
  let state = 0x811c9dc5;
  let texts = [''];
  for (let part = 0; part < parts; part += 1) {
    const seen = new Map<number, string>();
    for (let number = 0; ; number += 1) {
      const text = number.toString(36).padStart(5, '0');
      const hash = Buffer.from(text).reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193), state);
      const other = seen.get(hash);
      seen.set(hash, text);
      if (other === undefined) continue;
      texts = texts.flatMap((one) => [one + other, one + text]);
      state = hash;
      break;
    }
  }
  return texts;
}

test('texts that were made to share a hash are told apart, and not looked through one by one', () => {
  const texts = meetingTexts(5);
  assert.equal(new Set(texts).size, 32);
  const strings = new Strings();
  const interner = new TextInterner(strings);
  const idOf = (text: string) =>
    interner.intern(new DataView(Uint8Array.from(Buffer.from(text)).buffer), 0, text.length);
  for (let round = 0; round < 2; round += 1) for (const text of texts) assert.equal(strings.get(idOf(text)), text);
  assert.equal(strings.values.length, 33);
});

test('a record shorter than its format is a loss, and the rest stands', () => {
  const losses: string[] = [];
  const events = decodeEvents({
    streams: [
      {
        instance: 'victim',
        cpu: 0,
        chunks: [page({ stamp: 0n, records: [record(waking('x', 1).slice(0, 12), 0), record(waking('y', 2), 0)] })],
      },
    ],
    formats: formats(),
    startNs: 0n,
    loss: (code) => losses.push(code),
  });
  assert.deepEqual(losses, ['page-malformed']);
  assert.equal(events.tables.get('sched_waking')?.length, 1);
});

test('what is kept of events is bounded, whether rows, names or stacks are many, and the loss counts what was passed over', () => {
  const tapes = {
    rows: (): number[] => waking('one', 1),
    names: (index: number): number[] => waking(`name ${index}`, index),
    stacks: (index: number): number[] => stack(1, [BigInt(index)]),
  };
  for (const [name, make] of Object.entries(tapes)) {
    const losses: string[] = [];
    const records = Array.from({ length: 2000 }, (_, index) => record(make(index), 1));
    const events = decodeEvents({
      streams: [{ instance: 'victim', cpu: 0, chunks: [page({ stamp: 0n, records })] }],
      formats: formats(),
      startNs: 0n,
      loss: (code, where, count) => losses.push(`${code} ${where} ${Number(count) > 0}`),
      allowance: new Allowance(20_000),
    });
    const rows = (events.tables.get('sched_waking')?.length ?? 0) + events.stacks.length;
    assert.ok(rows > 10 && rows < 1000, `${name}: ${rows}`);
    assert.ok(events.strings.values.length < 100 && events.stacks.stacks.length < 100, name);
    assert.deepEqual(losses, ['beyond-bounds trace: what its events say true'], name);
  }
});

test('where events of a CPU were lost is known, from its last one before to the page behind', () => {
  const pages = [
    page({ stamp: 2_000_000n, records: [record(waking('x', 1), 500_000)] }),
    page({ stamp: 9_000_000n, records: [record(waking('x', 1), 0)], missed: 3n }),
  ];
  const { gaps } = decodeEvents({
    streams: [{ instance: 'victim', cpu: 1, chunks: pages }],
    formats: formats(),
    startNs: 1_000_000n,
    loss: () => {},
  });
  assert.deepEqual(gaps, [{ instance: 'victim', from: 1.5, to: 8 }]);
});

test('events that were lost before the first moment that is wanted are no loss, those behind it are', () => {
  const lost = (fromMs: number) => {
    const losses: number[] = [];
    const pages = [2_000_000n, 4_000_000n].map((stamp, index) =>
      page({ stamp, records: [record(waking('x', 1), 0)], missed: BigInt(index + 1) }),
    );
    decodeEvents({
      streams: [{ instance: 'victim', cpu: 0, chunks: pages }],
      formats: formats(),
      startNs: 1_000_000n,
      fromMs,
      loss: (_code, _where, count) => losses.push(count ?? 0),
    });
    return losses;
  };
  assert.deepEqual(lost(1), [1, 2]);
  assert.deepEqual(lost(2), [2]);
});
