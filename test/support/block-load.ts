// A made-up block layer that works without a flaw: processes queue bios, some are merged, requests are inserted, dispatched and completed,
// no two at the same place at once. What it writes is what btt and ours must agree on.

import { ACTION, CATEGORY } from '../../src/model/blktrace.js';
import { bigEndian, processRecord, type TraceRecord } from './blktrace.js';
import { numbersFrom } from './blktrace-fuzz.js';

export interface LoadShape {
  readonly seed: number;
  readonly requests: number;
  /** Kernel device numbers. */
  readonly devices: readonly number[];
  /** Of ten requests so many take further bios. */
  readonly merging: number;
  /** Whether requests go through a scheduler (I). */
  readonly scheduler: boolean;
  readonly plugs: boolean;
}

const FIRST_PID = 100;
const KINDS = [CATEGORY.read, CATEGORY.write, CATEGORY.write | CATEGORY.sync] as const;

/** Records of two CPUs, each in order of time. */
export function madeUpLoad({ seed, requests, devices, merging, scheduler, plugs }: LoadShape): TraceRecord[][] {
  const next = numbersFrom(seed);
  const cpus: TraceRecord[][] = [[], []];
  let now = 5_000_000_000n;
  // The kernel numbers by device and CPU.
  const sequences = new Map<string, number>();
  const put = (cpu: number, record: TraceRecord) => {
    now += BigInt(1 + next(next(20) === 0 ? 3_000_000 : 40_000));
    const numbered = `${record.device ?? 0} ${cpu}`;
    const sequence = (sequences.get(numbered) ?? 0) + 1;
    sequences.set(numbered, sequence);
    cpus[cpu]?.push({ ...record, cpu, time: now, sequence });
  };
  for (const cpu of [0, 1]) {
    for (let pid = FIRST_PID; pid < FIRST_PID + 3; pid += 1) {
      cpus[cpu]?.push(processRecord(pid, `writer${pid}`, { cpu, time: now }));
    }
  }
  const pending: (() => void)[] = [];
  for (let made = 0; made < requests; made += 1) {
    const device = devices[next(devices.length)] ?? 0;
    const cpu = next(2);
    const pid = FIRST_PID + next(3);
    const kind = (KINDS[next(KINDS.length)] ?? 0) | CATEGORY.fs;
    const sector = made * 4096 + next(64) * 8;
    const about = { device, pid };
    const at = (from: number, size: number, stage: number): TraceRecord => ({
      ...about,
      sector: BigInt(from),
      size,
      category: kind | stage,
    });
    const size = 4096 * (1 + next(8));
    put(cpu, { ...at(sector, size, CATEGORY.queue), action: ACTION.queue });
    put(cpu, { ...at(sector, size, CATEGORY.queue), action: ACTION.getRequest });
    if (plugs) put(cpu, { ...about, action: ACTION.plug, category: CATEGORY.queue });
    let end = sector + size / 512;
    for (let more = next(10) < merging ? 1 + next(3) : 0; more > 0; more -= 1) {
      const added = 4096 * (1 + next(8));
      put(cpu, { ...at(end, added, CATEGORY.queue), action: ACTION.queue });
      put(cpu, { ...at(end, added, CATEGORY.queue), action: ACTION.backMerge });
      end += added / 512;
    }
    const whole = (end - sector) * 512;
    if (scheduler) put(cpu, { ...at(sector, whole, CATEGORY.queue), action: ACTION.insert });
    if (plugs) {
      const byTimer = next(4) === 0;
      const action = byTimer ? ACTION.unplugTimer : ACTION.unplug;
      put(cpu, { ...about, action, category: CATEGORY.queue, payload: bigEndian([1, 8]) });
    }
    put(cpu, { ...at(sector, whole, CATEGORY.issue), action: ACTION.issue });
    pending.push(() => put(next(2), { ...at(sector, whole, CATEGORY.complete), action: ACTION.complete, pid: 0 }));
    while (pending.length > 0 && (pending.length > 6 || next(3) > 0)) pending.splice(next(pending.length), 1)[0]?.();
  }
  for (const complete of pending) complete();
  return cpus;
}
