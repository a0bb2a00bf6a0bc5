// A recording, damaged as no disk damages it: bits, words, texts, times and paths are changed, and one thing is made many, behind checksums
// that hold. A seed gives the same changes again. What is made stays small on disk, however large it claims to be.

import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { generator } from '../../src/base/random.js';
import { DEFLATED, encodeFrame, FRAME, type FrameHead } from '../../src/recording/frame.js';
import { readFrames } from '../../src/recording/log-reader.js';
import { decodeReadings, encodeReadings, type RawReading } from '../../src/recording/tape.js';
import { MANY } from './many-readings.js';
import { Dice } from './dice.js';

const MOST_INFLATED = 64 * 1024 * 1024;
/** Frames of one payload that a seed appends at most. */
const MOST_FRAMES = 16;
/** What the head of a frame of pages can tell, below 512 KiB. */
const MOST_PAGES = 0xffff * 8;

interface Frame {
  head: Omit<FrameHead, 'length'>;
  payload: Buffer;
}

function framesOf(file: string): Frame[] {
  return [...readFrames(file, () => {})].flatMap(({ head, payload }) =>
    head.type === FRAME.padding ? [] : [{ head: { ...head }, payload: Buffer.from(payload) }],
  );
}

function writeFrames(file: string, frames: readonly Frame[]): void {
  writeFileSync(file, Buffer.concat(frames.map(({ head, payload }) => encodeFrame(head, payload))));
}

function inflated({ head, payload }: Frame): Buffer {
  if ((head.flags & DEFLATED) === 0) return payload;
  try {
    return inflateRawSync(payload, { maxOutputLength: MOST_INFLATED });
  } catch {
    return payload;
  }
}

function setPayload(frame: Frame, content: Buffer, isDeflated: boolean): void {
  frame.payload = isDeflated ? deflateRawSync(content, { level: 1 }) : content;
  frame.head = {
    ...frame.head,
    flags: isDeflated ? DEFLATED : 0,
    ...(frame.head.type === FRAME.pages && { inflated: isDeflated ? Math.min(content.length, MOST_PAGES) : 0 }),
  };
}

/** Bits, words, runs and the length of some bytes. */
function changeBytes(dice: Dice, bytes: Buffer): Buffer {
  if (bytes.length < 8) return bytes;
  for (let left = dice.below(6) + 1; left > 0; left -= 1) {
    const at = dice.below(bytes.length - 7);
    const what = dice.below(5);
    if (what === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8));
    else if (what === 1) bytes.writeUInt32LE(dice.word(), at);
    else if (what === 2) bytes.writeBigUInt64LE((BigInt(dice.word()) << 32n) | BigInt(dice.word()), at);
    else if (what === 3) bytes.copy(bytes, at, dice.below(bytes.length), bytes.length);
    else bytes.fill(dice.below(256), at, at + dice.below(64));
  }
  return dice.chance(0.2) ? bytes.subarray(0, dice.below(bytes.length)) : bytes;
}

function changeReading(dice: Dice, reading: RawReading): RawReading {
  const what = dice.below(8);
  if (what === 0) return { ...reading, atNs: dice.number() };
  if (what === 1) return { ...reading, failed: !reading.failed };
  const text = Buffer.from(reading.bytes).toString();
  if (what === 2) return { ...reading, path: dice.changedText(reading.path).slice(0, 5000) };
  const changed = text.startsWith('{') || text.startsWith('[') ? dice.changedJson(text) : dice.changedText(text);
  return { ...reading, bytes: Buffer.from(changed) };
}

function changeTape(dice: Dice, file: string): void {
  const frames = framesOf(file);
  for (let left = dice.below(3) + 1; left > 0; left -= 1) {
    const frame = dice.pick(frames);
    if (!frame) return;
    const readings = decodeReadings(inflated(frame)).readings.map(({ text, ...rest }): RawReading => ({
      ...rest,
      bytes: Buffer.from(text),
    }));
    for (let more = dice.below(8) + 1; more > 0 && readings.length > 0; more -= 1) {
      const index = dice.below(readings.length);
      const reading = readings[index];
      if (reading) readings[index] = changeReading(dice, reading);
    }
    setPayload(frame, encodeReadings(readings), dice.chance(0.5));
  }
  writeFrames(file, frames);
}

