// Thread.dump_to_file's JSON, in pieces of text → its dump. Each thread's object is parsed by itself when its last brace has come, so that a file of
// any size needs the memory of its threads alone, and one that was cut gives all that are whole. The form is that of JDK 21 to 26: numbers are strings until 25,
// states and locks are there since 25, an owner since 26 (jdk.internal.vm.ThreadDumper).

import type { DumpedLock, DumpedThread, LockNote, LockUse, NamedOwner, ThreadDump } from '../../model/thread-dump.js';
import { Frames } from './frames.js';
import { javaState } from './headers.js';
import { lockOf } from './lock-lines.js';

/** A thread with 1024 frames has some hundred kilobytes. */
const MOST_OF_THREAD = 4 * 1024 * 1024;
const THREAD = /\{\s*"tid"\s*:/g;
const HEAD = 4096;

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  const text = textOf(value);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textLock(value: unknown): DumpedLock | undefined {
  return typeof value === 'string' ? lockOf(value) : undefined;
}

function used(value: unknown, use: LockUse, frame = 0): LockNote[] {
  const lock = textLock(value);
  return lock ? [{ ...lock, use, frame }] : [];
}

/** 'parkBlocker' is an object with its owner's number since JDK 25, 26. */
function parkedOn(value: unknown): { readonly notes: LockNote[]; readonly owner?: NamedOwner } {
  if (!isFields(value)) return { notes: used(value, 'parks') };
  const javaId = numberOf(value['owner']);
  return { notes: used(value['object'], 'parks'), ...(javaId !== undefined && { owner: { name: '', javaId } }) };
}

function ownedMonitors(value: unknown): LockNote[] {
  return listOf(value).flatMap((at) => {
    if (!isFields(at)) return [];
    const frame = numberOf(at['depth']) ?? 0;
    return listOf(at['locks']).flatMap((lock) => used(lock, 'holds', frame));
  });
}

function threadOf(fields: Fields, frames: Frames): DumpedThread {
  const javaId = numberOf(fields['tid']);
  const state = javaState(textOf(fields['state']));
  const parked = parkedOn(fields['parkBlocker']);
  return {
    name: textOf(fields['name']) ?? '',
    ...(javaId !== undefined && { javaId }),
    virtual: fields['virtual'] === true,
    ...(state && { state }),
    frames: listOf(fields['stack']).flatMap((frame) => (typeof frame === 'string' ? [frames.of(frame)] : [])),
    notes: [
      ...used(fields['blockedOn'], 'wants'),
      ...used(fields['waitingOn'], 'waits'),
      ...parked.notes,
      ...ownedMonitors(fields['monitorsOwned']),
    ],
    ...(parked.owner && { ownedBy: parked.owner }),
    elided: false,
    broken: false,
  };
}

/** Where the object that begins at `from` ends, behind its brace; below 0 where it does not end here. */
function objectEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      for (at += 1; at < text.length && text.charCodeAt(at) !== 0x22; at += 1)
        if (text.charCodeAt(at) === 0x5c) at += 1;
    } else if (code === 0x7b) depth += 1;
    else if (code === 0x7d && (depth -= 1) === 0) return at + 1;
  }
  return -1;
}

/** Whether a text begins as such a dump, behind a byte order mark or not. */
export function isJsonDump(beginning: string): boolean {
  return /^\uFEFF?\s*\{\s*"threadDump"\s*:/.test(beginning);
}

export class JsonDumpReader {
  private readonly threads: DumpedThread[] = [];
  private readonly frames = new Frames();
  private text = '';
  private head = '';
  private refused = 0;

  push(text: string): void {
    if (this.head.length < HEAD) this.head += text.slice(0, HEAD);
    this.text += text;
    let from = 0;
    for (;;) {
      THREAD.lastIndex = from;
      const found = THREAD.exec(this.text);
      // The beginning of the next object may be cut by the piece's end.
      if (!found) {
        const brace = this.text.lastIndexOf('{');
        from = Math.max(from, brace >= this.text.length - HEAD ? brace : this.text.length - 1);
        break;
      }
      const end = objectEnd(this.text, found.index);
      if (end < 0 && this.text.length - found.index < MOST_OF_THREAD) {
        from = found.index;
        break;
      }
      if (end > 0) this.thread(this.text.slice(found.index, end));
      else this.refused += 1;
      from = end > 0 ? end : found.index + 1;
    }
    this.text = this.text.slice(from);
  }

  /** Undefined where no thread was whole. */
  end(): ThreadDump | undefined {
    if (this.threads.length === 0) return undefined;
    const [, takenAt] = /"time"\s*:\s*"([\dT:.Z-]+)"/.exec(this.head) ?? [];
    const [, vm] = /"runtimeVersion"\s*:\s*"([^"]*)"/.exec(this.head) ?? [];
    return {
      format: 'dump-to-file-json',
      ...(takenAt !== undefined && { takenAt }),
      ...(vm !== undefined && { vm }),
      threads: this.threads,
      reported: [],
      ended: /\}\s*$/.test(this.text),
      refused: this.refused,
    };
  }

  private thread(text: string): void {
    try {
      const fields: unknown = JSON.parse(text);
      if (isFields(fields)) this.threads.push(threadOf(fields, this.frames));
    } catch {
      this.refused += 1;
    }
  }
}
