// A short real recording → one of any length: its tape and its trace pages again and again, with later times. Counters that only grow go on
// from where the last round left them; everything that is said once is said once. A file of its own because tests of a night must not take one.
//
//   node scripts/build.mjs --all && node dist/bench/make-long-recording.js FROM.iow TO.iow SECONDS [--events] [--deflate]

import { appendFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { SAVED_NAMES, SOURCE, type Reading } from '../src/model/recording.js';
import { DEFLATED, encodeFrame, FRAME } from '../src/recording/frame.js';
import { openRecording, type OpenRecording } from '../src/recording/reader.js';
import { encodeReadings } from '../src/recording/tape.js';

export interface LongOptions {
  readonly seconds: number;
  /** Repeat the trace pages as well. */
  readonly events: boolean;
  /** Deflate the trace pages. */
  readonly deflate: boolean;
}

/** What repeats; all else that the recorder says holds on. */
const REPEATED = new Set<string>([SOURCE.clock, SOURCE.recorder, SOURCE.space]);

/** The figures of one path over a round: where each began and ended, and whether it ever fell. */
interface Figures {
  readonly first: readonly number[];
  last: readonly number[];
  grows: boolean[];
}

function figuresIn(text: string): number[] {
  return text.match(/\d+/g)?.map(Number) ?? [];
}

function survey(readings: readonly Reading[]): Map<string, Figures> {
  const found = new Map<string, Figures>();
  for (const { path: from, text, failed } of readings) {
    if (failed || !/^\/proc\/(?!self)|^\/sys\/(fs\/cgroup|kernel\/debug)/.test(from)) continue;
    const values = figuresIn(text);
    const known = found.get(from);
    if (!known) found.set(from, { first: values, last: values, grows: values.map(() => true) });
    else if (values.length === known.last.length) {
      known.grows = known.grows.map((grows, index) => grows && (values[index] ?? 0) >= (known.last[index] ?? 0));
      known.last = values;
    }
  }
  return found;
}

/** The text as a later round has it. */
function later(text: string, figures: Figures | undefined, round: number): string {
  if (!figures || round === 0) return text;
  let index = -1;
  return text.replace(/\d+/g, (digits) => {
    index += 1;
    if (figures.grows[index] !== true) return digits;
    return String(Number(digits) + round * ((figures.last[index] ?? 0) - (figures.first[index] ?? 0)));
  });
}

function isRepeated({ path: from, atNs }: Reading, facts: ReadonlySet<number>): boolean {
  if (from.startsWith('iowitness:')) return REPEATED.has(from);
  return !facts.has(atNs) && !from.endsWith('/') && from !== SAVED_NAMES;
}

function writeTape(original: OpenRecording, to: string, periodNs: number, { seconds }: LongOptions): void {
  const readings = [...original.readings()];
  const facts = new Set(readings.flatMap(({ path: from, atNs }) => (from === SOURCE.facts ? [atNs] : [])));
  const figures = survey(readings.filter((reading) => isRepeated(reading, facts)));
  const startNs = BigInt(original.manifest.start.monotonicNs);
  const file = path.join(to, 'machine.log');
  let sequence = 0;
  for (let round = 0; round * periodNs < seconds * 1e9; round += 1) {
    const shift = round * periodNs;
    for (let second = 0; second * 1e9 < periodNs && shift + second * 1e9 < seconds * 1e9; second += 1) {
      const some = readings.filter(
        (reading) =>
          Math.floor(reading.atNs / 1e9) === second &&
          reading.path !== SOURCE.probe &&
          (round === 0 || isRepeated(reading, facts)),
      );
      const texts = some.map(({ path: from, text, atNs, failed }) => ({
        path: from,
        atNs: atNs + shift,
        bytes: Buffer.from(later(text, figures.get(from), facts.has(atNs) ? 0 : round)),
        failed,
      }));
      const head = {
        type: FRAME.readings,
        flags: DEFLATED,
        sequence,
        atNs: startNs + BigInt(shift + (second + 1) * 1e9),
      };
      appendFileSync(file, encodeFrame(head, deflateRawSync(encodeReadings(texts), { level: 1 })));
      sequence += 1;
    }
  }
}

/** Adds a time to the stamp at the head of each trimmed page (src/decode/ftrace/pages.ts draws it). */
function shifted(pages: Uint8Array, ns: bigint): Buffer {
  const copy = Buffer.from(pages);
  for (let at = 0; at + 16 <= copy.length;) {
    copy.writeBigUInt64LE(copy.readBigUInt64LE(at) + ns, at);
    const commit = copy.readUInt32LE(at + 8);
    at += Math.ceil((16 + (commit & 0xf_ffff) + ((commit & 0x4000_0000) === 0 ? 0 : 8)) / 8) * 8;
  }
  return copy;
}

function writePages(original: OpenRecording, to: string, periodNs: number, options: LongOptions): void {
  for (const { instance, cpu } of original.traceStreams()) {
    const chunks = [...original.pages(instance, cpu)];
    const file = path.join(to, 'trace', `${instance}.cpu${cpu}.log`);
    mkdirSync(path.dirname(file), { recursive: true });
    let sequence = 0;
    for (let round = 0; round * periodNs < options.seconds * 1e9; round += 1) {
      for (const chunk of chunks) {
        const pages = shifted(chunk, BigInt(round * periodNs));
        const atNs = pages.readBigUInt64LE(0) + 1_000_000_000n;
        const head = {
          type: FRAME.pages,
          flags: options.deflate ? DEFLATED : 0,
          sequence,
          atNs,
          inflated: options.deflate ? pages.length : 0,
        };
        appendFileSync(file, encodeFrame(head, options.deflate ? deflateRawSync(pages, { level: 1 }) : pages));
        sequence += 1;
      }
    }
  }
}

/** Writes the long recording; the folder must not exist. */
export function makeLongRecording(from: string, to: string, options: LongOptions): void {
  const original = openRecording(from);
  const { manifest } = original;
  const startNs = BigInt(manifest.start.monotonicNs);
  const periodNs = Math.ceil(Number(BigInt(manifest.end?.monotonicNs ?? startNs) - startNs) / 1e9) * 1e9;
  if (!(periodNs > 0)) throw new Error(`${from} is not complete`);
  mkdirSync(to);
  const end = {
    monotonicNs: (startNs + BigInt(options.seconds * 1e9)).toString(),
    wallMs: manifest.start.wallMs + options.seconds * 1000,
  };
  writeFileSync(path.join(to, 'manifest.json'), JSON.stringify({ ...manifest, end, id: 'made-long' }));
  writeTape(original, to, periodNs, options);
  if (!options.events) return;
  writePages(original, to, periodNs, options);
  cpSync(path.join(from, 'trace/events'), path.join(to, 'trace/events'), { recursive: true });
  const symbols = path.join(from, 'trace/kallsyms.gz');
  if (existsSync(symbols)) cpSync(symbols, path.join(to, 'trace/kallsyms.gz'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [from = '', to = '', seconds = ''] = process.argv.slice(2);
  const has = (flag: string) => process.argv.includes(flag);
  makeLongRecording(from, to, { seconds: Number(seconds), events: has('--events'), deflate: has('--deflate') });
}
