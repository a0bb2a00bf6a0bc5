// What the readers of the format ask of a file: bytes at any place, however they are stored. A file of its own, as each way of storing them has one.

import type { Pages } from './pages.js';

export interface HeapBytes {
  /** Bytes of the dump; undefined until the end of what is compressed has been seen. */
  readonly size: number | undefined;
  /** Bytes of the file. */
  readonly fileSize: number;
  readonly isCompressed: boolean;
  /** Which of the dump's bytes were read. */
  readonly pages: Pages;
  /** Why bytes are missing, in the system's words. */
  readonly refusal: string | undefined;
  /** Fills `into` as far as there are bytes; fewer than asked for at the end alone. */
  readAt(into: Uint8Array, at: number): Promise<number>;
  close(): Promise<void>;
}
