// Traces of kernel events by other tools: trace-cmd's files of both versions tell the same, compressed ones as well; the text that
// trace-cmd prints of one tells what its pages tell; ftrace's and perf's texts are read; what is damaged is refused or told.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { brotliDecompressSync } from 'node:zlib';
import * as zlib from 'node:zlib';
import { withTraceDat } from '../../src/decode/tracecmd/file.js';
import { readBlockStats } from '../../src/open/block-stats.js';
import { openCase } from '../../src/open/recording.js';
import { diagnoseRecording } from '../../src/pipeline.js';
import { generator } from '../../src/base/random.js';
import { assertSameRows, bare, eventsOf, rows } from '../support/event-rows.js';
import { fixturePath } from '../support/fixtures.js';
import { traceDat7 } from '../support/trace-dat.js';

const FIXTURES = fixturePath('kernel-trace');

let folder = '';
before(() => {
  folder = mkdtempSync('/tmp/iowitness-kernel-trace-');
  for (const name of ['v6.dat', 'v7.dat'])
    writeFileSync(at(name), brotliDecompressSync(readFileSync(path.join(FIXTURES, `${name}.br`))));
});
after(() => rmSync(folder, { recursive: true }));

function at(name: string): string {
  return path.join(folder, name);
}

describe('a trace.dat', () => {
  it('of version 6 tells what the same of version 7 tells', async () => {
    const [six, seven] = [eventsOf(await openCase(at('v6.dat'))), eventsOf(await openCase(at('v7.dat')))];
    assert.equal(six.count, seven.count);
    assert.ok(seven.count > 5000);
    for (const [event, table] of seven.tables) {
      assert.deepEqual(six.tables.get(event)?.t, table.t);
      assert.deepEqual(six.tables.get(event)?.fields, table.fields);
    }
    assert.deepEqual(six.stacks.stacks, seven.stacks.stacks);
    assert.ok(seven.stacks.stacks.some((frames) => frames.includes('io_schedule')));
    assert.deepEqual(six.comms, seven.comms);
  });

  it('is diagnosed with the states of the thread that waited, by its switches and stacks', async () => {
    const { diagnosis } = await diagnoseRecording(at('v7.dat'), 'test');
    assert.deepEqual([diagnosis.recording.kind, diagnosis.recording.kernel], ['kernel-trace', '6.18.44-fc-v782']);
    assert.equal(diagnosis.verdict.victim?.name, 'dd');
    assert.equal(diagnosis.accountingFrom, 'events');
    const share = (state: string) => diagnosis.accounting.find((one) => one.state === state)?.share ?? 0;
    assert.ok(share('block-device') > 0.4 && share('journal') > 0.05 && share('unexplained') < 0.05);
    const told = JSON.stringify([diagnosis.ruledOut, diagnosis.notChecked]);
    assert.doesNotMatch(told, /the check itself failed/);
    assert.ok(diagnosis.recording.limits.some((limit) => limit.includes('kernel’s stacks')));
    assert.ok(diagnosis.writers.some(({ process, writeBytes }) => process === 'dd' && writeBytes > 4e6));
  });

  it('takes the process that --pid names, and refuses one that queued nothing', async () => {
    const events = eventsOf(await openCase(at('v7.dat')));
    const [pid] = [...events.comms].find(([, name]) => name.startsWith('jbd2/')) ?? [];
    assert.ok(pid !== undefined);
    const { diagnosis } = await diagnoseRecording(at('v7.dat'), 'test', { pid });
    assert.equal(diagnosis.verdict.victim?.pid, pid);
    await assert.rejects(openCase(at('v7.dat'), { pid: 999_999 }), /No request of .* was queued by process 999999/);
  });

  it('compressed as a whole is refused, as its pages are read from all over it', async () => {
    writeFileSync(at('whole.dat.gz'), zlib.gzipSync(readFileSync(at('v7.dat'))));
    await assert.rejects(openCase(at('whole.dat.gz')), /is a compressed trace\.dat: unpack it first\./);
  });

  it('has figures of its block layer', async () => {
    const stats = await readBlockStats(at('v7.dat'), 'test');
    assert.ok(stats.overall.some(({ stage, count }) => stage === 'D2C' && count > 300));
  });

  it('compressed with zstd tells the same, and with what is not known is refused with the way out', async () => {
    const file = path.join(FIXTURES, 'v7-zstd.dat');
    const [packed, plain] = [eventsOf(await openCase(file)), eventsOf(await openCase(at('v7.dat')))];
    assert.equal(packed.count, plain.count);
    for (const event of plain.tables.keys()) assertSameRows(rows(packed, event), rows(plain, event));
    const other = readFileSync(file);
    other.write('zstx', other.indexOf('zstd\0'));
    writeFileSync(at('other.dat'), other);
    await assert.rejects(
      openCase(at('other.dat')),
      /"zstx", which is not read: run `trace-cmd convert --compression none/,
    );
  });

  it('compressed with zlib tells the same', async () => {
    const plain = readFileSync(at('v7.dat'));
    const formats = [
      ...plain
        .toString('latin1')
        .matchAll(/name: (?:block_\w+|sched_switch|sched_waking)\nID: .*?\nprint fmt: [^\n]*\n/gs),
    ];
    const pages = withTraceDat(at('v7.dat'), ({ cpus }) =>
      cpus
        .map((one) => Buffer.concat([...one.pages()].map((page) => Buffer.from(page))))
        .filter((bytes) => bytes.length > 0),
    );
    const made = traceDat7({
      formats: formats.map(([text]) => text),
      names: new Map([[1, 'init']]),
      pages,
      pageBytes: 4096,
    });
    writeFileSync(at('zlib.dat'), made);
    const [found, wanted] = [await openCase(at('zlib.dat')), eventsOf(await openCase(at('v7.dat')))];
    for (const [event, table] of eventsOf(found).tables) assert.deepEqual(table.t, wanted.tables.get(event)?.t, event);
    assert.equal(eventsOf(found).count, wanted.count);
    assert.deepEqual([found.manifest.host, found.savedNames.get(1)], ['made-up', 'init']);
  });

  it('that is damaged is refused in a sentence or told as a loss, and never throws anything else', async () => {
    const whole = readFileSync(at('v7.dat'));
    const random = generator(11);
    let refused = 0;
    for (let round = 0; round < 40; round += 1) {
      const bytes = Buffer.from(round % 2 === 0 ? whole.subarray(0, Math.floor(random() * whole.length)) : whole);
      // The head and the options, which say where everything lies.
      for (let flips = 0; flips < 6; flips += 1) {
        const place = flips % 2 === 0 ? Math.floor(random() * 400) : whole.length - 1 - Math.floor(random() * 900_000);
        if (place > 10 && place < bytes.length) bytes[place] = Math.floor(random() * 256);
      }
      writeFileSync(at('damaged.dat'), bytes);
      try {
        await openCase(at('damaged.dat'));
      } catch (error) {
        assert.ok(error instanceof Error && error.name === 'UserError', String(error));
        assert.match(error.message, /\.$/);
        refused += 1;
      }
    }
    assert.ok(refused > 5, `${refused} refused`);
  });
});

describe('text of kernel events', () => {
  it('by trace-cmd report tells what the pages tell that it was made of', async () => {
    const text = eventsOf(await openCase(path.join(FIXTURES, 'trace-cmd-report.txt')));
    const pages = eventsOf(await openCase(at('v7.dat')));
    for (const event of ['block_bio_queue', 'block_rq_issue', 'block_rq_complete', 'sched_switch', 'sched_waking']) {
      const found = rows(text, event);
      assert.ok(found.length > 20, event);
      // The text is a part of the trace: the rows from its first on.
      const all = rows(pages, event);
      const table = pages.tables.get(event);
      const begin = all.findIndex((_, index) =>
        found.slice(0, 6).every((row, next) => bare(all[index + next]) === bare(row)),
      );
      assert.ok(begin >= 0 && table, event);
      const start = table.t[begin] ?? 0;
      const part = all
        .slice(begin, begin + found.length)
        .map((row, index) =>
          [Math.round(((table.t[begin + index] ?? NaN) - start) * 1000), ...row.split(' ').slice(1)].join(' '),
        );
      assertSameRows(found, part);
    }
    const known = new Set(pages.stacks.stacks.map((frames) => frames.join()));
    assert.ok(text.stacks.length > 50);
    for (const frames of text.stacks.stacks.slice(0, -1)) assert.ok(known.has(frames.join()), frames.join());
  });

  for (const name of ['ftrace.txt', 'perf-script.txt']) {
    it(`${name} is read line by line, and diagnosed`, async () => {
      const text = readFileSync(path.join(FIXTURES, name), 'utf8');
      const events = eventsOf(await openCase(path.join(FIXTURES, name)));
      for (const event of ['block_bio_queue', 'block_rq_issue', 'block_rq_complete', 'sched_switch', 'sched_waking']) {
        const lines = text.split('\n').filter((line) => line.includes(`${event}: `)).length;
        assert.equal(events.tables.get(event)?.length, lines, event);
      }
      assert.equal(events.stacks.length > 0, name === 'ftrace.txt');
      const { diagnosis } = await diagnoseRecording(path.join(FIXTURES, name), 'test');
      assert.equal(diagnosis.recording.kind, 'kernel-trace');
      assert.deepEqual(diagnosis.losses, []);
      assert.equal(diagnosis.accountingFrom, 'events');
      const total = diagnosis.accounting.reduce((sum, one) => sum + one.share, 0);
      assert.ok(Math.abs(total - 1) < 1e-6);
    });
  }

  it('of perf, which took no stacks, gives sleeps to the requests that were under way, and leaves the rest unexplained', async () => {
    const file = path.join(FIXTURES, 'perf-script.txt');
    const [pid] = [...eventsOf(await openCase(file)).comms].find(([, name]) => name === 'dd') ?? [];
    assert.ok(pid !== undefined);
    const { diagnosis } = await diagnoseRecording(file, 'test', { pid });
    const share = (state: string) => diagnosis.accounting.find((one) => one.state === state)?.share ?? 0;
    // Most of it waits for commits, which the journal's thread writes: no request of its own tells of them.
    assert.ok(share('block-device') > 0.005 && share('unexplained') > 0.3, JSON.stringify(diagnosis.accounting));
    assert.ok(diagnosis.recording.limits.some((limit) => limit.includes('No kernel stacks with names')));
  });

  it('quoted in a mail tells the same', async () => {
    const lines = readFileSync(path.join(FIXTURES, 'ftrace.txt'), 'utf8').split('\n');
    writeFileSync(at('quoted.txt'), lines.map((line) => `>> ${line}`).join('\n'));
    const [plain, quoted] = [
      eventsOf(await openCase(path.join(FIXTURES, 'ftrace.txt'))),
      eventsOf(await openCase(at('quoted.txt'))),
    ];
    assert.deepEqual(quoted.comms, plain.comms);
    assert.deepEqual(quoted.stacks.stacks, plain.stacks.stacks);
    for (const [event, table] of plain.tables) assert.equal(quoted.tables.get(event)?.length, table.length, event);
  });

  it('of small requests alone blames no queue for their size, as what was split was not traced', async () => {
    const lines: string[] = [];
    for (let n = 0; n < 2000; n += 1) {
      const time = (us: number): string => (100 + (n * 500 + us) / 1e6).toFixed(6);
      lines.push(
        `  fio-4711  [001] .....  ${time(0)}: block_bio_queue: 8,0 WS ${n * 4096} + 8 [fio]`,
        `  fio-4711  [001] .....  ${time(9)}: block_rq_issue: 8,0 WS 4096 () ${n * 4096} + 8 [fio]`,
        `  <idle>-0  [001] d.h..  ${time(460)}: block_rq_complete: 8,0 WS () ${n * 4096} + 8 [0]`,
      );
    }
    writeFileSync(at('small.txt'), lines.join('\n'));
    const { diagnosis } = await diagnoseRecording(at('small.txt'), 'test');
    assert.match(diagnosis.notChecked.find(({ cause }) => cause === 'blk.split')?.why ?? '', /block_split/);
    assert.ok(['healthy', 'inconclusive'].includes(diagnosis.verdict.cause), diagnosis.verdict.cause);
  });

  it('that is cut says so, and one without completions is refused with what to trace', async () => {
    const lines = readFileSync(path.join(FIXTURES, 'ftrace.txt'), 'utf8').split('\n');
    let cut = 0;
    const shortened = lines.map((line) =>
      /block_rq_issue/.test(line) && (cut += 1) % 9 === 0 ? line.slice(0, 70) : line,
    );
    writeFileSync(at('cut.txt'), shortened.join('\n'));
    const { losses } = await openCase(at('cut.txt'));
    assert.equal(losses.find(({ code }) => code === 'text-cut')?.count, Math.floor(cut / 9));
    writeFileSync(at('none.txt'), lines.filter((line) => !line.includes('complete')).join('\n'));
    await assert.rejects(openCase(at('none.txt')), /holds no completions of requests.*: trace the events block/);
  });

  it('that was made to be slow to read is not', async () => {
    const head = '            dd-7       [000] d..2.  1.000000: ';
    const bad = [
      `${head}block_rq_issue: 8,0 WS ${'1'.repeat(900)}`,
      `${head}sched_switch: prev_comm=${'a prev_pid=1 '.repeat(60)}`,
      `${head}sched_waking: ${'a:1 [2'.repeat(120)}`,
      `  8,0    1      1     0.000000001     7  Q   W 8 + 8 ${'['.repeat(400)}`,
      `${'-1 '.repeat(300)}[000]`,
    ];
    const good = `${head}block_rq_complete: 8,0 WS () 8 + 8 [0]`;
    writeFileSync(at('slow.txt'), [good, ...Array.from({ length: 4000 }, () => bad).flat(), ''].join('\n'));
    const usedBefore = process.cpuUsage().user;
    const { events } = await openCase(at('slow.txt'));
    assert.equal(events?.tables.get('block_rq_complete')?.length, 1);
    assert.ok(process.cpuUsage().user - usedBefore < 20e6);
  });

  it('is read from a compressed file as well', async () => {
    const text = readFileSync(path.join(FIXTURES, 'ftrace.txt'));
    writeFileSync(at('ftrace.txt.gz'), zlib.gzipSync(text));
    const [packed, plain] = [await openCase(at('ftrace.txt.gz')), await openCase(path.join(FIXTURES, 'ftrace.txt'))];
    assert.equal(eventsOf(packed).count, eventsOf(plain).count);
  });

  it('tells of events that the kernel lost', async () => {
    const text = readFileSync(path.join(FIXTURES, 'ftrace.txt'), 'utf8');
    writeFileSync(at('lost.txt'), `${text}CPU:1 [LOST 153 EVENTS]\n`);
    const { losses } = await openCase(at('lost.txt'));
    assert.equal(losses.find(({ code }) => code === 'events-overrun')?.count, 153);
  });
});
