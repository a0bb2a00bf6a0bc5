// The loaded machine: busy CPUs and a disk that somebody else writes to at a bounded rate, on a volume of its own.

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Site } from './site.js';

/** Names of what runs then: where the machine has no CPU left, starvation by them is true. */
export const LOAD_NAMES = ['stress-ng', 'iohog'] as const;

export async function startLoad(site: Site): Promise<void> {
  const { draw } = site;
  const hogs = draw.integer('loadCpus', 1, Math.max(1, Math.round(availableParallelism() * 1.5)));
  site.run('stress-ng', ['--cpu', String(hogs), '--cpu-method', 'int64', '--temp-path', site.folder]);
  const { mountPoint } = site.volume({ bytes: 256 * 1024 * 1024 });
  await site.stage.companion('iohog', {
    does: 'write',
    file: join(mountPoint, 'hog'),
    fileBytes: 128 * 1024 * 1024,
    blockBytes: 256 * 1024,
    direct: true,
    restMs: draw.integer('loadRestMs', 10, 30),
  });
}
