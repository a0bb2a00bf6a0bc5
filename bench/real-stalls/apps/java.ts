// A Java service, Convoy.java: request threads that need a lock, and a snapshot that is written under it.

import { join, resolve } from 'node:path';
import type { Site } from '../site.js';

const SOURCE = resolve(import.meta.dirname, '../../../../bench/real-stalls/Convoy.java');

export interface ConvoyOptions {
  readonly megabytes: number;
  readonly threads: number;
  /** Between two snapshots, ms. */
  readonly restMs: number;
  readonly lock: 'reentrant' | 'synchronized' | 'readwrite' | 'none';
}

/** Compiles it and starts it on a file in a folder; its pid is returned. */
export async function startConvoy(site: Site, folder: string, options: ConvoyOptions): Promise<number> {
  await site.complete('javac', ['-d', site.folder, SOURCE]);
  const settings = ['-XX:+UseSerialGC', '-Xmx96m', '-XX:TieredStopAtLevel=1'];
  const { megabytes, threads, restMs, lock } = options;
  const words = [join(folder, 'snapshot'), String(megabytes), String(threads), String(restMs), lock];
  return site.run('java', [...settings, '-cp', site.folder, 'Convoy', ...words]).pid;
}
