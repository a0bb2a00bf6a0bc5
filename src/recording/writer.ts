// The recording as it is written: a Sink whose streams are framed logs. Nothing here waits for a disk on the caller's path; what the
// disk does not take in time is dropped beyond a bound, counted, and told on the tape.

import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import { monotonicNs, type ClockReading } from '../base/clock.js';
import { errnoOf, messageOf } from '../base/errors.js';
import type { HeldFolder } from '../base/held-folder.js';
import type { Loss } from '../model/losses.js';
import { SOURCE, type LostTime, type Manifest } from '../model/recording.js';
import type { Sink } from '../model/sink.js';
import { DirectFile, writeFileDirect } from './direct-file.js';
import { DEFLATED, FRAME, FRAME_HEADER, frameBytes } from './frame.js';
import { LogFile } from './log-file.js';
import { makeFolder } from './new-folder.js';
import { OwnCpu, readOwnCpu } from './own-cpu.js';
import { encodeReadings, MOST_TEXT, readingOverhead, type RawReading } from './tape.js';
import { Turns } from './turns.js';

const deflate = promisify(deflateRaw);

/** Bytes that may wait for the disk, over all streams. */
const MOST_QUEUED = 32 * 1024 * 1024;
/** A frame of trace pages is ended at this size. */
const PAGES_FRAME = 256 * 1024;
/** Trace pages are deflated, to a sixth or so, while fewer bytes than these wait for the disk and the process has CPU time to spare. */
const DEFLATE_BELOW = 4 * 1024 * 1024;
/** Writes under way at once: half of Node's threads for files, so that a stalled disk leaves some to the tracer. */
const MOST_WRITES = 2;
/** Frames deflated at once: side by side they would take all CPUs of a small machine ten times a second from what is watched. */
const MOST_PACKED = 1;
/** The tape is the most precious; a flush of its file makes what was written to the others durable on most filesystems as well. */
const SYNC_MS = { tape: 1000, pages: 5000 };
const NO_SPACE = new Set(['ENOSPC', 'EDQUOT']);
/** Kept in the folder while it is recorded, so that the end can still be told when the disk is full. */
const RESERVE = 'reserve';
const RESERVE_BYTES = 64 * 1024;

export interface WriterOptions {
  /** Called once, when the recording can't go on: its disk is full or its size limit is reached. */
  readonly onFull?: (why: string) => void;
  readonly maxBytes?: number;
}

interface PageStream {
  readonly log: LogFile;
  /** The next frame: room for its header, then trimmed pages one behind the other. */
  frame: Buffer;
  bytes: number;
  /** Frames are added in the order of their pages, whichever are deflated. */
  order: Promise<void>;
}

export class RecordingWriter implements Sink {
  private readonly folder: HeldFolder;
  private readonly manifest: Manifest;
  private readonly options: WriterOptions;
  private readonly startNs: bigint;
  private readonly tape: LogFile;
  private readonly streams = new Map<string, PageStream>();
  private readonly logs: LogFile[] = [];
  private readonly spare: Buffer[] = [];
  private readonly pending = new Set<Promise<unknown>>();
  private readings: RawReading[] = [];
  private readingBytes = 0;
  private deflating = 0;
  private order: Promise<void> = Promise.resolve();
  private dropped = 0;
  private readonly cpu = new OwnCpu(readOwnCpu());
  private readonly turns = new Turns(MOST_WRITES);
  private readonly packs = new Turns(MOST_PACKED);
  /** Why it must end before it is told to. */
  private ended: string | undefined;
  /** Set where it could not be written any more: nothing is taken from then on. */
  private refusal: Loss | undefined;

  private constructor(folder: HeldFolder, manifest: Manifest, options: WriterOptions, tape: Promise<DirectFile>) {
    this.folder = folder;
    this.manifest = manifest;
    this.options = options;
    this.startNs = BigInt(manifest.start.monotonicNs);
    this.tape = this.logOf(tape, SYNC_MS.tape);
  }

