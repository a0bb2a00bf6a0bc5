// The text of a frame → 'class.method(place)', without the module, its version and the class loader, each kept once however many stacks have
// it. A file of its own, as dumps of a night repeat some thousand frames some million times.

/** Frames that one dump may have: sixteen thousand threads with 1024 each. */
export const MOST_FRAMES = 2 ** 24;
/** Frames that are remembered; beyond them all are forgotten, and remembered anew. */
const MOST_REMEMBERED = 100_000;

/** 'app//', 'java.base/', 'java.base@17.0.15/', 'app/module@1/': what StackTraceElement.toString() puts before the class. */
const ORIGIN = /^(?:[\w.$@+-]*\/){1,2}(?=[\w$.]+)/;
/** The same within the parentheses, as HotSpot prints it. */
const INNER_ORIGIN = /\([\w.$-]+@[^/()]*\//;
/** 'java.io.FileInputStream.read(byte[], int, int) @bci=4, line=276 (Interpreted frame)' */
const AGENT_FRAME = /^([^(\s]+)\([^)]*\) @bci=-?\d+(?:, line=(\d+))?/;

export class Frames {
  private readonly known = new Map<string, string>();

  /** A whole line of HotSpot's, '\tat ' and the frame. */
  ofLine(line: string): string {
    const known = this.known.get(line);
    return known ?? this.remember(line, this.of(line.slice(4)));
  }

  /** What stands behind 'at '. */
  of(text: string): string {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    return this.remember(text, text.replace(ORIGIN, '').replace(INNER_ORIGIN, '(').trimEnd());
  }

  /** What the serviceability agent prints behind ' - '; undefined where it is no frame. */
  ofAgent(text: string): string | undefined {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const [, method, line] = AGENT_FRAME.exec(text) ?? [];
    if (method === undefined) return undefined;
    return this.remember(text, `${method}(${line === undefined ? 'Unknown Source' : `line ${line}`})`);
  }

  /** What javacore prints behind 'at ': '/' in names, and '(Compiled Code)' behind the line. */
  ofJavacore(text: string): string {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const open = text.indexOf('(');
    const method = (open < 0 ? text : text.slice(0, open)).replaceAll('/', '.');
    return this.remember(text, `${method}${open < 0 ? '' : text.slice(open).replace('(Compiled Code)', '').trimEnd()}`);
  }

  private remember(text: string, frame: string): string {
    if (this.known.size >= MOST_REMEMBERED) this.known.clear();
    // A part of a text keeps the whole of it in memory, which is a piece of the file here; what goes through bytes stands alone.
    const alone = Buffer.from(frame, 'utf16le').toString('utf16le');
    this.known.set(Buffer.from(text, 'utf16le').toString('utf16le'), alone);
    return alone;
  }
}
