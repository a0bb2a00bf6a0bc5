// Seconds of PostgreSQL as a watch sees them, quiet and in stalls and harmless work that are provoked one after the other, into a file that
// bench/watch-days.ts and test/run/watch/days.test.ts play back (test/fixtures/watch-seconds). Each second has what its activity was named.
//
//   node scripts/build.mjs --all && sudo node dist/bench/watch-seconds.js SERIES FILE [SEED]

import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../src/base/clock.js';
import { DISK_FIELDS, parseDiskstats } from '../src/base/procfs/diskstats.js';
import { parsePidIo } from '../src/base/procfs/pid-io.js';
import { parsePidStat } from '../src/base/procfs/pid-stat.js';
import { parseSchedstat } from '../src/base/procfs/schedstat.js';
import { familyOf } from '../src/capture/family.js';
import { listFolder, readWhole } from '../src/capture/files.js';
import { UndoJournal } from '../src/capture/undo.js';
import { WholeDisks } from '../src/capture/whole-disks.js';
import { parsePressure } from '../src/decode/procfs/pressure.js';
import { Draw } from '../src/lab/draw.js';
import { LOOKS, type DiskSecond, type Second, type Tape, type ThreadSecond } from '../test/support/watch-seconds.js';
import { SERIES, type Provoked } from './watch-days/provoked.js';
import { Site } from './real-stalls/site.js';

const LOOK_MS = 1000 / LOOKS;
const UNDO = '/var/lib/iowitness/undo';

interface Open {
  states: string;
  readonly places: string[];
  readonly begun: { readonly runs: number; readonly cpuWaitNs: number; readonly bytes: number };
}

class Looker {
  private readonly pid: number;
  private readonly disks = new WholeDisks();

  constructor(pid: number) {
    this.pid = pid;
  }

  pids(): number[] {
    return familyOf([this.pid]);
  }

  private threads(): { readonly pid: number; readonly thread: number }[] {
    return this.pids().flatMap((pid) =>
      listFolder(`/proc/${pid}/task`).map((thread) => ({ pid, thread: Number(thread) })),
    );
  }

  /** One second, which begins at `fromMs`. */
  async second(activity: string, fromMs: number): Promise<Second> {
    const threads = this.threads();
    const open = threads.map((one): Open => ({ states: '', places: [], begun: grownOf(one) }));
    const disks = diskLines();
    const inFlight = new Map([...disks.keys()].map((disk) => [disk, [] as number[]]));
    const fullUs = memoryFullUs();
    for (let look = 0; look < LOOKS; look += 1) {
      await pause(Math.max(0, fromMs + look * LOOK_MS - monotonicMs()));
      for (const [index, one] of threads.entries()) lookAt(one, open[index]);
      for (const [disk, values] of diskLines()) inFlight.get(disk)?.push(values[DISK_FIELDS.indexOf('in_flight')] ?? 0);
    }
    await pause(Math.max(0, fromMs + 1000 - monotonicMs()));
    const after = diskLines();
    return {
      activity,
      threads: threads.flatMap((one, index): ThreadSecond[] => {
        const { states = '', places = [], begun } = open[index] ?? {};
        const now = grownOf(one);
        // One that has ended tells nothing of the second.
        const hasSlept = /^[SI]*$/.test(states) && now.runs === begun?.runs;
        if (!begun || hasSlept || now.runs < begun.runs) return [];
        const bytes = now.bytes - begun.bytes;
        return [
          { ...one, states, places, runs: now.runs - begun.runs, cpuWaitNs: now.cpuWaitNs - begun.cpuWaitNs, bytes },
        ];
      }),
      disks: [...after].flatMap(([disk, values]): DiskSecond[] => {
        const grown = values.map((value, field) => value - (disks.get(disk)?.[field] ?? value));
        const looks = inFlight.get(disk) ?? [];
        grown[DISK_FIELDS.indexOf('in_flight')] = 0;
        const isWhole = this.disks.has(disk.split(' ')[1] ?? '');
        return isWhole && (grown.some((one) => one > 0) || looks.some((one) => one > 0))
          ? [{ disk, inFlight: looks, grown }]
          : [];
      }),
      memoryFullUs: memoryFullUs() - fullUs,
    };
  }
}