  /** Makes the folder with its manifest. Throws a UserError where it exists with something in it, or where others could reach it. */
  static async create(path: string, manifest: Manifest, options: WriterOptions = {}): Promise<RecordingWriter> {
    const folder = makeFolder(path);
    try {
      return new RecordingWriter(folder, manifest, options, Promise.resolve(await begin(folder, manifest)));
    } catch (error) {
      folder.close();
      throw error;
    }
  }

  /** The same in a folder that was made beforehand, and at once: what is to be written waits for a disk that has stalled. Takes the folder over. */
  static createIn(folder: HeldFolder, manifest: Manifest, options: WriterOptions = {}): RecordingWriter {
    return new RecordingWriter(folder, manifest, options, begin(folder, manifest));
  }

  private logOf(opening: Promise<DirectFile>, syncEveryMs: number): LogFile {
    const log = new LogFile({ opening, turns: this.turns, syncEveryMs, failed: this.fail });
    this.logs.push(log);
    return log;
  }

  private end(why: string): void {
    if (this.ended !== undefined) return;
    this.ended = why;
    this.options.onFull?.(why);
  }

  private readonly fail = (error: unknown): void => {
    const full = NO_SPACE.has(errnoOf(error) ?? '');
    this.refusal ??= { code: full ? 'no-space' : 'write-failed', where: messageOf(error) };
    this.end(full ? 'the recording’s disk is full' : messageOf(error));
  };

  /** Bytes taken and not yet on disk. */
  get queuedBytes(): number {
    let sum = this.readingBytes + this.deflating;
    for (const log of this.logs) sum += log.queued;
    for (const stream of this.streams.values()) sum += stream.bytes;
    return sum;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.logs.reduce((sum, log) => sum + log.bytes, 0);
  }

  reading(path: string, text: string | Uint8Array, atNs: bigint): void {
    this.take(path, typeof text === 'string' ? Buffer.from(text) : Buffer.from(text), atNs, false);
  }

  failure(path: string, errno: string, atNs: bigint): void {
    this.take(path, Buffer.from(errno), atNs, true);
  }

  private take(path: string, bytes: Buffer, atNs: bigint, failed: boolean): void {
    if (!this.hasRoomFor(bytes.length)) return;
    this.readings.push({ path, bytes, atNs: Number(atNs - this.startNs), failed });
    this.readingBytes += bytes.length + readingOverhead(path);
    if (this.readingBytes >= MOST_TEXT) this.endReadings();
  }

  private hasRoomFor(bytes: number): boolean {
    if (this.refusal) return false;
    if (bytes <= MOST_TEXT && this.queuedBytes + bytes <= MOST_QUEUED) return true;
    this.dropped += bytes;
    return false;
  }

  pages(instance: string, cpu: number, bytes: Uint8Array): void {
    if (!this.hasRoomFor(bytes.length)) return;
    const stream = this.streamOf(`${instance}.cpu${cpu}`);
    if (bytes.length > PAGES_FRAME) throw new RangeError(`${bytes.length} bytes of trace pages at once`);
    if (stream.bytes + bytes.length > PAGES_FRAME) this.endPages(stream);
    stream.frame.set(bytes, FRAME_HEADER + stream.bytes);
    stream.bytes += bytes.length;
  }

  private streamOf(name: string): PageStream {
    let stream = this.streams.get(name);
    if (!stream) {
      const log = this.logOf(this.makeLog(`trace/${name}.log`), SYNC_MS.pages);
      this.streams.set(name, (stream = { log, frame: this.spareFrame(), bytes: 0, order: Promise.resolve() }));
    }
    return stream;
  }

  private makeLog(name: string): Promise<DirectFile> {
    return this.turns.take(async () => {
      await this.folder.makeFolders(dirname(name));
      return await DirectFile.create(this.folder, name);
    });
  }

  /** Frames are used again: at tens of MB a second, memory that waits for the collector would double the recorder's size. */
  private spareFrame(): Buffer {
    return this.spare.pop() ?? Buffer.allocUnsafeSlow(frameBytes(PAGES_FRAME));
  }

