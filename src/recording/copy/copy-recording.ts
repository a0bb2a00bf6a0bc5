// A recording → a smaller one that a stranger may see: the part between two moments, without the events and bytes that no measure is
// made of, with names, paths, host and kernel addresses replaced. The copy is a recording like any other.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { parseFormat } from '../../decode/ftrace/format.js';
import { Symbols } from '../../decode/ftrace/symbols.js';
import { KEPT_FIELDS } from '../../decode/ftrace/fields.js';
import { SOURCE, type Manifest, type Reading } from '../../model/recording.js';
import { DEFLATED, encodeFrame, FRAME } from '../frame.js';
import { openRecording, type OpenRecording } from '../reader.js';
import { encodeReadings } from '../tape.js';
import type { Pseudonyms } from './pseudonyms.js';
import { redactedDump } from './dump-copy.js';
import { redacted } from './tape-rules.js';
import { TraceCopy } from './trace-copy.js';

export interface CopyOptions {
  readonly names: Pseudonyms;
  /** Bounds of what is kept, ms since the recording's start; the whole unless told. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

const FRAME_BYTES = 256 * 1024;
/** Of a thread dump, as it is kept and as a recorder takes it. */
const MOST_PACKED = 32 * 1024 * 1024;
const MOST_TEXT = 64 * 1024 * 1024;
/** A file is written for its owner alone, as the original is. */
const MODE = 0o600;

/** Readings that say how things stand, once: before the part that is kept they count as if said at its beginning. */
const STANDING = new Set<string>([
  SOURCE.victim,
  SOURCE.released,
  SOURCE.trace,
  SOURCE.file,
  SOURCE.kernelThreads,
  SOURCE.ptrace,
  SOURCE.stopped,
  SOURCE.chain,
  SOURCE.past,
  SOURCE.facts,
  SOURCE.loss,
]);

/** Takes a file of the copy; its name is that within the recording. */
type Take = (name: string, content: string | Buffer) => void;

/** Copies a recording into a folder, which must not exist. Throws a UserError where the original can't be read. */
export function copyRecording(from: string, to: string, options: CopyOptions): void {
  const original = openRecording(from);
  mkdirSync(to, { mode: 0o700 });
  copyFiles(original, options, (name, content) => write(to, name, content));
}

/** The same without a folder: each file of the copy is taken once. */
export function copyFiles(original: OpenRecording, options: CopyOptions, take: Take): void {
  const bounds = boundsOf(original, options);
  take('manifest.json', `${JSON.stringify(manifestOf(original.manifest, bounds, options), null, 2)}\n`);
  copyTape(original, take, bounds, options);
  copyTrace(original, take, bounds, options);
}

interface Bounds {
  readonly fromNs: number;
  readonly toNs: number;
}

function boundsOf({ manifest: { start, end } }: OpenRecording, { fromMs = 0, toMs }: CopyOptions): Bounds {
  const whole = end ? Number(BigInt(end.monotonicNs) - BigInt(start.monotonicNs)) : Infinity;
  return {
    fromNs: Math.round(fromMs * 1e6),
    toNs: Math.min(whole, toMs === undefined ? Infinity : Math.round(toMs * 1e6)),
  };
}

function write(folder: string, name: string, content: string | Buffer): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, content, { flag: 'wx', mode: MODE });
}

function manifestOf(manifest: Manifest, { fromNs, toNs }: Bounds, { names }: CopyOptions): Manifest {
  const { start, end, plan, lost } = manifest;
  const shifted = (ns: number) => ({
    ...start,
    monotonicNs: (BigInt(start.monotonicNs) + BigInt(ns)).toString(),
    wallMs: start.wallMs + ns / 1e6,
  });
  return {
    ...manifest,
    id: 'redacted',
    host: 'host',
    plan: {
      ...plan,
      ...(plan.directory !== undefined && { directory: names.path(plan.directory) }),
      ...(plan.argv && { argv: plan.argv.slice(0, 1).map((program) => names.path(program)) }),
    },
    start: shifted(fromNs),
    ...(end && { end: Number.isFinite(toNs) ? shifted(toNs) : end }),
    ...(lost && { lost: { ...lost, fromMs: lost.fromMs - fromNs / 1e6, toMs: lost.toMs - fromNs / 1e6 } }),
  };
}

