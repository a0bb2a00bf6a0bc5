// `iostat --bursts`: bursts as they come, with who made them where the kernel's events may be read.

import { OpenFiles } from '../capture/files.js';
import type { Culprit } from '../model/bursts.js';
import { burstJson, burstsHead, burstText } from '../present/bursts.js';
import { watchBursts } from '../run/bursts/watch.js';
import { Disks } from '../run/iostat/disks.js';
import { LiveEvents } from '../run/live-events.js';
import { Culprits } from '../run/bursts/culprits.js';
import type { IostatOptions } from '../tools/iostat/options.js';
import { outputWidth, print, toolName, undoFolder, warn } from './context.js';
import { listenForInterrupts } from './interrupts.js';

/** Who it was is asked when the interval is over, and as late as there is no CPU for it, ms. */
const LATE_MS = 10_000;

export async function iostatBursts(options: IostatOptions): Promise<void> {
  const files = new OpenFiles();
  const interrupts = listenForInterrupts();
  const events =
    process.geteuid?.() === 0
      ? new LiveEvents({ tool: toolName(), undoFolder: undoFolder(), stretchMs: options.intervalMs + LATE_MS })
      : undefined;
  try {
    const { intervalMs, count, allDisks, format } = options;
    // Refuses what is not there.
    const { list } = new Disks(files, '', options);
    if (format === 'text') print(burstsHead(intervalMs, outputWidth()));
    const nobodyBecause = events ? events.missing : 'only root may read the kernel’s events, which tell who it was';
    const culprits = events && nobodyBecause === undefined ? new Culprits(events) : undefined;
    await watchBursts({
      disks: allDisks ? null : new Set(list.entries.map(({ name }) => name)),
      intervalMs,
      count,
      files,
      root: '',
      stopped: interrupts.interrupted,
      whoMoved: (device, from, to): Culprit | undefined => culprits?.whoMoved(device, from, to),
      nobodyBecause,
      tell: (event) => print(format === 'text' ? burstText(event, outputWidth()) : burstJson(event)),
    });
  } finally {
    files.closeAll();
    for (const sentence of (await events?.stop()) ?? []) warn(sentence);
    interrupts.release();
  }
}
