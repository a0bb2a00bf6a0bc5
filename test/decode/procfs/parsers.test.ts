// The parsers of /proc, debugfs and cgroup texts, on texts of several kernels and on anything at all.
// Texts of old kernels are written after the kernel's own documents of that version.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseBdiStats } from '../../../src/decode/procfs/bdi-stats.js';
import { parseBlkioThrottle } from '../../../src/decode/procfs/blkio-throttle.js';
import { isLimitFile, parseLimit } from '../../../src/decode/procfs/cgroup-limits.js';
import { countCpuList, parseCpuinfo } from '../../../src/decode/procfs/cpuinfo.js';
import { DISK_FIELDS, parseDiskCounters, parseDiskstats } from '../../../src/base/procfs/diskstats.js';
import { parseIoStat } from '../../../src/decode/procfs/io-stat.js';
import { parsePressure } from '../../../src/decode/procfs/pressure.js';
import { parseSchedstat } from '../../../src/base/procfs/schedstat.js';
import { parseCpuLine } from '../../../src/decode/procfs/stat.js';
import { parseUptime } from '../../../src/decode/procfs/uptime.js';
import { fixture } from '../../support/fixtures.js';

const FOLDER = 'procfs/linux-6.18-virtual';

describe('diskstats', () => {
  const V2_6_32 = '   8    0 sda 4513 3200 131072 9120 22010 41000 504080 150210 0 30120 159330';
  const V4_18 = '   8       1 sda1 4513 3200 131072 9120 22010 41000 504080 150210 3 30120 159330 12 1 4096 7';
  const V5_5 = ' 259       0 nvme0n1 4513 3200 131072 9120 22010 41000 504080 150210 3 30120 159330 12 1 4096 7 88 64';

  it('reads the same counters of one disk without its names, as sysfs has them', () => {
    for (const line of [V2_6_32, V4_18, V5_5]) {
      const [{ values } = { values: [] }] = parseDiskstats(line);
      assert.deepEqual(parseDiskCounters(`    ${values.join('     ')}\n`), values);
    }
    for (const text of ['', '4 32 8 16', 'no counters', V2_6_32]) assert.equal(parseDiskCounters(text), undefined);
  });

  it('reads 11 counters of 2.6.32, 15 of 4.18 and 17 of 5.5', () => {
    const lines = [...parseDiskstats([V2_6_32, V4_18, V5_5].join('\n'))];
    assert.deepEqual(
      lines.map(({ id, name, values }) => [id, name, values.length]),
      [
        ['8:0', 'sda', 11],
        ['8:1', 'sda1', 15],
        ['259:0', 'nvme0n1', 17],
      ],
    );
    const field = (line: number, name: (typeof DISK_FIELDS)[number]) => lines[line]?.values[DISK_FIELDS.indexOf(name)];
    assert.equal(field(0, 'wr_sectors'), 504080);
    assert.equal(field(0, 'time_in_queue'), 159330);
    assert.equal(field(0, 'dc_ios'), undefined);
    assert.equal(field(1, 'dc_ticks'), 7);
    assert.equal(field(1, 'fl_ios'), undefined);
    assert.equal(field(2, 'fl_ticks'), 64);
  });

  it('passes over the four-counter partitions of 2.6.24, takes no more counters than it knows, and skips what is broken', () => {
    const texts = [
      '   8    1 sda1 35486 38030 38030 38030',
      `${V5_5} 1 2 3`,
      V2_6_32.replace('131072', 'x'),
      'rubbish',
    ];
    const lines = [...parseDiskstats(texts.join('\n'))];
    assert.deepEqual(
      lines.map(({ name, values }) => [name, values.length]),
      [['nvme0n1', 17]],
    );
  });

  it('reads a real file', () => {
    const vda = [...parseDiskstats(fixture(`${FOLDER}/diskstats`))].find(({ name }) => name === 'vda');
    assert.equal(vda?.id, '254:0');
    assert.equal(vda?.values.length, DISK_FIELDS.length);
  });
});

it('the CPU line is read with and without steal, and nothing else is', () => {
  assert.deepEqual(
    parseCpuLine('cpu  2255 34 2290 22625563 6290 127 456\ncpu0 1 2 3 4'),
    [2255, 34, 2290, 22625563, 6290, 127, 456],
  );
  assert.equal(parseCpuLine(fixture(`${FOLDER}/stat`))?.length, 8);
  assert.equal(parseCpuLine('cpu0 1 2 3 4 5 6 7 8'), undefined);
  assert.equal(parseCpuLine('cpu 1 2'), undefined);
});

it('pressure totals are read, and a missing line is absent', () => {
  const real = parsePressure(fixture(`${FOLDER}/pressure-io`));
  assert.ok((real.some ?? 0) >= (real.full ?? Infinity));
  assert.deepEqual(parsePressure('some avg10=0.00 avg60=0.00 avg300=0.00 total=12\n'), { some: 12 });
  assert.deepEqual(parsePressure('some avg10=0.00 total=\nfull total=x'), {});
});

it('schedstat needs all of its three numbers', () => {
  assert.deepEqual(parseSchedstat('109923 82292 2\n'), { runNs: 109923, waitNs: 82292, slices: 2 });
  assert.equal(parseSchedstat('109923 82292'), undefined);
  assert.equal(parseSchedstat(''), undefined);
});

