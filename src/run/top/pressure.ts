// Who makes up the I/O pressure, in a sentence. The kernel counts a thread that waits for completions of an io_uring as one that waits for I/O,
// whatever it waits for (a timer, a socket): pressure and iowait are high then, and nobody is held up.
// Source: io_uring/io_uring.c (io_cqring_schedule); kernel/sched/psi.c (in_iowait).

import { listFolder, type OpenFiles, readText } from '../../capture/files.js';
import type { TopDevice, TopMachine } from '../../model/top.js';
import { isRing, type Waiter } from './waits.js';

/** Below this share there is no pressure to speak of, and a device is idle. */
const LEAST = 0.05;
/** All threads are looked at for rings once in so many samples, and so many of them. */
const SWEEP_EVERY = 5;
const MOST_SWEPT = 3000;
const MOST_NAMED = 3;

interface Rings {
  readonly found: number;
  /** False where there are more threads than were looked at. */
  readonly areAll: boolean;
}

export class PressureSource {
  private readonly files: OpenFiles;
  private readonly root: string;
  private rings: Rings = { found: 0, areAll: true };
  private samples = 0;
  private sweptAt = -Infinity;

  constructor(files: OpenFiles, root = '') {
    this.files = files;
    this.root = root;
  }

  /** `waiting` are those seen in a wait; `pids` are all that live; so many processes are in state D and not among `waiting`. */
  tell(
    machine: Pick<TopMachine, 'pressure' | 'ioWait'>,
    waiting: readonly (Waiter & { readonly command: string })[],
    devices: readonly Pick<TopDevice, 'busy' | 'name'>[],
    pids: Iterable<number>,
    unknown: number,
  ): string | null {
    this.samples += 1;
    const high = Math.max(machine.pressure.io?.some ?? 0, machine.ioWait ?? 0);
    if (high < LEAST) return null;
    const others = waiting.filter(({ wchan }) => !isRing(wchan));
    const blocked =
      unknown > 0 ? [`${unknown} in D that may not be looked at, or wait for something that is not known`] : [];
    if (others.length > 0) return [namesOf(others), ...blocked].join(', and ');
    if (this.samples - this.sweptAt >= SWEEP_EVERY) {
      this.sweptAt = this.samples;
      this.rings = this.countRings(pids);
    }
    const { found, areAll } = this.rings;
    const number = `${areAll ? '' : 'at least '}${found}`;
    const threads = `${number} ${found === 1 ? 'thread waits' : 'threads wait'} for completions of io_uring`;
    if (blocked.length > 0) return [...blocked, ...(found > 0 ? [threads] : [])].join(', and ');
    if (found === 0)
      return areAll
        ? 'waits that had ended when processes were looked at'
        : `nobody among the ${MOST_SWEPT} threads that were looked at`;
    const busy = devices.filter((device) => device.busy >= LEAST);
    if (busy.length > 0) return `io_uring: ${threads}, and ${busy.map(({ name }) => name).join(', ')} has work`;
    return `nobody: it is io_uring’s accounting (${threads}, and no device has work)`;
  }

  private countRings(pids: Iterable<number>): Rings {
    let found = 0;
    let swept = 0;
    for (const pid of pids) {
      for (const thread of listFolder(`${this.root}/proc/${pid}/task`)) {
        if (swept++ === MOST_SWEPT) return { found, areAll: false };
        if (isRing(readText(this.files, `/proc/${pid}/task/${thread}/wchan`) ?? '')) found += 1;
      }
    }
    return { found, areAll: true };
  }
}

function namesOf(waiting: readonly (Waiter & { readonly command: string })[]): string {
  const counts = new Map<string, number>();
  for (const { command } of waiting) counts.set(command, (counts.get(command) ?? 0) + 1);
  const all = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => (count > 1 ? `${name} (${count})` : name));
  const more = all.length - MOST_NAMED;
  return `${all.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
