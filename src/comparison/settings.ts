// How the machine was set at a recording's end, as far as it matters to the victim, so that it can be held against another machine's: what the
// machine is, the kernel's settings, the victim's disk with what it stands on, its mount, and the limits on its cgroups. Disks are called by their
// place, as their names differ from machine to machine.

import { isMoving, MOST_TEXT } from '../analysis/machine/changes.js';
import type { Measures } from '../analysis/measures.js';
import { limitsOn, mountOfVictim } from '../causes/judge/judgements.js';
import type { SettingDifference } from '../model/comparison.js';
import type { BlockDevice, CgroupLimit, Facts } from '../model/facts.js';

export interface Setting {
  readonly value: string;
  /** The file that says so, where one does. */
  readonly file?: string;
}

/** By what it is a setting of. */
export type Settings = ReadonlyMap<string, Setting>;

const KINDS: readonly CgroupLimit['kind'][] = ['io', 'cpu', 'memory', 'freezer'];

function ofDevice(place: string, device: BlockDevice): [string, Setting][] {
  const all = [
    ...[...device.queue].map(([name, value]) => [name, value, `/sys/block/${device.name}/queue/${name}`] as const),
    ...[...device.bdi].map(([name, value]) => [name, value, `/sys/class/bdi/${device.id}/${name}`] as const),
  ].filter(([, , file]) => !isMoving(file));
  const named = all.map(([name, value, file]): [string, Setting] => [
    `${name} of ${place}`,
    { value: value.trim(), file },
  ]);
  const { model, directIo } = device;
  if (model !== undefined) named.push([`model of ${place}`, { value: model }]);
  if (directIo !== undefined) named.push([`direct I/O of ${place}`, { value: directIo ? 'yes' : 'no' }]);
  return named;
}

function ofDisks({ disk, topology, input }: Measures): [string, Setting][] {
  const devices = input.facts.at(-1)?.devices;
  if (disk === undefined || !devices) return [];
  const named: [string, Setting] = ['the victim’s disk', { value: topology.name(disk) }];
  const disks = [disk, ...topology.beneath(disk)].flatMap((id, level) => {
    const device = devices.get(id);
    const place = level === 0 ? 'the victim’s disk' : `the disk beneath it${level > 1 ? ` (${level})` : ''}`;
    return device ? ofDevice(place, device) : [];
  });
  return [named, ...disks];
}

function ofMount(m: Measures): [string, Setting][] {
  const place = mountOfVictim(m);
  const mount = m.input.facts.at(-1)?.mounts.find(({ mountPoint }) => mountPoint === place);
  return mount
    ? [
        ['filesystem of the victim', { value: mount.type }],
        ['mount options of the victim’s filesystem', { value: mount.options }],
      ]
    : [];
}

/** The lowest of each kind binds. */
function ofLimits(m: Measures): [string, Setting][] {
  const last = m.input.facts.at(-1)?.limits ?? [];
  const isLast = ({ file, value }: CgroupLimit) => last.some((one) => one.file === file && one.value === value);
  const limits = KINDS.flatMap((kind) => limitsOn(m, kind, kind === 'io' ? m.disk : undefined)).filter(isLast);
  const lowestFirst = limits.toSorted((a, b) => b.value - a.value);
  return lowestFirst.map(({ kind, what, value, file }) => [
    `${kind} limit on the victim: ${what}`,
    { value: String(value), file },
  ]);
}

/** What is set for everybody on a machine, and what the machine is. */
export function machineSettings(facts: Facts): [string, Setting][] {
  const files = [...facts.files].flatMap(([path, text]): [string, Setting][] =>
    /^\/proc\/sys\/(?!kernel\/(osrelease|arch)$)|transparent_hugepage/.test(path) && !isMoving(path)
      ? [
          [
            path.startsWith('/proc/sys/') ? path.slice('/proc/sys/'.length).replaceAll('/', '.') : path,
            { value: text.trim(), file: path },
          ],
        ]
      : [],
  );
  return [...files, ...[...facts.summary].map(([label, value]): [string, Setting] => [label.toLowerCase(), { value }])];
}

/** Undefined where the recording holds no settings. */
export function settingsOf(m: Measures): Settings | undefined {
  const facts = m.input.facts.at(-1);
  return facts && new Map([...ofLimits(m), ...ofMount(m), ...ofDisks(m), ...machineSettings(facts)]);
}

/** What differs. A file that one of them lacks may not have been there to read: only a limit that is not there is none. */
export function differencesOf(before: Settings, after: Settings): SettingDifference[] {
  const isTold = (what: string) => / limit on the victim: /.test(what);
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((what) => {
    const [was, is] = [before.get(what)?.value, after.get(what)?.value];
    const isComparable = (was !== undefined && is !== undefined) || isTold(what);
    return isComparable && was !== is
      ? [{ what, before: was?.slice(0, MOST_TEXT) ?? null, after: is?.slice(0, MOST_TEXT) ?? null }]
      : [];
  });
}
