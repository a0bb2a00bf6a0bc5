// What the probe of `check` is asked to do, phase by phase: the words that its two processes share.

export interface ProbePhase {
  /**
   * `buffered` writes through the page cache as `dd bs=512` does; `direct` writes around it as `dd oflag=direct bs=4k` does;
   * `fsync` makes every write durable before the next, as a database's log does.
   */
  readonly name: 'buffered' | 'direct' | 'fsync';
  /** The file to make and write from its beginning, in the folder behind FOLDER; it must not exist. It is removed when the phase ends. */
  readonly file: string;
  readonly blockBytes: number;
  /** The phase ends after this time, ms. */
  readonly ms: number;
  /** The file's largest size. There `buffered` ends, and the others go on at the file's beginning. */
  readonly maxBytes: number;
}

/** The name that the probe's process and main thread carry; the kernel keeps 15 characters. */
export const PROBE_NAME = 'iowitness-probe';

/** The last line that the probe says, after all phases. */
export const END_PHASE = 'end';

/** The descriptor at which the probe finds the folder that it writes in. */
export const FOLDER = 3;
