// A plan for this machine, commented, from what stands on it: the volume of a folder, its disk, and the daemons that write. It is a beginning to be edited:
// an arm for each of the busiest daemons, one for the dirty limit, and the machine as it is.

import { totalmem } from 'node:os';
import { unitOfCgroup } from '../../analysis/machine/units.js';
import { binary } from '../../base/format.js';
import { parseMembership } from '../../base/procfs/cgroups.js';
import { parsePidIo } from '../../base/procfs/pid-io.js';
import { isDaemon } from '../../base/procfs/pid-stat.js';
import { ancestorsOf } from '../../capture/family.js';
import { readWhole } from '../../capture/files.js';
import { checkDirectory } from '../../lab/probe.js';
import { allPids, statOf } from '../../capture/process.js';

/** Daemons that become arms. */
const MOST_ARMS = 4;
/** A snapshot as large as memory is what the page cache can't swallow, and no more than this part of what is free. */
const OF_FREE = 0.25;
const MIB = 1024 ** 2;

interface Daemon {
  readonly name: string;
  /** Where systemd runs it. */
  readonly unit?: string;
  readonly written: number;
}

function daemonOf(pid: number): Daemon[] {
  const stat = statOf(pid);
  const io = parsePidIo(readWhole(`/proc/${pid}/io`) ?? '');
  if (!stat || !isDaemon(stat) || stat.pid === 1 || !io || io.writeBytes === 0) return [];
  const unit = [...parseMembership(readWhole(`/proc/${pid}/cgroup`) ?? '').values()]
    .map(unitOfCgroup)
    .find((one) => one?.endsWith('.service') === true);
  return [{ name: stat.comm, written: io.writeBytes, ...(unit !== undefined && { unit }) }];
}

/** Those that have written most since they began, each once. */
function daemons(): Daemon[] {
  const all = allPids()
    .flatMap(daemonOf)
    .sort((a, b) => b.written - a.written);
  // What has started this program can't be stopped.
  const above = new Set(ancestorsOf(process.pid).map((pid) => statOf(pid)?.comm));
  const isFirst = ({ name }: Daemon, at: number) => all.findIndex((one) => one.name === name) === at;
  return all
    .filter(({ name }) => !above.has(name))
    .filter(isFirst)
    .slice(0, MOST_ARMS);
}

/** A name that a plan takes as it is. */
const PLAIN = /^[\w][\w .,+-]{0,40}$/;

function armOf({ name, unit, written }: Daemon): string {
  const change = unit === undefined ? `stop-process: ${JSON.stringify(name)}` : `stop-service: ${JSON.stringify(unit)}`;
  return `  - name: without ${PLAIN.test(name) ? name : 'a daemon'}    # has written ${binary(written)} since it began
    changes:
      - ${change}`;
}

/** Throws a UserError where the folder lies on no disk. */
export function planFor(folder: string): string {
  const { mountPoint, fsType, freeBytes } = checkDirectory(folder);
  const size = Math.max(16, Math.floor(Math.min(totalmem(), freeBytes * OF_FREE) / MIB));
  return `# A plan for this machine: what writes on ${mountPoint} (${fsType}) is measured again and again, with one thing changed at a time.
# iowitness experiment THIS_FILE --dry-run says what would be run and changed. docs/experiment.md tells every property.
volume: ${JSON.stringify(folder)}

# One of: snapshot, dd, command, fio.
workload:
  # As a database does it: a file written whole every so often, while readers take the same lock.
  snapshot: { size: ${size}M, every: 5m }
  # dd: if=/dev/zero of=${folder}/iowitness.dd bs=512 count=20000000 conv=fsync
  # command: …

# Memory that is taken from everybody else meanwhile.
# pressure: { memory: 90% }

# The first arm is what the others are held against.
arms:
  - name: as it is
${daemons().map(armOf).join('\n')}
  - name: dirty limit of 256M
    changes:
      - sysctl: { name: vm.dirty_bytes, value: ${256 * MIB} }
  # - name: bigger volume
  #   changes:
  #     - by-hand: attach the volume of 16,000 IOPS at ${mountPoint}

# Runs of each arm; their order is drawn from the seed.
repeats: 12
seed: 1
# How long a run may take, and whether it ends as soon as throughput has fallen for good.
run: 4h
stop: degraded
warm-up: 1m
# Whether to end as soon as every arm is told.
sequential: true`;
}
