// A file, standard input or a compressed log → the thread dumps in it, one after the other, in memory that does not follow its length.

import { UserError } from '../base/errors.js';
import { openSource } from '../decode/blktrace/source.js';
import { isJavacore, JavacoreReader } from '../decode/thread-dump/javacore.js';
import { jsonReaderFor } from '../decode/thread-dump/json.js';
import { DumpReader } from '../decode/thread-dump/reader.js';
import { LineSplitter } from '../decode/thread-dump/text.js';
import type { ThreadDump } from '../model/thread-dump.js';
import { meterOf, type ReadingProgress } from './reading-meter.js';

/** Pieces this small are memory that V8 and the processor have at hand, and few of them end within a stack, which is read line by line then. */
const CHUNK = 256 * 1024;

interface Taker {
  push(piece: Uint8Array): void;
  end(): void;
}

/** What is to become of the first piece's form: one document of JSON, a javacore, or the lines of a text. */
function takerFor(first: Uint8Array, emit: (dump: ThreadDump) => void): Taker {
  const beginning = Buffer.from(first.buffer, first.byteOffset, Math.min(first.length, 4096)).toString('utf8');
  const reader = jsonReaderFor(beginning);
  if (reader) {
    const decoder = new TextDecoder();
    return {
      push: (piece) => reader.push(decoder.decode(piece, { stream: true })),
      end: () => {
        const dump = reader.end();
        if (dump) emit(dump);
      },
    };
  }
  if (!isJavacore(beginning)) return textTaker(emit);
  const text = new JavacoreReader(emit);
  const lines = new LineSplitter((line) => text.line(line));
  return takerOf(lines, text);
}

function textTaker(emit: (dump: ThreadDump) => void): Taker {
  const text = new DumpReader(emit);
  const lines = new LineSplitter(
    (line) => text.line(line),
    (frames) => text.run(frames),
  );
  return takerOf(lines, text);
}

function takerOf(lines: LineSplitter, text: Pick<DumpReader, 'end'>): Taker {
  return {
    push: (piece) => lines.push(piece),
    end: () => text.end(lines.end()),
  };
}

/** The dumps of a text that is whole in memory. */
export function dumpsIn(text: Uint8Array): ThreadDump[] {
  const dumps: ThreadDump[] = [];
  const taker = takerFor(text, (dump) => dumps.push(dump));
  taker.push(text);
  taker.end();
  return dumps;
}

/** Hands on each dump; tells how many there were. Throws a UserError where the file can't be read. */
export async function readThreadDumps(
  path: string,
  take: (dump: ThreadDump) => void,
  progress?: ReadingProgress,
): Promise<number> {
  const source = openSource(path, meterOf([path], progress));
  let dumps = 0;
  let taker: Taker | undefined;
  try {
    const piece = new Uint8Array(CHUNK);
    for (let count = await source.read(piece); count > 0; count = await source.read(piece)) {
      const read = piece.subarray(0, count);
      taker ??= takerFor(read, (dump) => {
        dumps += 1;
        take(dump);
      });
      taker.push(read);
    }
    taker?.end();
  } finally {
    await source.close();
  }
  if (source.refusal !== undefined) throw new UserError(`${path} can’t be read (${source.refusal}).`);
  return dumps;
}

/** The last dump of a file. Throws a UserError where it has none. */
export async function lastThreadDump(path: string): Promise<ThreadDump> {
  let last: ThreadDump | undefined;
  await readThreadDumps(path, (dump) => (last = dump));
  if (!last) throw noDump(path);
  return last;
}

/** What is said of a file that holds none. */
export function noDump(path: string): UserError {
  return new UserError(
    `${path} holds no thread dump that is known: jstack, jcmd PID Thread.print and Thread.dump_to_file make some.`,
  );
}