  private endPages(stream: PageStream): void {
    if (stream.bytes === 0) return;
    const { frame, bytes, log } = stream;
    const pages = frame.subarray(FRAME_HEADER, FRAME_HEADER + bytes);
    const isDeflated = this.cpu.hasTime && this.queuedBytes < DEFLATE_BELOW;
    stream.frame = this.spareFrame();
    stream.bytes = 0;
    this.deflating += bytes;
    const packing = isDeflated ? this.packs.take(() => deflate(pages, { level: 1 })) : undefined;
    const release = () => this.spare.push(frame);
    stream.order = stream.order.then(async () => {
      const packed = await packing;
      if (packed) {
        log.add(FRAME.pages, DEFLATED, packed, bytes);
        release();
      } else log.addInPlace(FRAME.pages, frame, bytes, release);
      this.deflating -= bytes;
      log.flush();
    });
    this.follow(stream.order);
  }

  file(name: string, content: Uint8Array): void {
    if (this.refusal) return;
    this.follow(
      this.turns.take(async () => {
        await this.folder.makeFolders(dirname(name));
        await writeFileDirect(this.folder, name, content);
      }),
    );
  }

  /** Keeps a promise until it settles; a failure ends the recording. */
  private follow(work: Promise<unknown>): void {
    const kept = work.catch(this.fail).finally(() => this.pending.delete(kept));
    this.pending.add(kept);
  }

  /** Ends the frames and sends them to disk; to be called about once a second. */
  flush(): void {
    if (this.dropped > 0 && this.queuedBytes < MOST_QUEUED / 2) {
      const count = this.dropped;
      this.dropped = 0;
      this.say({ code: 'write-queue-full', where: 'bytes that were dropped', count });
    }
    this.cpu.look(readOwnCpu());
    for (const stream of this.streams.values()) this.endPages(stream);
    this.endReadings();
    for (const log of this.logs) log.flush();
    if (this.options.maxBytes !== undefined && this.bytes > this.options.maxBytes)
      this.end('the size limit is reached');
  }

  private say(loss: Loss): void {
    this.reading(SOURCE.loss, JSON.stringify(loss), monotonicNs());
  }

  /** Deflates off the thread; frames keep their order because each waits for the one before. */
  private endReadings(): void {
    if (this.readings.length === 0) return;
    const payload = encodeReadings(this.readings);
    this.readings = [];
    this.readingBytes = 0;
    this.deflating += payload.length;
    const packed = this.packs.take(() => deflate(payload, { level: 1 }));
    this.order = this.order.then(async () => {
      this.tape.add(FRAME.readings, DEFLATED, await packed);
      this.deflating -= payload.length;
      this.tape.flush();
    });
    this.follow(this.order);
  }

  /**
   * Writes everything that is left, and the manifest with the end. Waits for the disk as long as it takes. Where the disk refuses,
   * the recording is left as after a kill.
   */
  async close(end: ClockReading, endedBecause: string, lost?: LostTime): Promise<void> {
    await this.drain();
    await this.folder.remove(RESERVE).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') this.fail(error);
    });
    if (this.refusal) {
      const last = this.refusal;
      this.refusal = undefined;
      this.tape.resume();
      this.say(last);
    }
    await this.drain();
    await Promise.all(this.logs.map((log) => log.close().catch(this.fail)));
    const manifest = { ...this.manifest, end, endedBecause: this.ended ?? endedBecause, ...(lost && { lost }) };
    await writeManifest(this.folder, manifest).catch(this.fail);
    this.folder.close();
  }

  /** Ends the frames and waits until they are written; then what was dropped can be told. */
  private async drain(): Promise<void> {
    this.flush();
    await Promise.all(this.pending);
    await Promise.all(this.logs.map((log) => log.drain()));
  }
}

/** What a recording has before anything is recorded, and its tape. */
async function begin(folder: HeldFolder, manifest: Manifest): Promise<DirectFile> {
  await writeManifest(folder, manifest);
  await writeFileDirect(folder, RESERVE, randomBytes(RESERVE_BYTES));
  return await DirectFile.create(folder, 'machine.log');
}

async function writeManifest(folder: HeldFolder, manifest: Manifest): Promise<void> {
  await writeFileDirect(folder, 'manifest.json', Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
}
