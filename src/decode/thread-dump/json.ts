// A JSON document with threads, in pieces of text → its dump. Each thread's object is parsed by itself when its last brace has come, so that a file of
// any size needs the memory of its threads alone, and one that was cut gives all that are whole.

import type { DumpedThread, DumpFormat, ThreadDump } from '../../model/thread-dump.js';
import { Frames } from './frames.js';
import { isFields, type Fields } from './json-fields.js';
import { fileThread } from './json-file-thread.js';
import { springThread } from './json-spring-thread.js';

/** A thread with 1024 frames has some hundred kilobytes. */
const MOST_OF_THREAD = 4 * 1024 * 1024;
const HEAD = 4096;

interface Form {
  readonly format: DumpFormat;
  /** How the document begins. */
  readonly begins: RegExp;
  /** How the object of a thread begins, and no object within it. */
  readonly thread: RegExp;
  readonly read: (fields: Fields, frames: Frames) => DumpedThread;
}

/** Keys of java.lang.management.ThreadInfo, whichever comes first; frames and locks have none of them. */
const THREAD_INFO_KEYS =
  'threadName|threadId|threadState|blockedTime|blockedCount|waitedTime|waitedCount|lockName|lockOwnerId|lockOwnerName|daemon|inNative|suspended|priority|stackTrace|lockedMonitors|lockedSynchronizers|lockInfo';

const FORMS: readonly Form[] = [
  {
    format: 'dump-to-file-json',
    begins: /^\uFEFF?\s*\{\s*"threadDump"\s*:/,
    thread: /\{\s*"tid"\s*:/g,
    read: fileThread,
  },
  {
    format: 'thread-info',
    begins: /^\uFEFF?\s*\{\s*"threads"\s*:\s*\[/,
    thread: new RegExp(`\\{\\s*"(?:${THREAD_INFO_KEYS})"\\s*:`, 'g'),
    read: springThread,
  },
];

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

/** A reader of what begins so, behind a byte order mark or not; undefined for what is no such document. */
export function jsonReaderFor(beginning: string): JsonDumpReader | undefined {
  const form = FORMS.find(({ begins }) => begins.test(beginning));
  return form && new JsonDumpReader(form);
}

function withEnd(ended: boolean): Pick<ThreadDump, 'ended' | 'isOpen'> {
  return ended ? { ended } : { ended, isOpen: true };
}

class JsonDumpReader {
  private readonly form: Form;
  private readonly threads: DumpedThread[] = [];
  private readonly frames = new Frames();
  private text = '';
  private head = '';
  private refused = 0;

  constructor(form: Form) {
    this.form = form;
  }

  push(text: string): void {
    if (this.head.length < HEAD) this.head += text.slice(0, HEAD);
    this.text += text;
    let from = 0;
    for (;;) {
      this.form.thread.lastIndex = from;
      const found = this.form.thread.exec(this.text);
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
      format: this.form.format,
      ...(takenAt !== undefined && { takenAt }),
      ...(vm !== undefined && { vm }),
      threads: this.threads,
      reported: [],
      ...withEnd(/\}\s*$/.test(this.text)),
      refused: this.refused,
    };
  }

  private thread(text: string): void {
    try {
      const fields: unknown = JSON.parse(text);
      if (isFields(fields)) this.threads.push(this.form.read(fields, this.frames));
    } catch {
      this.refused += 1;
    }
  }
}
