// A redacted copy: names, paths and addresses replaced in every kind of reading, pages that read back as they were written.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseFormat } from '../../src/decode/ftrace/format.js';
import { walkPages } from '../../src/decode/ftrace/pages.js';
import { Symbols } from '../../src/decode/ftrace/symbols.js';
import { SOURCE, type Reading } from '../../src/model/recording.js';
import { PageWriter } from '../../src/recording/copy/page-writer.js';
import { Pseudonyms } from '../../src/recording/copy/pseudonyms.js';
import { redacted } from '../../src/recording/copy/tape-rules.js';
import { TraceCopy } from '../../src/recording/copy/trace-copy.js';
import { page, record } from '../support/trace-page.js';

const names = (): Pseudonyms =>
  new Pseudonyms({ keepNames: ['mysqld'], isKernelName: (name) => name.startsWith('kworker') });

const reading = (path: string, text: string): Reading => ({ path, text, atNs: 1, failed: false });

const cases: readonly (readonly [path: string, text: string, becomes: string | undefined])[] = [
  ['/proc/cmdline', 'root=/dev/sda1 token=abc\n', undefined],
  ['/proc/77/cmdline', 'agent\0--token\0abc\0of=/data/x\0', 'program-1\0of=/name-1/name-2\0'],
  ['/proc/version', 'Linux version 6.1.0 (joe@build7) (gcc 12) #1', 'Linux version 6.1.0 (gcc 12) #1'],
  ['/sys/class/dmi/id/board_asset_tag', 'i-0123456789\n', undefined],
  ['/sys/class/dmi/id/chassis_asset_tag', 'rack-9\n', undefined],
  ['/sys/class/dmi/id/chassis_asset_tag', 'OracleCloud.com\n', 'OracleCloud.com\n'],
  ['/proc/77/stat', '77 (odd) name) S 1 77', '77 (program-1) S 1 77'],
  ['/proc/77/task/78/stat', '78 (mysqld) S 1 77', '78 (mysqld) S 1 77'],
  ['/proc/77/cgroup', '4:blkio:/system.slice/acme.service\n0::/\n', '4:blkio:/system.slice/name-1\n0::/\n'],
  ['/proc/77/fd/', '4 /data/acme/log\ncwd /\n5 socket:[7]', '4 /name-1/name-2/log\ncwd /\n5 socket:[7]'],
  [
    '/proc/self/mountinfo',
    '29 1 8:1 / /srv/acme rw,noatime shared:1 - ext4 /dev/mapper/acme rw,lowerdir=/data/x,errors=continue\n',
    '29 1 8:1 / /srv/name-1 rw,noatime shared:1 - ext4 /dev/mapper/name-1 rw,lowerdir=/name-2/name-3,errors=continue\n',
  ],
  ['/proc/swaps', 'Filename Type\n/data/swap file 1 0 -2\n', 'Filename Type\n/name-1/name-2 file 1 0 -2\n'],
  ['/sys/block/loop0/loop/backing_file', '/data/disk.img\n', '/name-1/name-2\n'],
  ['/sys/kernel/tracing/saved_cmdlines', '77 agent\n8 kworker/0:1\n', '77 program-1\n8 kworker/0:1\n'],
  [
    SOURCE.threadDump,
    '{"pid":77,"file":"jvm/77-1.txt.gz","atWork":[{"call":"read","path":"socket:[7]","peer":{"address":"10.0.0.5:5432","process":{"pid":8,"name":"agent"}}},{"call":"write","path":"/data/acme/log","peer":null},{"path":null,"peer":{"address":"127.0.0.1:80","process":null}}]}',
    '{"pid":77,"file":"jvm/77-1.txt.gz","atWork":[{"call":"read","path":"socket:[7]","peer":{"address":"host-1:5432","process":{"pid":8,"name":"program-1"}}},{"call":"write","path":"/name-1/name-2/log","peer":null},{"path":null,"peer":{"address":"127.0.0.1:80","process":null}}]}',
  ],
  [SOURCE.victim, '{"pid":77,"comm":"agent","role":"pid"}', '{"pid":77,"comm":"program-1","role":"pid"}'],
  [
    SOURCE.chain,
    '{"pid":7,"hops":[{"pid":77,"comm":"agent","wchan":"do_wait"}]}',
    '{"pid":7,"hops":[{"pid":77,"comm":"program-1","wchan":"do_wait"}]}',
  ],
  [SOURCE.space, '{"mountPoint":"/data","free":1}', '{"mountPoint":"/name-1","free":1}'],
  [SOURCE.file, '{"pid":7,"path":"/data/x (deleted)"}', '{"pid":7,"path":"/name-1/name-2 (deleted)"}'],
  // A recording is called by its host, and the recorder's own files lie in it.
  [
    SOURCE.file,
    '{"pid":7,"path":"/var/tmp/iowitness-check-acme-db1-20261201-124920.iow/tape/0001"}',
    '{"pid":7,"path":"/var/tmp/name-1/name-2/0001"}',
  ],
  [
    '/proc/8/cgroup',
    '4:blkio:/iowitness-77-blkio\n0::/iowitness-77-acme-ledger\n',
    '4:blkio:/iowitness-77-blkio\n0::/name-1\n',
  ],
  [
    SOURCE.past,
    '{"version":1,"devices":[{"id":"8:0","now":{"writers":[{"comm":"agent","share":1}]}}]}',
    '{"version":1,"devices":[{"id":"8:0","now":{"writers":[{"comm":"program-1","share":1}]}}]}',
  ],
  [SOURCE.loss, '{"code":"no-space","where":"/data/x: full"}', '{"code":"no-space","where":"/name-1/name-2: full"}'],
  ['/proc/diskstats', ' 8 0 sda 1 2 3\n', ' 8 0 sda 1 2 3\n'],
];

