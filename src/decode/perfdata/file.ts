// A perf.data of `perf record` → the layouts of its samples and of the events in them, what it tells of its machine, and its records piece by
// piece. All numbers are of the recording machine's byte order.
//
//   "PERFILE2" | u64 header's size | u64 size of an attribute | attributes, data, types: u64 offset, u64 size each | 256 bits of features
//   attribute: struct perf_event_attr, then u64 offset, u64 size of its identifiers
//   behind the data, for each feature's bit: u64 offset, u64 size
//
// Source: tools/perf/Documentation/perf.data-file-format.txt (Linux 6.1), tools/perf/util/header.h.

import { closeSync, fstatSync, openSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../../base/errors.js';
import { blocksOf, blocksOfFile, Cursor, Malformed, type Blocks } from '../tracecmd/bytes.js';
import { inflated } from './compressed.js';
import { readFeatures } from './features.js';
import { readLayout, type SampleLayout } from './layout.js';
import { piecesIn } from './records.js';
import type { PerfData } from './shape.js';

/** As the magic number reads by byte order, and that of perf before Linux 2.6.33. */
const MAGIC = { little: 'PERFILE2', big: '2ELIFREP', old: 'PERFFILE' } as const;
const PIPED_HEADER = 16;
/** struct perf_event_attr had 64 bytes at first and grows by some in each version. */
const ATTRIBUTE = { least: 64, most: 4096 };
const MOST_ATTRIBUTES = 65_536;
/** enum perf_compress_type has no other yet. */
const ZSTD = 1;
const MOST_IDS = 1024 * 1024;

export function isPerfData(bytes: Uint8Array): boolean {
  const magic = Buffer.from(bytes.subarray(0, 8)).toString('latin1');
  return Object.values(MAGIC).some((one) => one === magic);
}

/** What reads every perf.data: perf itself. */
function byPerf(path: string): string {
  return `print it with \`perf script -i ${path} > trace.txt\` and give trace.txt`;
}

/** Hands the contents of the file at `path` to `use`. Throws a UserError where its head is none that can be read. */
export function withPerfData<T>(path: string, use: (file: PerfData) => T): T {
  const fd = openSync(path, 'r');
  try {
    return use(readHead(path, blocksOfFile(fd, fstatSync(fd).size)));
  } catch (error) {
    if (error instanceof Malformed)
      throw new UserError(`${path} is a perf.data that is cut or damaged (${error.message}): copy it again.`);
    throw error;
  } finally {
    closeSync(fd);
  }
}

function refuseOthers(path: string, magic: string): void {
  if (magic === MAGIC.big) throw new UserError(`${path} was recorded on a big-endian machine: ${byPerf(path)}.`);
  if (magic === MAGIC.old) throw new UserError(`${path} is a perf.data of the old form 1: ${byPerf(path)}.`);
}

function readHead(path: string, blocks: Blocks): PerfData {
  const cursor = new Cursor(blocks);
  refuseOthers(path, cursor.bytes(MAGIC.little.length).toString('latin1'));
  if (cursor.u64() === PIPED_HEADER)
    throw new UserError(
      `${path} was written to a pipe (\`perf record -o -\`), in a form that is not read: ${byPerf(path)}.`,
    );
  const attributeBytes = cursor.u64();
  const section = () => ({ offset: cursor.u64(), size: cursor.u64() });
  const [attributes, data] = [section(), section()];
  section();
  const bits = cursor.bytes(32);
  const layouts = readLayouts(path, blocks, attributes, attributeBytes);
  // perf writes the data's size, and all that describes it, when it ends.
  if (data.size === 0)
    throw new UserError(
      `${path} was not finished: perf was killed before it wrote what describes its events. Record again, and end perf with Ctrl-C.`,
    );
  const features = readFeatures(blocks, data.offset + data.size, bits);
  const { described, compression = ZSTD, ...told } = features;
  if (compression !== ZSTD)
    throw new UserError(`${path} is compressed in a form that is not known (${compression}): ${byPerf(path)}.`);
  if (!described)
    throw new UserError(
      `${path} holds no events of the kernel: record with \`perf record -a -e 'block:*' -e sched:sched_switch -e sched:sched_waking\`.`,
    );
  return { ...told, ...described, layouts, pieces: () => inflated(piecesIn(blocks, data.offset, data.size)) };
}

/** Samples say of which event they are only where there are several kinds of them. */
function readLayouts(
  path: string,
  blocks: Blocks,
  { offset, size }: { readonly offset: number; readonly size: number },
  attributeBytes: number,
): Map<number, SampleLayout> {
  if (
    attributeBytes < ATTRIBUTE.least + 16 ||
    attributeBytes > ATTRIBUTE.most ||
    size > attributeBytes * MOST_ATTRIBUTES
  )
    throw new Malformed(16, `attributes of ${attributeBytes} bytes, ${size} in all`);
  const entries = blocksOf(blocks.block(offset, size));
  const layouts = new Map<number, SampleLayout>();
  for (let at = 0; at + attributeBytes <= size; at += attributeBytes) {
    const layout = readLayout(new Cursor(entries, at));
    const ids = new Cursor(entries, at + attributeBytes - 16);
    const [idsAt, idsBytes] = [ids.u64(), ids.u64()];
    if (!layout.hasIdentifier) {
      if (!isDeepStrictEqual(layouts.get(0) ?? layout, layout))
        throw new UserError(`${path} has samples of several forms that can’t be told apart: ${byPerf(path)}.`);
      layouts.set(0, layout);
      continue;
    }
    if (layouts.size + idsBytes / 8 > MOST_IDS) throw new Malformed(offset + at, `${idsBytes} bytes of identifiers`);
    const cursor = new Cursor(blocksOf(blocks.block(idsAt, idsBytes)));
    for (let left = Math.floor(idsBytes / 8); left > 0; left -= 1) layouts.set(cursor.u64(), layout);
  }
  return layouts;
}
