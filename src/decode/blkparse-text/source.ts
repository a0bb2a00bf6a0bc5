// Text of blkparse → a source of records, for whatever reads the files of blktrace. Lines that are cut are counted and told; prose between
// them, mail quoting and blkparse's own figures at the end are not.

import type { Loss } from '../../model/losses.js';
import type { ByteSource } from '../blktrace/source.js';
import { parseLine } from './line.js';
import { RecordEncoder } from './record.js';

const CHUNK = 64 * 1024;
/** A line of blkparse is far shorter: what has no end is no text of it. */
const MOST_LINE = 64 * 1024;

/** Whether bytes at a text's beginning hold a line of blkparse. */
export function holdsBlkparseText(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  return text.split('\n').some((line) => typeof parseLine(line) === 'object');
}

export class TextSource implements ByteSource {
  readonly name: string;
  private readonly text: ByteSource;
  private readonly report: (loss: Loss) => void;
  private readonly encoder = new RecordEncoder();
  private readonly chunk = new Uint8Array(CHUNK);
  private line = '';
  private pending: Buffer = Buffer.alloc(0);
  private unreadable = 0;
  private ended = false;

  /** `report` takes what of the text could not be read, once, at its end. */
  constructor(text: ByteSource, report: (loss: Loss) => void) {
    this.name = text.name;
    this.text = text;
    this.report = report;
  }

  get refusal(): string | undefined {
    return this.text.refusal;
  }

  async read(into: Uint8Array): Promise<number> {
    while (this.pending.length === 0 && !this.ended) await this.more();
    const count = this.pending.copy(into);
    this.pending = this.pending.subarray(count);
    return count;
  }

  private async more(): Promise<void> {
    const count = await this.text.read(this.chunk);
    const lines = (this.line + Buffer.from(this.chunk.buffer, 0, count).toString('latin1')).split('\n');
    this.line = count === 0 ? '' : (lines.pop() ?? '').slice(0, MOST_LINE);
    const records: Buffer[] = [];
    for (const line of lines) {
      const parsed = parseLine(line);
      if (parsed === 'unreadable') this.unreadable += 1;
      else if (parsed !== 'other') records.push(this.encoder.encode(parsed));
    }
    this.pending = Buffer.concat(records);
    if (count > 0) return;
    this.ended = true;
    if (this.unreadable > 0) this.report({ code: 'text-cut', where: this.name, count: this.unreadable });
  }

  async close(): Promise<void> {
    await this.text.close();
  }
}
