// Calls for durability as requests show them: a flush, a write that begins with one (preflush), a write that is durable when it is
// answered (FUA). A process for which the filesystem's journal commits sends none itself; then a commit follows each of its writes.
// Source: Documentation/block/writeback_cache_control.rst; fs/ext4/fsync.c; fs/jbd2/commit.c.

import type { VictimAccount } from '../../model/account.js';
import type { Case } from '../../model/case.js';
import { deviceId, type Topology } from '../machine/topology.js';
import { IntervalList, type Intervals, union } from '../../base/intervals.js';
import { column } from '../machine/time-walk.js';
import { isKernelThread } from '../machine/processes.js';
import { DATA_WRITE, KIND, type Requests } from '../requests/requests.js';
import type { DeviceId } from '../../model/counters.js';
import { DURABLE } from '../../model/thresholds/stalls.js';

export interface DurableRequests {
  /** How often something was made durable for the victim. */
  readonly count: number;
  /** True where a filesystem's journal did it. */
  readonly throughJournal: boolean;
  /** What the victim wrote, the filesystem's metadata left out, bytes. */
  readonly bytes: number;
  /** When its own requests were under way, and those of the journal that commits for it. */
  readonly times: Intervals;
}

/** An F before the direction is a flush, one behind it FUA (kernel/trace/blktrace.c, blk_fill_rwbs). */
const DURABLE_LETTERS = /^(F|WF)/;

/** When flushes and FUA writes were queued on a disk, by the victim and by threads of the kernel, and the victim's bytes. */
function durableBios(input: Case, topology: Topology, threads: ReadonlySet<number>, disk: DeviceId) {
  const { events } = input;
  const table = events?.tables.get('block_bio_queue');
  const letters = events?.strings.values ?? [];
  const isDurable = letters.map((text) => DURABLE_LETTERS.test(text));
  const isData = letters.map((text) => DATA_WRITE.test(text));
  const [dev, rwbs, sectors] = [column(table, 'dev'), column(table, 'rwbs'), column(table, 'nr_sector')];
  let bytes = 0;
  const own: number[] = [];
  const commits: number[] = [];
  for (let row = 0; row < (table?.length ?? 0); row += 1) {
    if (topology.disk(deviceId(dev[row] ?? 0)) !== disk) continue;
    const pid = table?.pid[row] ?? 0;
    const isOwn = threads.has(pid);
    if (isOwn && isData[rwbs[row] ?? 0] === true) bytes += (sectors[row] ?? 0) * 512;
    if (isDurable[rwbs[row] ?? 0] !== true) continue;
    if (isOwn) own.push(table?.t[row] ?? 0);
    else if (isKernelThread(input, pid)) commits.push(table?.t[row] ?? 0);
  }
  return { own, commits, bytes };
}

function livesOf(requests: Requests, isMeant: (row: number) => boolean): Intervals {
  const lives = new IntervalList();
  for (let row = 0; row < requests.length; row += 1)
    if (isMeant(row)) lives.push(requests.queued[row] ?? NaN, requests.completed[row] ?? NaN);
  return union(lives);
}

/** True where a commit lies between most of these writes and their next, and hardly any elsewhere. */
function inStep(rounds: Intervals, commits: readonly number[]): boolean {
  let at = 0;
  let followed = 0;
  for (let round = 0; round + 1 < rounds.length; round += 1) {
    while ((commits[at] ?? Infinity) < (rounds.from[round] ?? 0)) at += 1;
    if ((commits[at] ?? Infinity) < (rounds.from[round + 1] ?? 0)) followed += 1;
  }
  const { inStep: least, mostCommits } = DURABLE;
  return followed > 0 && followed >= least * (rounds.length - 1) && commits.length <= mostCommits * rounds.length;
}

/** What was made durable for the victim on its disk, by the requests alone. */
export function durableRequests(
  input: Case,
  topology: Topology,
  requests: Requests,
  account: VictimAccount,
  disk: DeviceId,
): DurableRequests {
  const isOwn = (row: number) => account.own[row] !== 0;
  const isOwnWrite = (row: number) => isOwn(row) && requests.kind[row] === KIND.write;
  const { own, commits, bytes } = durableBios(input, topology, account.threads, disk);
  const mine = livesOf(requests, isOwn);
  const rounds = livesOf(requests, isOwnWrite);
  if (own.length >= DURABLE.ownCalls * rounds.length || !inStep(rounds, commits))
    return { count: own.length, throughJournal: false, bytes, times: mine };
  const index = requests.disks.indexOf(disk);
  const journal = livesOf(
    requests,
    (row) => requests.disk[row] === index && isKernelThread(input, requests.pid[row] ?? 0),
  );
  return { count: rounds.length, throughJournal: true, bytes, times: union([...mine, ...journal]) };
}
