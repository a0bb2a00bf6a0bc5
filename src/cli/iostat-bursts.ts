// `iostat --bursts`: bursts as they come, with who made them where the kernel's events may be read.

import { BIN_MS } from '../analysis/requests/live-bursts.js';
import { monotonicNs } from '../base/clock.js';
import { waiting } from '../base/waiting.js';
import { OpenFiles } from '../capture/files.js';
import { UndoJournal } from '../capture/undo.js';
import { burstJson, burstsHead, burstText } from '../present/bursts.js';
import { Culprits } from '../run/bursts/culprits.js';
import { DiskSamples } from '../run/bursts/disk-samples.js';
import { EventLooks, type EventLooksOptions } from '../run/bursts/event-looks.js';
import { CounterLooks, type Looks } from '../run/bursts/looks.js';
import { watchBursts } from '../run/bursts/watch.js';
import { Disks } from '../run/iostat/disks.js';
import { LiveOwners } from '../run/owners/live-owners.js';
import type { IostatOptions } from '../tools/iostat/options.js';
import { outputWidth, print, undoFolder, warn } from './context.js';
import { listenForInterrupts } from './interrupts.js';

/** Who it was is asked when the interval is over, and as late as there is no CPU for it, ms. */
const LATE_MS = 10_000;
/** Open files are noted this often, ms: a burst's file may be open for little longer than that. */
const FILES_EVERY_MS = 1000;

export async function iostatBursts(options: IostatOptions): Promise<void> {
  const { intervalMs, count, allDisks, format } = options;
  const files = new OpenFiles();
  const journal = UndoJournal.open(undoFolder());
  const startNs = monotonicNs();
  const interrupts = listenForInterrupts();
  let owners: LiveOwners | string = 'not asked';
  try {
    // Refuses what is not there.
    const { list } = new Disks(files, '', options);
    const wanted = allDisks ? null : new Set(list.entries.map(({ name }) => name));
    owners = LiveOwners.open({
      journal,
      files,
      startNs,
      binMs: BIN_MS,
      filesEveryMs: FILES_EVERY_MS,
      ...(wanted && { disks: wanted }),
    });
    const culprits = typeof owners === 'string' ? undefined : new Culprits(owners, 2 * intervalMs + LATE_MS);
    const samples = new DiskSamples(files, '', wanted);
    const looks = looksOf(
      { samples, startNs, culprits, intervalMs, wait: waiting(interrupts.interrupted) },
      () => new DiskSamples(files, '', null),
    );
    const shiftMs = Number(looks.startNs - startNs) / 1e6;
    if (format === 'text') print(burstsHead(intervalMs, outputWidth()));
    await watchBursts({
      intervalMs,
      count,
      looks,
      stopped: interrupts.interrupted,
      whoMoved: (device, from, to) => culprits?.whoMoved(device, from + shiftMs, to + shiftMs),
      nobodyBecause: typeof owners === 'string' ? whyNobody(owners) : undefined,
      tell: (event) => print(format === 'text' ? burstText(event, outputWidth()) : burstJson(event)),
    });
  } finally {
    if (typeof owners === 'object') {
      await owners.settled();
      owners.close();
    }
    files.closeAll();
    for (const sentence of journal.undoAll()) warn(sentence);
    interrupts.release();
  }
}

type LooksOptions = Omit<EventLooksOptions, 'culprits'> & { readonly culprits: Culprits | undefined };

/** A partition's requests are its disk's, so its counters alone tell of it; who moves its disk's bytes is followed beside them then. */
function looksOf(options: LooksOptions, ofAll: () => DiskSamples): Looks {
  const { culprits, samples } = options;
  if (!culprits) return new CounterLooks(samples);
  if (samples.areWhole) return new EventLooks({ ...options, culprits });
  const all = ofAll();
  return new CounterLooks(samples, () => culprits.step(all, () => {}));
}

function whyNobody(why: string): string {
  return process.geteuid?.() === 0
    ? `the kernel’s events can’t be read: ${why}`
    : 'only root may read the kernel’s events, which tell who it was';
}