it('a version 1 cgroup’s figures are read by device and operation, sums over devices are not', () => {
  const figures = parseBlkioThrottle(fixture(`${FOLDER}/blkio.throttle.io_service_bytes`));
  assert.ok(figures.some(({ device, operation, value }) => device === '254:0' && operation === 'Write' && value > 0));
  assert.ok(figures.every(({ device }) => /^\d+:\d+$/.test(device)));
  assert.deepEqual(parseBlkioThrottle('8:16 1048576\nTotal 5\n8:16 Read -1'), [
    { device: '8:16', operation: '', value: 1048576 },
  ]);
});

it('a version 2 cgroup’s io.stat is read by device', () => {
  const [first, second] = parseIoStat(
    '8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n8:0 rbytes=90 cost.usage=7 x\nrubbish 1=2',
  );
  assert.equal(first?.values.get('wbytes'), 314773504);
  assert.equal(second?.device, '8:0');
  assert.deepEqual(
    [...(second?.values ?? [])],
    [
      ['rbytes', 90],
      ['cost.usage', 7],
    ],
  );
});

it('bdi stats are read with their hexadecimal state', () => {
  const text =
    'BdiWriteback:               48 kB\nBdiDirtyThresh:        4843092 kB\nBdiWriteBandwidth:        8004 kBps\nb_dirty:   4232\nbdi_list:   1\nstate:                       1f\n';
  const values = parseBdiStats(text);
  assert.deepEqual([values.get('BdiWriteBandwidth'), values.get('b_dirty'), values.get('state')], [8004, 4232, 31]);
  assert.equal(parseBdiStats('state: 15').get('state'), 0x15);
});

describe('cgroup limits', () => {
  const none = () => undefined;

  it('reads both versions into one form', () => {
    assert.deepEqual(parseLimit('blkio.throttle.write_bps_device', '7:0 1048576\n', none), [
      { kind: 'io', device: '7:0', what: 'wbps', value: 1048576 },
    ]);
    assert.deepEqual(parseLimit('io.max', '7:0 rbps=max wbps=1048576 riops=max wiops=120\n', none), [
      { kind: 'io', device: '7:0', what: 'wbps', value: 1048576 },
      { kind: 'io', device: '7:0', what: 'wiops', value: 120 },
    ]);
    const half = [{ kind: 'cpu', what: 'quota', value: 0.5 }];
    assert.deepEqual(
      parseLimit('cpu.cfs_quota_us', '50000\n', () => '100000\n'),
      half,
    );
    assert.deepEqual(parseLimit('cpu.max', '50000 100000\n', none), half);
    assert.deepEqual(parseLimit('memory.max', '268435456\n', none), [
      { kind: 'memory', what: 'bytes', value: 268435456 },
    ]);
    assert.deepEqual(parseLimit('freezer.state', 'FROZEN\n', none), parseLimit('cgroup.freeze', '1\n', none));
    assert.equal(parseLimit('freezer.state', 'FROZEN\n', none).length, 1);
  });

  it('knows every way of saying that there is none', () => {
    const unlimited: [string, string][] = [
      ['io.max', ''],
      ['cpu.cfs_quota_us', '-1'],
      ['cpu.max', 'max 100000'],
      ['memory.limit_in_bytes', '9223372036854771712'],
      ['memory.max', 'max'],
      ['memory.high', 'max'],
      ['freezer.state', 'THAWED'],
      ['cgroup.freeze', '0'],
      ['cpu.stat', 'nr_periods 1'],
    ];
    for (const [name, text] of unlimited)
      assert.deepEqual(
        parseLimit(name, `${text}\n`, () => '100000'),
        [],
        name,
      );
    assert.equal(isLimitFile('cpu.stat'), false);
    assert.equal(isLimitFile('constructor'), false);
  });
});

it('cpuinfo and CPU lists are read', () => {
  assert.equal(parseCpuinfo(fixture(`${FOLDER}/cpuinfo`)).get('model name'), 'AMD EPYC');
  assert.equal(parseCpuinfo('processor\t: 0\n\nprocessor\t: 1').get('processor'), '0');
  assert.deepEqual(['0', '0-3', '0-1,4,6-7\n', '', '0-x'].map(countCpuList), [1, 4, 5, undefined, undefined]);
});

it('no parser throws on arbitrary text, and every value that comes out is a number', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^(cpu|some|8:0|state:)?[\d \n:=.a-z-]*$/));
  fc.assert(
    fc.property(text, (arbitrary) => {
      const numbers = [
        ...[...parseDiskstats(arbitrary)].flatMap((line) => line.values),
        ...(parseCpuLine(arbitrary) ?? []),
        ...Object.values(parsePressure(arbitrary)),
        ...Object.values(parseSchedstat(arbitrary) ?? {}),
        ...parseBlkioThrottle(arbitrary).map((figure) => figure.value),
        ...parseIoStat(arbitrary).flatMap((line) => [...line.values.values()]),
        ...parseBdiStats(arbitrary).values(),
        ...['io.max', 'cpu.max', 'cpu.cfs_quota_us', 'memory.max'].flatMap((name) =>
          parseLimit(name, arbitrary, () => arbitrary).map(({ value }) => value),
        ),
        countCpuList(arbitrary) ?? 0,
      ];
      for (const number of numbers) assert.ok(Number.isFinite(number));
      assert.ok(parseCpuinfo(arbitrary) instanceof Map);
    }),
  );
});

describe('uptime', () => {
  it('is in hundredths of a second, and absent where it is no uptime', () => {
    assert.equal(parseUptime('6790.15 2197.53\n'), 679_015);
    assert.equal(parseUptime('0.07 0.00\n'), 7);
    for (const text of ['', '12', '12.3 4', '-1.00 2', 'up 1.00']) assert.equal(parseUptime(text), undefined);
  });
});