for (const [path, text, becomes] of cases) {
  test(`${path} is ${becomes === undefined ? 'left out' : becomes === text ? 'kept' : 'rewritten'}: ${text.trim()}`, () => {
    assert.equal(redacted(reading(path, text), names())?.text, becomes);
  });
}

test('a cgroup’s own path is rewritten as it is where processes name it', () => {
  const shared = names();
  const membership = redacted(reading('/proc/7/cgroup', '0::/system.slice/acme.service\n'), shared);
  const limit = redacted(reading('/sys/fs/cgroup/blkio/system.slice/acme.service/io.max', '8:0 wiops=40\n'), shared);
  assert.equal(membership?.text, '0::/system.slice/name-1\n');
  assert.equal(limit?.path, '/sys/fs/cgroup/blkio/system.slice/name-1/io.max');
});

test('pages that were written read back event by event, whatever their lengths and distances', () => {
  const event = fc.record({
    data: fc.uint8Array({ minLength: 8, maxLength: 300 }),
    delta: fc.oneof(fc.nat(1000), fc.nat(2 ** 31), fc.constantFrom(2 ** 27 - 1, 2 ** 27, 2 ** 40)),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 100 }), fc.nat(50), (events, lostAt) => {
      const pages: Buffer[] = [];
      const writer = new PageWriter((one) => pages.push(one));
      const startNs = 1_000_000n;
      let ns = startNs;
      const expected = events.map(({ data, delta }, index) => {
        if (index === lostAt) writer.lost(3);
        ns += BigInt(delta);
        writer.event(Buffer.from(data), ns);
        return { data: Buffer.from(data).toString('hex'), ns: Number(ns - startNs) };
      });
      writer.end();
      const found: typeof expected = [];
      let missed = 0;
      walkPages(Buffer.concat(pages), startNs, {
        event: (view, offset, length, at) =>
          found.push({ data: Buffer.from(view.buffer, view.byteOffset + offset, length).toString('hex'), ns: at }),
        missed: (count) => (missed += count),
        malformed: (at, why) => assert.fail(`${at}: ${why}`),
      });
      assert.deepEqual(found, expected);
      assert.equal(missed, lostAt < events.length ? 3 : 0);
    }),
  );
});

const SWITCH = `name: sched_switch
ID: 10
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;
	field:char prev_comm[16];	offset:8;	size:16;	signed:0;
	field:pid_t prev_pid;	offset:24;	size:4;	signed:1;
	field:int prev_prio;	offset:28;	size:4;	signed:1;
	field:long prev_state;	offset:32;	size:8;	signed:1;
	field:char next_comm[16];	offset:40;	size:16;	signed:0;
	field:pid_t next_pid;	offset:56;	size:4;	signed:1;
`;
const KERNEL_STACK = 'name: kernel_stack\nID: 11\nformat:\n';
const UNUSED = 'name: some_event\nID: 12\nformat:\n';

function eventData(id: number, length: number, fill: (bytes: Buffer) => void): number[] {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt16LE(id, 0);
  bytes.writeInt32LE(77, 4);
  fill(bytes);
  return [...bytes];
}

test('of a trace only what is decoded is copied, with pseudonyms and made-up addresses that resolve to the same functions', () => {
  const formats = [SWITCH, KERNEL_STACK, UNUSED].flatMap((text) => parseFormat(text) ?? []);
  const copy = new TraceCopy({
    formats,
    symbols: new Symbols('ffffffffc0000100 t schedule\nffffffffc0000200 t io_schedule\n'),
    names: names(),
    fromNs: 0n,
    toNs: 10_000n,
  });
  const records = [
    record(
      eventData(10, 60, (bytes) => {
        bytes.write('agent', 8);
        bytes.writeInt32LE(120, 28);
        bytes.write('mysqld', 40);
      }),
      1,
    ),
    record(
      eventData(11, 40, (bytes) => {
        bytes.writeInt32LE(2, 8);
        bytes.writeBigUInt64LE(0xffffffffc0000110n, 16);
        bytes.writeBigUInt64LE(0xffffffffc0000280n, 24);
        bytes.writeBigUInt64LE(0xffffffffc0000281n, 32);
      }),
      1,
    ),
    record(
      eventData(12, 16, (bytes) => bytes.write('secret', 8)),
      1,
    ),
  ];
  const pages: Buffer[] = [];
  copy.copy([page({ stamp: 100n, records })], (one) => pages.push(one));
  const found: Buffer[] = [];
  walkPages(Buffer.concat(pages), 0n, {
    event: (view, offset, length) => found.push(Buffer.from(view.buffer, view.byteOffset + offset, length)),
    missed: () => {},
    malformed: () => {},
  });
  assert.equal(found.length, 2, 'the event that nothing decodes is left out');
  const [change = Buffer.alloc(0), stack = Buffer.alloc(0)] = found;
  assert.equal(change.toString('latin1', 8, 24).replace(/\0/g, ''), 'program-1');
  assert.equal(change.toString('latin1', 40, 56).replace(/\0/g, ''), 'mysqld');
  assert.equal(change.readInt32LE(28), 0, 'a field that nothing decodes is blank');
  const symbols = new Symbols(copy.kallsyms);
  const frames = [16, 24].map((at) => stack.readBigUInt64LE(at));
  assert.deepEqual(
    frames.map((frame) => symbols.name(frame)),
    ['schedule', 'io_schedule'],
  );
  assert.ok(
    frames.every((frame) => frame < 0xffffffffc0000000n),
    'no address is the kernel’s own',
  );
  assert.equal(stack.readBigUInt64LE(32), 0n, 'what lies behind the frames is blank');
});
