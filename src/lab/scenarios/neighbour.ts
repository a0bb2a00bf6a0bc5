// Somebody else's writes on the same volume: steady or in bursts, direct or through the page cache, under a name of its own.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../base/errors.js';
import type { UndoJournal } from '../../capture/undo.js';

export interface NeighbourOptions {
  /** The file to make and write over and over. */
  readonly file: string;
  /** The file's size. */
  readonly fileBytes: number;
  /** What the process calls itself; the kernel keeps 15 characters. */
  readonly name: string;
  readonly direct: boolean;
  readonly blockBytes: number;
  /** Bytes of one burst. */
  readonly burstBytes: number;
  /** From the beginning of a burst to the beginning of the next, ms; 0 for bursts without a pause, which is a steady load. */
  readonly periodMs: number;
  /** Each period is longer or shorter by up to this share; 0 for a clockwork. */
  readonly jitter: number;
  /** Whether each burst ends with an fsync, without which buffered writes wait for the flusher. */
  readonly fsync: boolean;
}

/** One burst as the neighbour saw it; CLOCK_MONOTONIC, ns, decimal strings. */
export interface Burst {
  readonly fromNs: string;
  readonly toNs: string;
}

export interface NeighbourTruth {
  readonly cause: 'dev.neighbour';
  readonly pid: number;
  readonly name: string;
  readonly periodMs: number;
  /** Grows while it runs. */
  readonly bursts: readonly Burst[];
}

export interface Neighbour {
  readonly truth: NeighbourTruth;
  /** Ends it after the block that it is in, and settles when it is gone and its file removed. */
  stop(): Promise<void>;
}

/** Starts a neighbour, which writes at once. */
export function startNeighbour(journal: UndoJournal, options: NeighbourOptions): Neighbour {
  const program = fileURLToPath(new URL('./neighbour-main.js', import.meta.url));
  journal.plan([{ kind: 'remove-file', path: options.file }]);
  const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = new Promise<void>((settle) => child.on('close', () => settle()).on('error', () => settle()));
  if (child.pid === undefined)
    throw new UserError('The neighbour could not be started: the machine refuses another process.');
  const bursts: Burst[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const burst: Burst = JSON.parse(line);
    bursts.push(burst);
  });
  return {
    truth: { cause: 'dev.neighbour', pid: child.pid, name: options.name, periodMs: options.periodMs, bursts },
    stop() {
      child.kill('SIGTERM');
      return gone;
    },
  };
}
