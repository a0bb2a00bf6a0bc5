// Loads that are nobody's cause: they run beside a drill to mislead the diagnosis, and cost the victim little.

import { join } from 'node:path';
import type { Stage } from './drill.js';

const MiB = 1024 * 1024;

const DISTRACTORS = {
  /** One process that computes. */
  'cpu-hog': async (stage: Stage) => {
    await stage.companion('encoder', { does: 'compute', ms: 20 });
  },
  /** Direct writes on a volume of their own. */
  'other-device': async (stage: Stage) => {
    const { mountPoint } = stage.volume({ bytes: 96 * MiB });
    const file = join(mountPoint, 'copy');
    await stage.companion('backup', {
      does: 'write',
      file,
      fileBytes: 64 * MiB,
      blockBytes: 256 * 1024,
      direct: true,
      restMs: 4,
    });
  },
  /** Small appends, many a second. */
  logger: async (stage: Stage) => {
    const file = join(stage.elsewhere('log'), 'daemon.log');
    await stage.companion('logd', {
      does: 'write',
      file,
      fileBytes: 4 * MiB,
      blockBytes: 200,
      append: true,
      restMs: 2,
    });
  },
  /** Reads of a file that is in the page cache. */
  'cache-reader': async (stage: Stage) => {
    const file = join(stage.elsewhere('cached'), 'static');
    stage.fill(file, 16 * MiB, true);
    await stage.companion('httpd', {
      does: 'read',
      file,
      fileBytes: 16 * MiB,
      blockBytes: 64 * 1024,
      random: true,
      restMs: 1,
    });
  },
} as const;

export type Distractor = keyof typeof DISTRACTORS;

/** Starts one of them, drawn. */
export async function addDistractor(stage: Stage): Promise<Distractor> {
  const name = stage.draw.pick('distractor', ['cpu-hog', 'other-device', 'logger', 'cache-reader']);
  await DISTRACTORS[name](stage);
  return name;
}