function lookAt({ pid, thread }: { readonly pid: number; readonly thread: number }, open: Open | undefined): void {
  const folder = `/proc/${pid}/task/${thread}`;
  const state = parsePidStat(readWhole(`${folder}/stat`) ?? '')?.state ?? 'S';
  if (!open) return;
  open.states += state;
  if (state === 'D') open.places.push(readWhole(`${folder}/wchan`)?.trim() ?? '0');
}

function grownOf({ pid, thread }: { readonly pid: number; readonly thread: number }): Open['begun'] {
  const folder = `/proc/${pid}/task/${thread}`;
  const { slices = 0, waitNs = 0 } = parseSchedstat(readWhole(`${folder}/schedstat`) ?? '') ?? {};
  const { readBytes = 0, writeBytes = 0 } = parsePidIo(readWhole(`${folder}/io`) ?? '') ?? {};
  return { runs: slices, cpuWaitNs: waitNs, bytes: readBytes + writeBytes };
}

function diskLines(): Map<string, readonly number[]> {
  return new Map(
    [...parseDiskstats(readWhole('/proc/diskstats') ?? '')].map(({ id, name, values }) => [`${id} ${name}`, values]),
  );
}

function memoryFullUs(): number {
  return parsePressure(readWhole('/proc/pressure/memory') ?? '').full ?? 0;
}

/** Mount number and flags of what a process has open for reading or writing, each once. */
function openOf(pid: number): string[] {
  const all = listFolder(`/proc/${pid}/fdinfo`).flatMap((name) => {
    const text = readWhole(`/proc/${pid}/fdinfo/${name}`) ?? '';
    const [mount, flags] = [/^mnt_id:\s*(\d+)/m.exec(text)?.[1], /^flags:\s*(\d+)/m.exec(text)?.[1]];
    return mount === undefined || flags === undefined ? [] : [`${mount} ${flags}`];
  });
  return [...new Set(all)];
}

async function recorded(provoked: Provoked): Promise<Tape> {
  const looker = new Looker(provoked.pid);
  const seconds: Second[] = [];
  const open = new Map<number, Set<string>>();
  let atMs = monotonicMs();
  const during = async (activity: string, count: number) => {
    for (let second = 0; second < count; second += 1) {
      atMs = Math.max(atMs, monotonicMs() - LOOK_MS);
      const one = await looker.second(activity, atMs);
      if (activity !== '') seconds.push(one);
      atMs += 1000;
    }
    for (const pid of looker.pids())
      for (const line of openOf(pid)) open.set(pid, new Set([...(open.get(pid) ?? []), line]));
  };
  await during('quiet', provoked.quietSeconds);
  for (const { activity, seconds: count, act, undo, settles } of provoked.activities) {
    act();
    await during(activity, count);
    undo();
    await during('', settles);
  }
  const devices = provoked.mounts;
  const mountinfo = (readWhole(`/proc/${provoked.pid}/mountinfo`) ?? '')
    .split('\n')
    .filter((line) => devices.some((device) => line.split(' ')[2] === device) || / \/ \/ /.test(line))
    .join('\n');
  const kept = new Set(mountinfo.split('\n').map((line) => line.split(' ')[0]));
  return {
    mountinfo: `${mountinfo}\n`,
    open: Object.fromEntries(
      [...open].map(([pid, lines]) => [pid, [...lines].filter((line) => kept.has(line.split(' ')[0])).sort()]),
    ),
    disks: new WholeDisks().makingRequests(),
    seconds,
  };
}

const [series = '', file = '', seed = '1'] = process.argv.slice(2);
const make = SERIES[series];
if (!make || file === '') throw new Error(`usage: watch-seconds.js ${Object.keys(SERIES).join('|')} FILE [SEED]`);
const folder = mkdtempSync('/var/tmp/iowitness-bench-');
// A server runs as a user of its own.
chmodSync(folder, 0o755);
const journal = UndoJournal.open(UNDO);
journal.plan([{ kind: 'remove-tree', path: folder }]);
const site = new Site(path.resolve(folder), journal, new Draw(Number(seed)));
try {
  const provoked = await make(site);
  const tape = await recorded(provoked);
  writeFileSync(file, `${JSON.stringify(tape)}\n`);
  console.log(JSON.stringify({ series, seconds: tape.seconds.length, load: loadavg()[0] }));
} finally {
  site.journalChildren();
  await site.end();
  for (const sentence of journal.undoAll()) console.error(sentence);
}
