// From readings to counters: rows and columns, missing values, and the facts that must not be taken for counters.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Allowance } from '../../src/base/allowance.js';
import { CounterDecoder } from '../../src/decode/counters.js';
import { decodeCounters } from '../support/decoded.js';
import { SeriesBuilder } from '../../src/decode/series.js';
import type { Reading } from '../../src/model/recording.js';
import { factReadings, reading } from '../support/tape.js';

const STAT =
  'S 1 812 812 0 -1 4194560 2500 10 3 4 150 75 0 0 20 0 12 0 5321 1000000 4321 0 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 42 0 0';

describe('what may be kept of a tape', () => {
  const many = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => ` 8 ${from + index} sd${from + index} 1 2 3 4 5 6 7 8 9 10 11`).join(
      '\n',
    );

  it('is bounded, whether disks, names, rows or paths are many; what is left out is counted, and the rest is whole', () => {
    const readings = {
      disks: (index: number) => reading(index, '/proc/diskstats', many(100 * index, 100)),
      names: (index: number) =>
        reading(index, '/proc/vmstat', Array.from({ length: 100 }, (_, name) => `a${100 * index + name} 1`).join('\n')),
      rows: (index: number) => reading(index, '/proc/meminfo', `MemFree: ${index} kB\nCached: ${index} kB`),
      texts: (index: number) => reading(index, '/proc/7/wchan', `folio_wait_${index}`),
      paths: (index: number) => reading(index, `/proc/${index}/stat`, `${index} (a) ${STAT}`),
    };
    for (const [name, make] of Object.entries(readings)) {
      const allowance = new Allowance(50_000);
      const counters = decodeCounters(
        Array.from({ length: 2500 }, (_, index) => make(index + 1)),
        allowance,
      );
      assert.ok(allowance.refused > 0, name);
      const all = [counters.vmstat, counters.meminfo, ...counters.disks.values()];
      for (const { stat } of counters.processes.values()) all.push(stat);
      let cells = counters.processes.get(7)?.wchan?.name.length ?? 0;
      for (const { t, columns } of all) {
        cells += t.length * (1 + columns.size);
        for (const column of columns.values()) assert.equal(column.length, t.length);
      }
      assert.ok(cells > 0 && cells < 50_000 / 8, `${name}: ${cells}`);
    }
  });

  it('grows with the tape, and then goes on being taken', () => {
    const allowance = new Allowance(1600, 10);
    const decoder = new CounterDecoder(allowance);
    decoder.take(reading(1, '/proc/meminfo', 'MemFree: 1 kB'));
    assert.equal(decoder.within({ from: 0, to: Infinity }).meminfo.t.length, 0);
    allowance.grow(1000);
    decoder.take(reading(2, '/proc/meminfo', 'MemFree: 2 kB'));
    assert.deepEqual([...(decoder.within({ from: 0, to: Infinity }).meminfo.columns.get('MemFree') ?? [])], [2]);
  });

  it('is no room that columns which never move take: all disks that idle share theirs', () => {
    const { disks } = decodeCounters([
      reading(1, '/proc/diskstats', many(0, 1000)),
      reading(2, '/proc/diskstats', many(0, 1000)),
    ]);
    assert.equal(disks.size, 1000);
    const arrays = new Set([...disks.values()].flatMap(({ columns }) => [...columns.values()]));
    assert.equal(arrays.size, 11, 'one for each value');
    assert.deepEqual([...(disks.get('8:5')?.columns ?? [])].map(([, values]) => [...values]).slice(0, 3), [
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });
});

describe('decodeCounters', () => {
  it('reads every kind of file into its own series', () => {
    const counters = decodeCounters([
      reading(
        100,
        '/proc/diskstats',
        ' 8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n 8 1 sda1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15',
      ),
      reading(100, '/proc/vmstat', 'nr_dirty 12\nnr_written 9'),
      reading(100, '/proc/meminfo', 'MemFree:  77 kB'),
      reading(100, '/proc/stat', 'cpu  1 2 3 4 5 6 7 8 0 0'),
      reading(
        100,
        '/proc/pressure/io',
        'some avg10=0 avg60=0 avg300=0 total=55\nfull avg10=0 avg60=0 avg300=0 total=44',
      ),
      reading(100, '/proc/812/stat', `812 (my (sqld)) ${STAT}`),
      reading(100, '/proc/812/io', 'rchar: 1\nwrite_bytes: 4096'),
      reading(100, '/proc/812/schedstat', '10 20 30'),
      reading(100, '/proc/812/wchan', 'folio_wait_bit_common'),
      reading(100, '/sys/kernel/debug/bdi/8:0/stats', 'BdiDirtyThresh: 5 kB'),
      reading(100, '/sys/fs/cgroup/cpu/db/cpu.stat', 'nr_throttled 3\nthrottled_time 99'),
      reading(100, '/cgroup/blkio/db/blkio.throttle.io_service_bytes', '8:0 Read 1\n8:0 Write 2\nTotal 3'),
      reading(100, '/sys/fs/cgroup/db/io.stat', '8:0 rbytes=1 wbytes=2'),
      reading(100, '/sys/fs/cgroup/db/memory.current', '4096'),
      reading(100, '/x/constructor', '1'),
    ]);
    const value = (series: { columns: ReadonlyMap<string, Float64Array> } | undefined, column: string) =>
      series?.columns.get(column)?.[0];
    assert.deepEqual(
      [...counters.diskNames],
      [
        ['8:0', 'sda'],
        ['8:1', 'sda1'],
      ],
    );
    assert.equal(value(counters.disks.get('8:1'), 'dc_ticks'), 15);
    assert.equal(counters.disks.get('8:0')?.columns.has('dc_ticks'), false);
    assert.equal(counters.disks.get('8:0')?.t[0], 100);
    assert.equal(value(counters.vmstat, 'nr_dirty'), 12);
    assert.equal(value(counters.meminfo, 'MemFree'), 77);
    assert.equal(value(counters.cpu, 'steal'), 8);
    assert.equal(value(counters.pressure.get('io'), 'full_total'), 44);
    const process = counters.processes.get(812);
    assert.equal(process?.comm, 'my (sqld)');
    assert.deepEqual(process?.state, ['S']);
    assert.equal(value(process?.stat, 'delayacct_blkio'), 42);
    assert.equal(value(process?.io, 'write_bytes'), 4096);
    assert.equal(value(process?.schedstat, 'wait_ns'), 20);
    assert.deepEqual(process?.wchan?.name, ['folio_wait_bit_common']);
    assert.equal(value(counters.bdi.get('8:0'), 'BdiDirtyThresh'), 5);
    assert.equal(value(counters.cgroups.get('/sys/fs/cgroup/cpu/db/cpu.stat'), 'throttled_time'), 99);
    assert.equal(value(counters.cgroups.get('/cgroup/blkio/db/blkio.throttle.io_service_bytes'), '8:0 Write'), 2);
    assert.equal(value(counters.cgroups.get('/sys/fs/cgroup/db/io.stat'), '8:0 wbytes'), 2);
    assert.equal(value(counters.cgroups.get('/sys/fs/cgroup/db/memory.current'), 'value'), 4096);
    assert.equal(counters.cgroups.size, 4);
  });

  it('keeps a failed or malformed reading out, and a value that comes later missing before', () => {
    const { meminfo, processes } = decodeCounters([
      reading(0, '/proc/meminfo', 'MemFree: 1 kB'),
      { ...reading(10, '/proc/meminfo', 'EIO'), failed: true },
      reading(20, '/proc/meminfo', 'no figures'),
      reading(30, '/proc/meminfo', 'MemFree: 2 kB\nZswap: 5 kB'),
      { ...reading(30, '/proc/9/io', 'EACCES'), failed: true },
    ]);
    assert.deepEqual([...meminfo.t], [0, 30]);
    assert.deepEqual([...(meminfo.columns.get('MemFree') ?? [])], [1, 2]);
    assert.deepEqual([...(meminfo.columns.get('Zswap') ?? [])], [NaN, 5]);
    assert.equal(processes.size, 0);
  });

  it('takes nothing of a set of facts for a counter, though the paths are the same', () => {
    const { meminfo, processes } = decodeCounters([
      reading(0, '/proc/meminfo', 'MemFree: 1 kB'),
      ...factReadings(5, 'start', { '/proc/meminfo': 'MemFree: 2 kB', '/proc/812/stat': `812 (a) ${STAT}` }),
      reading(10, '/proc/meminfo', 'MemFree: 3 kB'),
    ]);
    assert.deepEqual([...meminfo.t], [0, 10]);
    assert.equal(processes.size, 0);
  });

  it('gives ascending times and columns of one length, whatever is on the tape', () => {
    const path = fc.constantFrom(
      '/proc/diskstats',
      '/proc/vmstat',
      '/proc/stat',
      '/proc/7/stat',
      '/proc/7/wchan',
      '/proc/pressure/cpu',
      '/a/io.stat',
      '/a/cpu.stat',
    );
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'a 1',
        'b 2\na 3',
        ' 8 0 sda 1 2 3 4 5 6 7 8 9 10 11',
        'cpu 1 2 3 4',
        `7 (x) ${STAT}`,
        '8:0 wbytes=1',
      ),
    );
    const tape = fc.array(
      fc.tuple(fc.nat(50), path, text).map(([ms, at, content]): Reading => reading(ms, at, content)),
    );
    fc.assert(
      fc.property(tape, (readings) => {
        const counters = decodeCounters(readings);
        const process = counters.processes.get(7);
        const all = [
          counters.vmstat,
          counters.cpu,
          ...counters.disks.values(),
          ...counters.pressure.values(),
          ...counters.cgroups.values(),
          ...(process ? [process.stat] : []),
        ];
        for (const series of all) {
          for (let row = 1; row < series.t.length; row += 1) assert.ok((series.t[row] ?? 0) > (series.t[row - 1] ?? 0));
          for (const column of series.columns.values()) assert.equal(column.length, series.t.length);
        }
        assert.equal(process?.state.length, process?.stat.t.length);
        assert.equal(process?.wchan?.t.length, process?.wchan?.name.length);
      }),
    );
  });
});

it('a series grows past its first rows and keeps what it held', () => {
  const builder = new SeriesBuilder();
  for (let row = 0; row < 1000; row += 1) {
    assert.ok(builder.begin(row));
    if (row % 2 === 0) builder.set('even', row);
  }
  assert.equal(builder.begin(999), false);
  const { t, columns } = builder.within({ from: 0, to: Infinity });
  assert.equal(t.length, 1000);
  assert.deepEqual(
    [...(columns.get('even') ?? [])],
    Array.from(t, (value) => (value % 2 === 0 ? value : NaN)),
  );
});
