// The recorded stalls of test/fixtures/stalls: NAME.tar.br is a recording, packed; NAME.json beside it is the truth that its verdict is held
// against, and how it was cut.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

// This file runs as dist/test/support/stalls.js.
export const STALLS = path.join(import.meta.dirname, '../../../test/fixtures/stalls');

/** What was really the matter, and where the recording comes from. */
export interface Truth {
  /** The drill, or the program and what was done to it. */
  readonly of: string;
  readonly seed?: number;
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
  /** Verdicts that are right at first place. */
  readonly verdicts: readonly string[];
  /** Causes that must be named somewhere. */
  readonly named?: readonly string[];
  /** Why it can't be told from this recording: then any verdict that claims nothing wrong for sure will do. */
  readonly notTold?: string;
  /** The part of the original that was kept, ms; the whole where it is absent. */
  readonly window?: readonly [fromMs: number, toMs: number];
}

/** Names of all recorded stalls. */
export function stalls(): string[] {
  return readdirSync(STALLS)
    .filter((name) => name.endsWith('.tar.br'))
    .map((name) => name.slice(0, -'.tar.br'.length))
    .sort();
}

export function truthOf(name: string): Truth {
  const truth: Truth = JSON.parse(readFileSync(path.join(STALLS, `${name}.json`), 'utf8'));
  return truth;
}

function tar(args: readonly string[], input?: Buffer): void {
  const ran = spawnSync('tar', args, input && { input });
  if (ran.status !== 0) throw new Error(`tar ${args.join(' ')}: ${ran.error?.message ?? ran.stderr.toString()}`);
}

/** A folder as one packed file, the same bytes for the same content. */
export function packed(folder: string, quality: number): Buffer {
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--format=ustar'];
  const file = `${folder}.tar`;
  tar([...same, '-C', folder, '-cf', file, '.']);
  const bytes = readFileSync(file);
  rmSync(file);
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

/** Unpacks a recorded stall, or another packed recording, into a folder that it makes. */
export function unpack(name: string, folder: string, from = STALLS): void {
  mkdirSync(folder);
  tar(['-C', folder, '-x'], brotliDecompressSync(readFileSync(path.join(from, `${name}.tar.br`))));
}
