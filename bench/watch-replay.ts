// Recorded stalls and healthy loads (test/fixtures/stalls), second by second, through what a watch judges and triggers by: which are noticed, how soon, and
// which of those that are none. What a recording holds stands in for the kernel: its samples in between are the closer looks at a thread that waits, and the
// bytes of its process those of the thread. What is usual for a thread no recording is long enough to tell (bench/watch-drills.ts has that). No verdict is
// made: the tests of the recorded stalls hold those. Prints a line each and the sums; results go into bench/results/watch.md.
//
//   node scripts/build.mjs --all && node dist/bench/watch-replay.js [PART_OF_A_NAME...]

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SOURCE, type Reading } from '../src/model/recording.js';
import { openRecording } from '../src/recording/reader.js';
import { parseDiskstats } from '../src/base/procfs/diskstats.js';
import { LOOK_MS, LossJudge } from '../src/run/watch/judge.js';
import { losersOf } from '../src/run/watch/losers.js';
import { StallTrigger } from '../src/run/watch/trigger.js';
import { stalls, truthOf, unpack } from '../test/support/stalls.js';

const SECOND_NS = 1e9;
const LOOKS = SECOND_NS / (LOOK_MS * 1e6);
const OF_PROCESS = /^\/proc\/(\d+)(?:\/task\/(\d+))?\/(stat|schedstat|wchan|io)$/;
const OF_MACHINE = ['/proc/pressure/memory', '/proc/diskstats'];
/** As disks of these recordings name their partitions. */
const PARTITION = /^(nvme\d+n\d+p|[sv]d[a-z]+)\d+$/;

/** A recording as a folder like /proc that stands at one moment. */
class Replay {
  private readonly root: string;
  private readonly judge: LossJudge;
  private readonly trigger = new StallTrigger(true);
  private readonly victims = new Set<number>();
  /** The last text of each file of a watched process. */
  private readonly now = new Map<string, Reading>();
  private mounts = '';

  constructor(root: string) {
    this.root = root;
    this.judge = new LossJudge(true, root);
    mkdirSync(path.join(root, 'proc'), { recursive: true });
  }

  /** After how many seconds a stall is noticed; undefined where none is. */
  noticed(readings: readonly Reading[]): number | undefined {
    let next = 0;
    const begunNs = readings[0]?.atNs ?? 0;
    const endNs = readings.at(-1)?.atNs ?? 0;
    for (let atNs = begunNs; atNs <= endNs; atNs += SECOND_NS) {
      next = this.takeUntil(readings, next, atNs);
      for (const { path: file, text } of this.now.values()) this.judge.take(file, text);
      this.writeThreads();
      if (this.trigger.step(atNs / 1e6, losersOf(this.judge, atNs / 1e6, true))?.kind === 'begins')
        return (atNs - begunNs) / SECOND_NS;
      for (let look = 1; look < LOOKS && this.judge.hasWaiting; look += 1) {
        next = this.takeUntil(readings, next, atNs + (look * SECOND_NS) / LOOKS);
        this.writeThreads();
        this.judge.look();
      }
    }
    return undefined;
  }

  private takeUntil(readings: readonly Reading[], from: number, atNs: number): number {
    let at = from;
    for (; at < readings.length; at += 1) {
      const reading = readings[at];
      if (!reading || reading.atNs > atNs) break;
      if (reading.failed) continue;
      if (reading.path === SOURCE.victim) this.victims.add(Number(JSON.parse(reading.text).pid));
      const pid = Number(OF_PROCESS.exec(reading.path)?.[1]);
      if (this.victims.has(pid) || OF_MACHINE.includes(reading.path)) this.now.set(reading.path, reading);
      if (reading.path === '/proc/diskstats') this.makeDisks(reading.text);
      if (reading.path === '/proc/self/mountinfo') this.mounts = reading.text;
    }
    return at;
  }

  private makeDisks(text: string): void {
    for (const { name } of parseDiskstats(text))
      if (!PARTITION.test(name)) mkdirSync(path.join(this.root, 'sys/block', name), { recursive: true });
  }

  private writeThreads(): void {
    writeFileSync(path.join(this.root, 'proc/diskstats'), this.now.get('/proc/diskstats')?.text ?? '');
    for (const pid of this.victims) {
      const folder = path.join(this.root, 'proc', String(pid));
      mkdirSync(folder, { recursive: true });
      // Which of its files lie where is not on the tape: where a server's filesystem is mounted, it may be there.
      writeFileSync(path.join(folder, 'mountinfo'), this.mounts);
    }
    for (const { path: file, text } of this.now.values()) {
      const [, pid, thread = pid, name] = OF_PROCESS.exec(file) ?? [];
      if (pid === undefined || name === 'schedstat') continue;
      const threads = name === 'io' ? this.threadsOf(pid) : [thread ?? pid];
      for (const one of threads) {
        const folder = path.join(this.root, 'proc', pid, 'task', one);
        mkdirSync(folder, { recursive: true });
        writeFileSync(path.join(folder, name ?? ''), text);
      }
    }
  }

  private threadsOf(pid: string): Set<string> {
    const threads = [...this.now.keys()].flatMap((file) => {
      const [, owner, thread] = OF_PROCESS.exec(file) ?? [];
      return owner === pid && thread !== undefined ? [thread] : [];
    });
    return new Set([pid, ...threads]);
  }
}

const asked = process.argv.slice(2);
const sums = { stalls: 0, noticed: 0, healthy: 0, false: 0 };
for (const name of stalls().filter((one) => asked.length === 0 || asked.some((part) => one.includes(part)))) {
  const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-replay-'));
  try {
    const place = path.join(folder, `${name}.iow`);
    unpack(name, place);
    const recording = openRecording(place);
    const readings = [...recording.readings()];
    const seconds = ((readings.at(-1)?.atNs ?? 0) - (readings[0]?.atNs ?? 0)) / SECOND_NS;
    const isHealthy = truthOf(name).verdicts.every((one) => one === 'healthy' || one === 'app.idle');
    const noticed = new Replay(path.join(folder, 'root')).noticed(readings);
    sums[isHealthy ? 'healthy' : 'stalls'] += 1;
    if (noticed !== undefined) sums[isHealthy ? 'false' : 'noticed'] += 1;
    const when = noticed === undefined ? 'not noticed' : `noticed after ${noticed} s`;
    console.log(`${name}: ${isHealthy ? 'healthy' : 'stall'}, ${seconds.toFixed(0)} s recorded, ${when}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
console.log(JSON.stringify(sums));
