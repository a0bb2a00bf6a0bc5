// Lines of a text or a log → the thread dumps in it, one after the other. Only lines of a known form count, so that what a log has between them
// is passed over; nothing rests on blank lines or tabs, which get lost on the way. One dump is in memory at a time.

import type { DumpFormat, ThreadDump, DumpedThread } from '../../model/thread-dump.js';
import { DeadlockSection } from './deadlock-section.js';
import { FrameRuns } from './frame-runs.js';
import { Frames, MOST_FRAMES } from './frames.js';
import { headerOf, javaState, mayGoOn, threadInfoIn, type Header } from './headers.js';
import { beginningIn, LinePrefix, unwrapped } from './line-prefix.js';
import { lockLine, lockOf } from './lock-lines.js';
import { nameOf } from './text.js';
import { ThreadBuilder } from './thread-builder.js';

/** Lines that a name may go on over. */
const MOST_NAME_LINES = 16;
const TAB = 9;
const DATE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?$/;
/** A frame of Thread.dump_to_file before JDK 25, which has no 'at'. */
const BARE_FRAME = /^\s+([\w$./<>@-]+\([^()]*\))$/;
/** With what it waits for, as VisualVM writes it of a JVM of version 5. */
const STATE = /^java\.lang\.Thread\.State: ([A-Z_]+)(?: on (\S+@[\da-f]+)(?: owned by: (.*))?)?/;
const MOUNTED = /^Mounted virtual thread (?:"[^"]*" )?#?(\d+)/;
const FOUND = /^Found (?:one|\d+) Java-level deadlocks?:?$/;

/** What is known of a dump while its lines come. */
interface Dump {
  /** Undefined until its first line or header has come. */
  format: DumpFormat | undefined;
  readonly threads: DumpedThread[];
  /** Its threads by their headers: the same one again begins the next dump. */
  readonly seen: Set<string>;
  deadlocks: DeadlockSection | undefined;
  inDeadlocks: boolean;
  takenAt: string | undefined;
  vm: string | undefined;
  /** Something came behind its last thread, which is whole then. */
  isEnded: boolean;
  /** HotSpot's last line came. */
  isClosed: boolean;
  frames: number;
  /** Frames that were passed over. */
  refused: number;
}

function newDump(): Dump {
  return {
    format: undefined,
    threads: [],
    seen: new Set(),
    deadlocks: undefined,
    inDeadlocks: false,
    takenAt: undefined,
    vm: undefined,
    isEnded: false,
    isClosed: false,
    frames: 0,
    refused: 0,
  };
}

export class DumpReader {
  private readonly emit: (dump: ThreadDump) => void;
  private readonly frames = new Frames();
  private readonly runs = new FrameRuns(this.frames);
  private readonly prefix = new LinePrefix();
  private dump = newDump();
  private thread: ThreadBuilder | undefined;
  /** The last line of a date, which is of the dump that begins next. */
  private date: string | undefined;
  /** The beginning of a header whose name goes on. */
  private open: { text: string; lines: number } | undefined;

  constructor(emit: (dump: ThreadDump) => void) {
    this.emit = emit;
  }

  /** Takes a line without its end. */
  line(raw: string): void {
    // Two lines of three are frames of just this form.
    if (raw.charCodeAt(0) === TAB && raw.startsWith('at ', 1) && this.thread && !this.open && !this.dump.inDeadlocks) {
      this.frame(this.frames.ofLine(raw));
      return;
    }
    const whole = unwrapped(raw);
    const begins = beginningIn(whole);
    if (begins >= 0) {
      this.begin(whole, begins);
      return;
    }
    const line = this.withoutPrefix(whole);
    if (line.trim() === '') {
      this.thread?.blank();
      return;
    }
    if (this.open !== undefined && this.goOn(line)) return;
    this.known(line, line.trim());
  }

