// Where nobody is named: which processes have a thread in an uninterruptible sleep, found by a look at all of them every few seconds. Only those are
// then looked at each second. A look at 600 processes costs 10 ms, so a scan every five seconds 0.2 % of a CPU.

import { parsePidStat } from '../../base/procfs/pid-stat.js';
import { listFolder, OpenFiles } from '../../capture/files.js';
import { STALL } from '../../model/thresholds/watch.js';
import { allPids } from '../../capture/process.js';

/** Seconds between two looks at all. */
const EVERY = 5;
/** Looks after which one that was not found waiting again is forgotten. */
const FORGET_AFTER = 3;
const MOST = 16;
/** Looks after which one that waits all along gives its place to one that is newly found: it has been told of, and may never recover. */
const STUCK_AFTER = STALL.longest / 1000 / EVERY;
/** Threads besides each process's first that are looked at in one scan; the others come next time. */
const MOST_THREADS = 600;

interface Found {
  /** Looks until it is forgotten. */
  left: number;
  /** Looks since it was found. */
  looks: number;
}

export class Waiters {
  private readonly files: OpenFiles;
  private readonly root: string;
  /** Those that are looked at, the one known longest first. */
  private readonly found = new Map<number, Found>();
  /** Those that have given up their place, until they wait no more. */
  private readonly displaced = new Map<number, Found>();
  private calls = 0;
  private from = 0;

  constructor(root = '') {
    this.root = root;
    this.files = new OpenFiles(root);
  }

  /** Those that waited of late; to be called once a second. `own` are never among them. */
  look(own: ReadonlySet<number>): number[] {
    if (this.calls % EVERY === 0) this.scan(own);
    this.calls += 1;
    return [...this.found.keys()];
  }

  private scan(own: ReadonlySet<number>): void {
    for (const all of [this.found, this.displaced]) age(all);
    const many: { readonly pid: number; readonly threads: number }[] = [];
    for (const pid of allPids(this.root)) {
      if (own.has(pid)) continue;
      const stat = this.stat(`/proc/${pid}/stat`);
      if (!stat || stat.kernelThread) continue;
      if (stat.state === 'D') this.note(pid);
      else if (stat.threads > 1) many.push({ pid, threads: stat.threads });
    }
    this.scanThreads(many);
  }

  private scanThreads(many: readonly { readonly pid: number; readonly threads: number }[]): void {
    let left = MOST_THREADS;
    for (let step = 0; step < many.length && left > 0; step += 1) {
      const one = many[(this.from + step) % many.length];
      if (!one) continue;
      left -= one.threads;
      for (const thread of listFolder(`${this.root}/proc/${one.pid}/task`))
        if (this.stat(`/proc/${one.pid}/task/${thread}/stat`)?.state === 'D') {
          this.note(one.pid);
          break;
        }
      if (left <= 0) this.from = (this.from + step + 1) % many.length;
    }
  }

  private note(pid: number): void {
    const known = this.found.get(pid) ?? this.displaced.get(pid);
    if (known) {
      known.left = FORGET_AFTER;
      return;
    }
    if (this.found.size === MOST && !this.displaceOne()) return;
    this.found.set(pid, { left: FORGET_AFTER, looks: 0 });
  }

  private displaceOne(): boolean {
    const [longest] = this.found;
    if (!longest || longest[1].looks < STUCK_AFTER) return false;
    this.found.delete(longest[0]);
    this.displaced.set(...longest);
    return true;
  }

  private stat(path: string) {
    try {
      return parsePidStat(this.files.readOnce(path).toString('utf8'));
    } catch {
      // It has ended.
      return undefined;
    }
  }
}

function age(all: Map<number, Found>): void {
  for (const [pid, one] of all) {
    one.looks += 1;
    one.left -= 1;
    if (one.left < 0) all.delete(pid);
  }
}
