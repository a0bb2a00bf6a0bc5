// One mutated trace through everything that reads traces, in memory: the decoder, both engines, lines, figures and the dump.

import assert from 'node:assert/strict';
import { HEADER_BYTES, RecordBatch } from '../../src/model/blktrace.js';
import type { Loss } from '../../src/model/losses.js';
import { readRecords } from '../../src/decode/blktrace/read.js';
import { ByteWindow, type ByteSource } from '../../src/decode/blktrace/source.js';
import { DeviceTable } from '../../src/tools/blkparse/devices.js';
import { Events } from '../../src/tools/blkparse/events.js';
import { FileMerge } from '../../src/tools/blkparse/file-merge.js';
import { PipeSort } from '../../src/tools/blkparse/pipe-sort.js';
import { ProcessNames, ProcessTable } from '../../src/tools/blkparse/processes.js';
import type { Run } from '../../src/tools/blkparse/record-feed.js';
import { TrackMemory } from '../../src/tools/blkparse/track-memory.js';
import { Tracks } from '../../src/tools/blkparse/tracks.js';
import { WallClock } from '../../src/tools/blkparse/wall-clock.js';
import { BinaryDump } from '../../src/tools/blkparse/text/binary.js';
import { ByteBuffer } from '../../src/tools/blkparse/text/byte-buffer.js';
import { Formats, Lines } from '../../src/tools/blkparse/text/lines.js';
import { Statistics } from '../../src/tools/blkparse/text/statistics.js';

/** A source that gives at most `piece` bytes at a time. */
export function memorySource(bytes: Uint8Array, piece = bytes.length): ByteSource {
  let at = 0;
  return {
    name: 'memory',
    refusal: undefined,
    size: bytes.length,
    read(into) {
      const count = Math.min(piece, into.length, bytes.length - at);
      into.set(bytes.subarray(at, at + count));
      at += count;
      return Promise.resolve(count);
    },
    close: () => Promise.resolve(),
  };
}

const EVERYTHING = { start: 0n, end: 0xffff_ffff_ffff_ffffn };

/** Reads `bytes` in one way and throws where a byte is neither read nor reported. Returns how much was printed. */
export async function readEverything(bytes: Uint8Array, mode: 'decode' | 'file' | 'pipe'): Promise<number> {
  if (mode === 'decode') return decodeAll(bytes);
  const losses: Loss[] = [];
  let printed = 0;
  const run: Run = {
    littleEndian: undefined,
    stopped: false,
    complain: (message) => (printed += message.length),
    loss: (loss) => losses.push(loss),
  };
  const names = new ProcessNames();
  const clock = new WallClock();
  const memory = new TrackMemory();
  const buffer = new ByteBuffer((text) => (printed += text.length));
  const processes = new ProcessTable(names, false);
  const events = new Events({
    printer: new Lines(buffer, names, clock, new Formats(), run.complain),
    dump: new BinaryDump((record) => (printed += record.length)),
    dumpMessages: true,
    track: true,
    verbose: true,
    names,
    clock,
    memory,
    processes,
    complain: run.complain,
  });
  const devices = new DeviceTable(() => new Tracks(names, memory, run.complain));
  const window = new ByteWindow(memorySource(bytes));
  if (mode === 'file') {
    const merge = new FileMerge(run, events, 512);
    await merge.add(window, devices.addNamed('memory'), 0);
    await merge.showAll(merge.genesis ?? 0n, -1, EVERYTHING);
    // What is read no further is reported, and how much of it there is.
    const left = bytes.length - window.offset;
    const said = losses
      .filter(({ code }) => code !== 'blktrace-wrong-cpu')
      .reduce((sum, loss) => sum + (loss.count ?? 0), 0);
    assert.equal(said, left);
  } else {
    const ignore = () => undefined;
    const common = { run, events, devices, readAhead: 512, mask: -1, window: EVERYTHING, begun: ignore, idle: ignore };
    await new PipeSort(window, common).showAll();
    if (window.offset < bytes.length) assert.ok(losses.length > 0);
  }
  buffer.raw(Buffer.from(new Statistics(false).render(devices.list, processes, true, run.complain), 'latin1'));
  buffer.flush();
  return printed;
}

async function decodeAll(bytes: Uint8Array): Promise<number> {
  let read = 0;
  let lost = 0;
  const add = (loss: Loss) => (lost += loss.count ?? 0);
  for await (const batch of readRecords(memorySource(bytes), add)) {
    for (let row = 0; row < batch.length; row += 1) read += lengthOf(batch, row);
  }
  assert.equal(read + lost, bytes.length);
  return read;
}

function lengthOf(batch: RecordBatch, row: number): number {
  return (batch.version[row] === 8 ? HEADER_BYTES[8] : HEADER_BYTES[7]) + (batch.payloadLength[row] ?? 0);
}