  /** Nothing begins a dump of ThreadInfo, so each header of a thread may be the first line that tells what a log puts before it. */
  private withoutPrefix(whole: string): string {
    const line = this.prefix.strip(whole);
    const at = threadInfoIn(line);
    if (at <= 0) return line;
    this.prefix.learn(whole, whole.length - line.length + at);
    return line.slice(at);
  }

  /** Takes whole lines of frames, '\tat …\n' each; false where they have to come one by one. */
  run(lines: Buffer): boolean {
    const { thread, dump } = this;
    if (!thread || this.open || dump.inDeadlocks || thread.isEnded) return false;
    const frames = this.runs.of(lines);
    if (!frames || dump.frames + frames.length > MOST_FRAMES) return false;
    dump.frames += frames.length;
    thread.stack(frames);
    return true;
  }

  /** The text ends here; `cut` is a last line that nothing ends, of which a part may be missing. */
  end(cut?: string): void {
    const text = cut?.trim() ?? '';
    if (text.startsWith('JNI global ref') || (text.startsWith('at ') && text.endsWith(')'))) this.line(text);
    this.finish();
  }

  private begin(line: string, at: number): void {
    this.finish();
    this.prefix.learn(line, at);
    this.dump.format = 'hotspot';
    this.dump.vm = nameOf(line.slice(at + 'Full thread dump '.length).replace(/:?\s*$/, ''));
    this.dump.takenAt = this.date;
    this.date = undefined;
  }

  /** What is open may be a name that ends in this line; true where the line belongs to it. */
  private goOn(line: string): boolean {
    const open = this.open;
    if (!open) return false;
    this.open = undefined;
    // A line that is a header by itself, or that follows a header, tells that the open one was none.
    if (headerOf(line.trim()) ?? STATE.exec(line.trim())) return false;
    const text = `${open.text}\n${line}`;
    const header = headerOf(text.trimEnd());
    if (header) this.header(header);
    else if (open.lines < MOST_NAME_LINES) this.open = { text, lines: open.lines + 1 };
    return true;
  }

  private known(line: string, text: string): void {
    const first = text.charAt(0);
    if (first === '"' || first === '#' || (first === 'T' && text.startsWith('Thread '))) this.headerLine(line, text);
    else if (this.dump.inDeadlocks) this.deadlockLine(text);
    else if (first === 'F' && FOUND.test(text)) this.findDeadlocks();
    else if (first === '2' && DATE.test(text)) this.date = text;
    else if (first === 'J' && text.startsWith('JNI global ref')) this.close();
    else if (first === 'D' && text === 'Deadlock Detection:') this.beginAgents();
    else if (this.thread) this.threadLine(this.thread, line, text);
  }

  private headerLine(line: string, text: string): void {
    const header = headerOf(text);
    if (header) this.header(header);
    else if (this.dump.inDeadlocks) this.deadlockLine(text);
    else if (mayGoOn(text)) this.open = { text: line.trimStart(), lines: 1 };
  }

  private header(header: Header): void {
    const key = `${header.javaId ?? ''} ${header.nativeId ?? ''} ${header.name}`;
    // VisualVM's dumps begin as HotSpot's.
    if (this.dump.format === 'hotspot' && !this.thread && this.dump.threads.length === 0)
      this.dump.format = header.format;
    // The same thread again is the next dump, and so is another format, but for the agent's, whose headers are HotSpot's.
    const isOther =
      this.dump.format !== undefined && this.dump.format !== header.format && this.dump.format !== 'jhsdb';
    const hasNumber = header.javaId !== undefined || header.nativeId !== undefined;
    if (isOther || (hasNumber && this.dump.seen.has(key))) this.finish();
    if (this.dump.format === undefined) {
      this.dump.format = header.format;
      this.dump.takenAt = this.date;
      this.date = undefined;
    }
    this.dump.inDeadlocks = false;
    this.closeThread();
    if (hasNumber) this.dump.seen.add(key);
    this.thread = new ThreadBuilder(header);
  }

  private beginAgents(): void {
    this.finish();
    this.dump.format = 'jhsdb';
  }

  private findDeadlocks(): void {
    this.closeThread();
    this.dump.inDeadlocks = true;
    this.dump.deadlocks ??= new DeadlockSection();
  }

