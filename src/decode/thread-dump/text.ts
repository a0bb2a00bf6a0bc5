// Bytes of a dump, in pieces of any size → its lines. What is looked for is ASCII, so bytes are taken for Latin-1, and only names that have more
// are read again as UTF-8 (`nameOf`); UTF-16 is told by its mark or by the zeros between its letters, as a shell of Windows writes it without one.

/** Of a line at most this is kept: no name or frame is as long. */
const MOST_OF_LINE = 64 * 1024;
const NEWLINE = '\n';

type Encoding = 'bytes' | 'utf-16le' | 'utf-16be';

/** By the first bytes, of which most must be letters. */
function encodingOf(bytes: Uint8Array): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const looked = Math.min(bytes.length, 256) & ~1;
  let [even, odd] = [0, 0];
  for (let at = 0; at < looked; at += 2) {
    if (bytes[at] === 0) even += 1;
    if (bytes[at + 1] === 0) odd += 1;
  }
  if (looked >= 8 && odd > looked / 4 && even === 0) return 'utf-16le';
  return looked >= 8 && even > looked / 4 && odd === 0 ? 'utf-16be' : 'bytes';
}

/** Takes whole lines that begin with FRAME, with their ends, all at once; false where it wants them as lines. */
type TakeRun = (lines: Buffer) => boolean;

/** How HotSpot begins a frame: '\tat '. */
const FRAME = [9, 97, 116, 32] as const;

function isFrameAt(bytes: Buffer, at: number): boolean {
  return (
    bytes[at] === FRAME[0] && bytes[at + 1] === FRAME[1] && bytes[at + 2] === FRAME[2] && bytes[at + 3] === FRAME[3]
  );
}

/** Where the whole lines of frames end that begin here. */
function endOfRun(bytes: Buffer, from: number): number {
  let end = from;
  while (isFrameAt(bytes, end)) {
    const next = bytes.indexOf(10, end) + 1;
    // A longer line is cut, as any line is.
    if (next === 0 || next - end > MOST_OF_LINE) break;
    end = next;
  }
  return end;
}

/** Takes pieces of bytes and hands on lines without their ends. */
export class LineSplitter {
  private encoding: Encoding | undefined;
  private decoder: InstanceType<typeof TextDecoder> | undefined;
  private rest = '';
  private readonly take: (line: string) => void;
  private readonly takeRun: TakeRun | undefined;

  constructor(take: (line: string) => void, takeRun?: TakeRun) {
    this.take = take;
    this.takeRun = takeRun;
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    if (this.encoding === undefined) {
      this.encoding = encodingOf(piece);
      if (this.encoding !== 'bytes') this.decoder = new TextDecoder(this.encoding);
    }
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    if (this.decoder) this.split(this.decoder.decode(bytes, { stream: true }));
    else if (this.takeRun) this.splitRuns(bytes, this.takeRun);
    else this.split(bytes.toString('latin1'));
  }

  /** Frames that stand together are handed on together, all else as lines. */
  private splitRuns(bytes: Buffer, takeRun: TakeRun): void {
    let plain = 0;
    // A line that began in the last piece ends in this one.
    let at = this.rest === '' ? 0 : bytes.indexOf(10) + 1;
    while (at < bytes.length && (at > 0 || this.rest === '')) {
      const end = endOfRun(bytes, at);
      if (end > at) {
        if (plain < at) this.split(bytes.toString('latin1', plain, at));
        plain = takeRun(bytes.subarray(at, end)) ? end : at;
      }
      const next = bytes.indexOf(10, end) + 1;
      at = next === 0 ? bytes.length : next;
    }
    if (plain < bytes.length) this.split(bytes.toString('latin1', plain));
  }

  /** The last line where nothing ends it, of which a part may be missing. */
  end(): string {
    const last = this.rest + (this.decoder?.decode() ?? '');
    this.rest = '';
    return last;
  }

  private split(text: string): void {
    const first = text.indexOf(NEWLINE);
    if (first < 0) {
      if (this.rest.length < MOST_OF_LINE) this.rest += text;
      return;
    }
    this.line(this.rest + text.slice(0, first));
    let from = first + 1;
    for (let end = text.indexOf(NEWLINE, from); end >= 0; end = text.indexOf(NEWLINE, from)) {
      this.line(text.slice(from, end));
      from = end + 1;
    }
    this.rest = text.slice(from);
  }

  private line(line: string): void {
    const end = line.charCodeAt(line.length - 1) === 13 ? line.length - 1 : line.length;
    this.take(end === line.length && end <= MOST_OF_LINE ? line : line.slice(0, Math.min(end, MOST_OF_LINE)));
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** A name from Latin-1 as the characters that it stands for: UTF-8 where it is that, else itself. */
export function nameOf(text: string): string {
  // oxlint-disable-next-line no-control-regex -- These are the bytes that stand for themselves in both.
  if (!/[^\u0000-\u007f]/.test(text) || /[^\u0000-\u00ff]/.test(text)) return text;
  try {
    return UTF8.decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}