function copyTape(original: OpenRecording, take: Take, bounds: Bounds, { names }: CopyOptions): void {
  const frames: Buffer[] = [];
  let pending: Reading[] = [];
  let bytes = 0;
  const flush = (): void => {
    if (pending.length === 0) return;
    const payload = encodeReadings(pending.map(({ text, ...rest }) => ({ ...rest, bytes: Buffer.from(text) })));
    const atNs =
      BigInt(original.manifest.start.monotonicNs) + BigInt(Math.round(bounds.fromNs + (pending.at(-1)?.atNs ?? 0)));
    const head = { type: FRAME.readings, flags: DEFLATED, sequence: frames.length, atNs };
    frames.push(encodeFrame(head, deflateRawSync(payload, { level: 9 })));
    pending = [];
    bytes = 0;
  };
  for (const reading of inBounds(original.readings(), bounds)) {
    const copy = redacted(reading, names);
    if (!copy || (reading.path === SOURCE.threadDump && !copyDump(original, take, reading, names))) continue;
    pending.push(copy);
    bytes += copy.text.length;
    if (bytes >= FRAME_BYTES) flush();
  }
  flush();
  take('machine.log', Buffer.concat(frames));
}

/** Copies the file that a mark names; false where nothing of it may be kept. */
function copyDump(original: OpenRecording, take: Take, { text }: Reading, names: Pseudonyms): boolean {
  const [, file] = /"file":"(jvm\/\d+-\d+\.txt\.gz)"/.exec(text) ?? [];
  const packed = file === undefined ? undefined : original.file(file, MOST_PACKED);
  if (file === undefined || !packed) return false;
  let dump: string | undefined;
  try {
    dump = redactedDump(gunzipSync(packed, { maxOutputLength: MOST_TEXT }), names);
  } catch {
    // It is damaged, or more than a recorder keeps.
  }
  if (dump !== undefined) take(file, gzipSync(dump, { level: 9 }));
  return dump !== undefined;
}

/** Readings of the part that is kept, their times counted from its beginning. A set of facts stays whole. */
function* inBounds(readings: Iterable<Reading>, { fromNs, toNs }: Bounds): Generator<Reading> {
  let factsNs: number | undefined;
  for (const reading of readings) {
    const { path, atNs } = reading;
    if (path === SOURCE.facts) factsNs = atNs;
    // A folder is listed again only when it has changed.
    const isStanding = atNs === factsNs || STANDING.has(path) || path.endsWith('/');
    if (atNs > toNs && !isStanding) continue;
    if (atNs >= fromNs) yield { ...reading, atNs: Math.min(atNs, toNs) - fromNs };
    // Facts keep a time of their own, which tells their set.
    else if (isStanding) yield { ...reading, atNs: atNs === factsNs ? atNs / fromNs : 0 };
  }
}

function copyTrace(original: OpenRecording, take: Take, { fromNs, toNs }: Bounds, { names }: CopyOptions): void {
  const streams = original.traceStreams();
  if (streams.length === 0) return;
  const texts = original
    .files('trace/events/')
    .filter((name) => name.endsWith('/format'))
    .map((name) => ({ name, text: Buffer.from(original.file(name) ?? []).toString('latin1') }));
  const formats = texts.flatMap(({ name, text }) => {
    const format = parseFormat(text);
    const isUsed = format && (format.name === 'kernel_stack' || KEPT_FIELDS[format.name]);
    return isUsed ? [{ name, text, format }] : [];
  });
  for (const { name, text } of formats) take(name, text);
  const packed = original.file('trace/kallsyms.gz');
  const startNs = BigInt(original.manifest.start.monotonicNs);
  const copy = new TraceCopy({
    formats: formats.map(({ format }) => format),
    symbols: packed && new Symbols(gunzipSync(packed).toString('latin1')),
    names,
    fromNs: startNs + BigInt(fromNs),
    toNs: Number.isFinite(toNs) ? startNs + BigInt(toNs) : 2n ** 63n,
  });
  // A frame's own time is behind all that it tells; the end of the part is, for all of them.
  const endNs = startNs + BigInt(Number.isFinite(toNs) ? toNs : Math.ceil(original.tapeEndNs()));
  for (const { instance, cpu } of streams) {
    const frames: Buffer[] = [];
    let pages: Buffer[] = [];
    const flush = (): void => {
      const head = { type: FRAME.pages, flags: 0, sequence: frames.length, atNs: endNs };
      if (pages.length > 0) frames.push(encodeFrame(head, Buffer.concat(pages)));
      pages = [];
    };
    copy.copy(original.pages(instance, cpu), (page) => {
      pages.push(page);
      if (pages.length * 4096 >= FRAME_BYTES) flush();
    });
    flush();
    take(`trace/${instance}.cpu${cpu}.log`, Buffer.concat(frames));
  }
  take('trace/kallsyms.gz', gzipSync(copy.kallsyms, { level: 9 }));
}