  private deadlockLine(text: string): void {
    if (/^Found (?:a total of )?\d+ deadlocks?\.$/.test(text)) this.dump.inDeadlocks = false;
    else this.dump.deadlocks?.take(text);
  }

  private threadLine(thread: ThreadBuilder, line: string, text: string): void {
    if (text.startsWith('at ')) this.frame(this.frames.of(text.slice(3)));
    else if (text.startsWith('- ')) this.dashed(thread, text.slice(2).trim());
    else if (text === '...') thread.goesOn();
    else if (text.startsWith('Locked ownable synchronizers') || text.startsWith('Number of locked synchronizers'))
      (thread.hasHad('synchronizers') ? this.withoutHeader() : thread).listSynchronizers();
    else if (text.includes('Error occurred during stack walking')) thread.fails();
    else this.rarer(thread, line, text);
  }

  private rarer(thread: ThreadBuilder, line: string, text: string): void {
    const [, word, on, owner] = STATE.exec(text) ?? [];
    const state = javaState(word);
    if (state) {
      (thread.hasHad('state') ? this.withoutHeader() : thread).inState(state, on, owner);
      return;
    }
    const [, mounted] = MOUNTED.exec(text) ?? [];
    if (mounted !== undefined) {
      const { nativeId } = thread.header;
      const at = nativeId === undefined ? {} : { nativeId };
      const name = `virtual thread #${mounted}`;
      this.closeThread();
      this.thread = new ThreadBuilder({ format: 'hotspot', name, javaId: Number(mounted), ...at, virtual: true });
      return;
    }
    const [, bare] = thread.header.format === 'dump-to-file' ? (BARE_FRAME.exec(line) ?? []) : [];
    if (bare !== undefined) this.frame(this.frames.of(bare));
  }

  private dashed(thread: ThreadBuilder, text: string): void {
    const lock = lockLine(text);
    if (lock?.use === 'holds' && thread.isListing) thread.owns(lock);
    else if (lock) {
      (thread.isEnded && !thread.isListing ? this.withoutHeader() : thread).note(lock);
    } else this.dashedRest(thread, text);
  }

  private dashedRest(thread: ThreadBuilder, text: string): void {
    const owned = thread.isListing ? lockOf(text) : undefined;
    if (owned) thread.owns(owned);
    const frame = text.includes('@bci=') ? this.frames.ofAgent(text) : undefined;
    if (frame !== undefined) this.frame(frame);
  }

  private frame(text: string): void {
    this.dump.frames += 1;
    if (this.dump.frames > MOST_FRAMES) this.dump.refused += 1;
    else if (this.thread?.isEnded === true) this.withoutHeader().frame(text);
    else this.thread?.frame(text);
  }

  /** What follows is of a thread of which the header was lost: nothing of it may count for the one before. */
  private withoutHeader(): ThreadBuilder {
    const format = this.dump.format ?? 'hotspot';
    this.closeThread();
    this.thread = new ThreadBuilder({ format, name: '(its header is lost)', virtual: false });
    return this.thread;
  }

  private closeThread(): void {
    if (this.thread) this.dump.threads.push(this.thread.build());
    this.dump.isEnded = this.thread?.isEnded ?? this.dump.isEnded;
    this.thread = undefined;
    this.open = undefined;
  }

  private close(): void {
    this.closeThread();
    this.dump.isEnded = this.dump.isClosed = true;
  }

  private finish(): void {
    this.closeThread();
    const { format, threads, takenAt, vm, deadlocks, isEnded: ended, isClosed, refused } = this.dump;
    this.dump = newDump();
    if (format !== undefined && threads.length > 0)
      this.emit({
        format,
        ...(takenAt !== undefined && { takenAt }),
        ...(vm !== undefined && { vm }),
        threads,
        reported: deadlocks?.waits ?? [],
        ended,
        ...(format === 'hotspot' && !isClosed && { isOpen: true }),
        refused,
      });
  }
}
