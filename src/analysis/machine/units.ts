// What somebody who runs the machine calls a process: the systemd unit, container or pod that it belongs to, as its cgroup's path tells.
// Names of systemd's cgroups: systemd.unit(5); of containers: docker-ID.scope, libpod-ID.scope, cri-containerd-ID.scope, crio-ID.scope under
// systemd, /docker/ID and /kubepods/…/podUID/ID under cgroupfs (kubelet, pkg/kubelet/cm).

import { remembered } from '../../base/remember.js';
import type { Case } from '../../model/case.js';
import type { RunningProcess } from '../../model/facts.js';

const CONTAINER = /^(?:docker|libpod|cri-containerd|crio|nerdctl)-([0-9a-f]{12})[0-9a-f]*\.scope$/;
const PLAIN_ID = /^([0-9a-f]{12})[0-9a-f]{52}$/;
const POD = /^(?:kubepods(?:-\w+)?-)?pod([0-9a-f]{8})[0-9a-f_-]*(?:\.slice)?$/;
const UNIT = /\.(service|scope|socket|mount|swap)$/;
const MANAGED = /\.(service|scope)$/;
/** systemd writes a character of a unit's name that a path can't hold as \xNN. */
const ESCAPED = /\\x([0-9a-f]{2})/g;

/** 'pod 1a2b3c4d, container 0123456789ab', 'container 0123456789ab', 'postgresql.service'; undefined for a path that tells none. */
export function unitOfCgroup(path: string): string | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  const idOf = (pattern: RegExp) => parts.map((part) => pattern.exec(part)?.[1]).findLast((id) => id !== undefined);
  const container = idOf(CONTAINER) ?? idOf(PLAIN_ID);
  const pod = idOf(POD);
  const told = [pod && `pod ${pod}`, container && `container ${container}`].filter((part) => typeof part === 'string');
  if (told.length > 0) return told.join(', ');
  const unit = parts.findLast((part) => UNIT.test(part));
  return unit?.replace(ESCAPED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** The unit of the system's own manager whose cgroup that is, as `systemctl` takes its name; undefined for any other cgroup. */
export function unitAt(cgroup: string): string | undefined {
  const parts = cgroup.split('/');
  const name = parts.at(-1) ?? '';
  const isUsers = parts.slice(0, -1).some((part) => part.startsWith('user@'));
  return isUsers || !/\.(service|scope|slice)$/.test(name) ? undefined : name;
}

/**
 * The unit of the system's own manager that a process runs in, as `systemctl` takes its name, and the unit's cgroup. What is below it is
 * delegated. Undefined for a user's units, which another manager keeps, and for the first process.
 */
export function managedUnit({
  cgroups,
}: RunningProcess): { readonly name: string; readonly cgroup: string } | undefined {
  const parts = (cgroups.get('name=systemd') ?? cgroups.get('') ?? '').split('/');
  const at = parts.findIndex((part) => MANAGED.test(part));
  const name = parts[at];
  if (name === undefined || name === 'init.scope' || name.startsWith('user@')) return undefined;
  return { name, cgroup: parts.slice(0, at + 1).join('/') };
}

/** The unit, container or pod that a process belongs to; undefined where its cgroups tell none. */
export function unitOfProcess({ cgroups }: RunningProcess): string | undefined {
  // systemd keeps its own hierarchy where the controllers are of version 1.
  const paths = [cgroups.get('name=systemd'), cgroups.get(''), ...cgroups.values()];
  return paths.map((path) => path && unitOfCgroup(path)).find((one) => one !== undefined && one !== '');
}

/** The unit, container or pod of a process, by the last facts that have it; undefined where they tell none. */
export const unitsOf = remembered(
  ({ facts }: Case): ((pid: number | null | undefined) => string | undefined) => {
    const units = new Map<number, string>();
    for (const { processes } of facts)
      for (const process of processes) {
        const unit = unitOfProcess(process);
        if (unit !== undefined) units.set(process.pid, unit);
      }
    return (pid) => (typeof pid === 'number' ? units.get(pid) : undefined);
  },
  () => '',
);