/** Whole frames: left out, doubled, exchanged, of another type, time, number, flag or length. */
function changeFrames(dice: Dice, file: string): void {
  const frames = framesOf(file);
  for (let left = dice.below(4) + 1; left > 0 && frames.length > 0; left -= 1) {
    const at = dice.below(frames.length);
    const frame = frames[at];
    if (!frame) return;
    const { head } = frame;
    const what = dice.below(7);
    if (what === 0) frames.splice(at, 1);
    else if (what === 1) frames.splice(dice.below(frames.length), 0, { head, payload: frame.payload });
    else if (what === 2) frame.head = { ...head, type: dice.below(5) };
    else if (what === 3) frame.head = { ...head, atNs: (BigInt(dice.word()) << 32n) | BigInt(dice.word()) };
    else if (what === 4) frame.head = { ...head, sequence: dice.word() };
    else if (what === 5) frame.head = { ...head, flags: head.flags ^ 1, inflated: 8 * dice.below(0x1_0000) };
    else setPayload(frame, changeBytes(dice, Buffer.from(inflated(frame))), dice.chance(0.5));
  }
  writeFrames(file, frames);
}

/** Readings of which one thing is many, in frames of one payload each. */
function makeMany(dice: Dice, file: string): string {
  const frames = framesOf(file);
  const head = frames.at(-1)?.head;
  const [name = '', make] = dice.pick(Object.entries(MANY)) ?? [];
  if (!head || !make) return 'nothing';
  const last = dice.chance(0.5);
  const count = dice.below(MOST_FRAMES) + 1;
  let payload: Buffer | undefined;
  for (let round = 0; round < count; round += 1) {
    // Frames that differ take long to make, so only some seeds have them, and then few.
    if (payload === undefined || (last && round < 3))
      payload = deflateRawSync(encodeReadings(make(round)), { level: 1 });
    frames.push({
      head: { ...head, type: FRAME.readings, flags: DEFLATED, sequence: head.sequence + 1 + round },
      payload,
    });
  }
  writeFrames(file, frames);
  return name;
}

/** The pages of a frame again and again, in frames as full as they can be, with a word changed here and there. */
function makeManyPages(dice: Dice, file: string): void {
  const frames = framesOf(file);
  const frame = dice.pick(frames);
  if (!frame || frame.head.type !== FRAME.pages) return;
  const pages = inflated(frame);
  const times = Math.floor(MOST_PAGES / Math.max(pages.length, 16));
  const full = Buffer.concat(Array.from({ length: times }, () => pages));
  for (let left = dice.below(MOST_FRAMES) + 1; left > 0 && full.length > 8; left -= 1) {
    for (let words = dice.below(2000); words > 0; words -= 1)
      full.writeUInt32LE(dice.word(), dice.below(full.length - 4));
    const copy: Frame = { head: { ...frame.head, sequence: frames.length }, payload: full };
    setPayload(copy, Buffer.from(full), true);
    frames.push(copy);
  }
  writeFrames(file, frames);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

/** One change; returns what it was. */
function changeOnce(dice: Dice, folder: string): string {
  const tape = path.join(folder, 'machine.log');
  const manifest = path.join(folder, 'manifest.json');
  const files = filesBelow(folder);
  const logs = files.filter((file) => file.endsWith('.log'));
  const formats = files.filter((file) => file.endsWith('/format'));
  const one = dice.pick(files) ?? manifest;
  const log = dice.pick(logs) ?? tape;
  switch (dice.below(10)) {
    case 0:
      writeFileSync(one, changeBytes(dice, readFileSync(one)));
      return `bytes of ${path.basename(one)}`;
    case 1:
      rmSync(one);
      return `no ${path.basename(one)}`;
    case 2:
      writeFileSync(manifest, dice.changedJson(readFileSync(manifest, 'utf8')));
      return 'the manifest';
    case 3:
    case 4:
      changeFrames(dice, log);
      return `frames of ${path.basename(log)}`;
    case 5: {
      const format = dice.pick(formats);
      if (format !== undefined) writeFileSync(format, dice.changedText(readFileSync(format, 'latin1')));
      return `the format ${format === undefined ? 'of nothing' : path.basename(path.dirname(format))}`;
    }
    case 6:
      if (dice.chance(0.4)) {
        makeManyPages(dice, log);
        return `many pages of ${path.basename(log)}`;
      }
      return existsSync(tape) ? `many: ${makeMany(dice, tape)}` : 'nothing';
    default:
      if (existsSync(tape)) changeTape(dice, tape);
      return 'readings';
  }
}

/** Puts a damaged copy of a recording at `to`; returns what was changed, for whoever reads of a finding. */
export function damagedRecording(seed: number, from: string, to: string): string {
  const dice = new Dice(generator(seed));
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  const changes = [changeOnce(dice, to)];
  while (changes.length < 4 && dice.chance(0.4) && existsSync(path.join(to, 'manifest.json')))
    changes.push(changeOnce(dice, to));
  return changes.join(', ');
}
