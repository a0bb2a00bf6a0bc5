// One recording → its facts, by name: how the machine is set (comparison/settings.ts), and what else it is: its kernel as a version, the kernel's parameters,
// the firmware's names, its CPU, what is mounted and which daemons run. What moves by itself is left out, and what was not recorded has no entry.

import { Topology } from '../analysis/machine/topology.js';
import type { Measures } from '../analysis/measures.js';
import { parseKernelVersion, type KernelVersion } from '../base/kernel-version.js';
import { keepsFiles } from '../base/procfs/mountinfo.js';
import { parseKeyValues } from '../base/procfs/key-values.js';
import { machineSettings, settingsOf, type Settings } from '../comparison/settings.js';
import { FactAreaSchema } from '../model/differences.js';
import type { Facts, Mount } from '../model/facts.js';
import { CHANGES } from '../model/thresholds/machine.js';
import { isVolatile } from './volatile.js';

export const AREAS = FactAreaSchema.options;
export type Area = (typeof AREAS)[number];

export interface Fact {
  readonly name: string;
  readonly area: Area;
  readonly value: string;
  /** Of a kernel: it is compared as a version. */
  readonly version?: KernelVersion;
}

/** Facts by name. */
export type FactSet = ReadonlyMap<string, Fact>;

const AREA_OF: readonly (readonly [name: RegExp, area: Area])[] = [
  [/^cloud instance$|^firmware product_name$/, 'instance'],
  [/^kernel$|^kernel parameter |^kernel build$|^lockdown$/, 'kernel'],
  [/^(architecture|cpu|memory|virtualisation|firmware |CPU )/, 'hardware'],
  [/^(operating system|container engine|filesystems of the kernel)/, 'system'],
  [/ limit on the victim: /, 'limit'],
  [/^(filesystem|mount)/, 'filesystem'],
  [/ of (the victim’s disk|the disk (beneath|of ))/, 'disk'],
  [/^daemon /, 'daemon'],
];

function areaOf(name: string): Area {
  return AREA_OF.find(([pattern]) => pattern.test(name))?.[1] ?? 'setting';
}

type Named = readonly [name: string, value: string];

function ofKernel(files: Facts['files']): Named[] {
  const build = /#\d+[^(]*/
    .exec(files.get('/proc/version') ?? '')?.[0]
    .replace(/ Debian \d\S*| \w{3} \w{3} +\d+ .*$| @\d+.*$/g, '')
    .trim();
  const compiler = /\((?:gcc|clang)[^)]*\)|\b(?:gcc|clang) version \S+/.exec(files.get('/proc/version') ?? '')?.[0];
  const parameters = (files.get('/proc/cmdline') ?? '')
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word): Named => {
      const [name = '', ...value] = word.split('=');
      return [`kernel parameter ${name}`, value.length > 0 ? value.join('=') : 'set'];
    });
  return [
    ...(build === undefined ? [] : [['kernel build', build] as const]),
    ...(compiler === undefined ? [] : [['kernel compiler', compiler] as const]),
    ...parameters,
  ];
}

/** Lines of /proc/cpuinfo that don't move with the clock. */
const CPU_LINES = [
  'cpu family',
  'model',
  'stepping',
  'microcode',
  'cache size',
  'CPU implementer',
  'CPU variant',
  'CPU part',
  'CPU revision',
];

function ofHardware(files: Facts['files']): Named[] {
  const firmware = [...files].flatMap(([path, text]): Named[] => {
    const name = /^\/sys\/class\/dmi\/id\/(\w+)$/.exec(path)?.[1];
    return name === undefined || text.trim() === '' ? [] : [[`firmware ${name}`, text.trim()]];
  });
  const info = new Map(
    (files.get('/proc/cpuinfo') ?? '').split('\n').map((line) => {
      const [name = '', value = ''] = line.split(':');
      return [name.trim(), value.trim()] as const;
    }),
  );
  const cpu = CPU_LINES.flatMap((name): Named[] => {
    const value = info.get(name);
    return value === undefined || value === '' ? [] : [[`CPU ${name}`, value]];
  });
  const flags = info.get('flags') ?? info.get('Features');
  const memory = parseKeyValues(files.get('/proc/meminfo') ?? '');
  const huge = ['HugePages_Total', 'Hugepagesize', 'CmaTotal'].flatMap((name): Named[] => {
    const value = memory.get(name);
    return value === undefined ? [] : [[`memory ${name}`, String(value)]];
  });
  return [
    ...firmware,
    ...cpu,
    ...huge,
    ...(flags === undefined ? [] : [['CPU flags', flags.split(' ').sort().join(' ')] as const]),
  ];
}

/** What matters of a disk's queue, whoever uses it. */
const OF_QUEUES = [
  'scheduler',
  'nr_requests',
  'read_ahead_kb',
  'max_sectors_kb',
  'wbt_lat_usec',
  'rotational',
  'write_cache',
  'fua',
];

/** What the page cache may hold for a disk, in parts of what may be dirty in all: a limit of its own holds writers up before an idle disk. */
const OF_BDIS = ['min_ratio', 'max_ratio', 'min_ratio_fine', 'max_ratio_fine', 'strict_limit'];

/** Disks by where they are mounted: names differ between machines, and a recording that was pointed at nobody may be about another disk each time. */
function ofMountedDisks(facts: Facts): Named[] {
  const topology = new Topology(facts, new Map());
  return facts.mounts.filter(isLasting).flatMap(({ mountPoint }) => {
    const id = topology.diskOfPath(mountPoint);
    const disk = id === undefined ? undefined : topology.device(id);
    if (!disk) return [];
    const those = (all: ReadonlyMap<string, string>, names: readonly string[]): Named[] =>
      names.flatMap((name) => {
        const value = all.get(name);
        return value === undefined ? [] : [[`${name} of the disk of ${mountPoint}`, value.trim()]];
      });
    const settings = [...those(disk.queue, OF_QUEUES), ...those(disk.bdi, OF_BDIS)];
    return disk.model === undefined ? settings : [...settings, [`model of the disk of ${mountPoint}`, disk.model]];
  });
}

/** Loop devices come and go with what is tried. */
function isLasting(mount: Mount): boolean {
  return keepsFiles(mount) && !mount.source.startsWith('/dev/loop');
}

/** True where somebody said whom the recording is about: whoever was busiest is somebody else each time, on another disk. */
function isPointed({ account, input }: Measures): boolean {
  const role = input.victims.find(({ pid }) => pid === account?.pid)?.role;
  return role !== undefined && role !== 'busiest';
}

const OF_THE_VICTIM =
  / of (the victim’s (disk|filesystem)|the disk beneath)|^filesystem of the victim$|^mount options of the victim| limit on the victim: /;

function ofSystem({ files, mounts, processes, atMs }: Facts): Named[] {
  const kinds = (files.get('/proc/filesystems') ?? '')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).at(-1) ?? '');
  const mounted = mounts.filter(isLasting).flatMap((mount): Named[] => [
    [`filesystem of ${mount.mountPoint}`, mount.type],
    [`mount options of ${mount.mountPoint}`, mount.options],
  ]);
  // A process that is too young may be a job of the moment.
  const daemons = processes.filter(({ daemon, startedMs }) => daemon && atMs - (startedMs ?? NaN) >= CHANGES.settledMs);
  return [
    ...(files.has('/proc/filesystems') ? [['filesystems of the kernel', kinds.sort().join(' ')] as const] : []),
    ...mounted,
    ...daemons.map(({ comm }): Named => [`daemon ${comm}`, 'runs']),
  ];
}

/** Those of a machine, whoever is its victim. */
export function factsOfMachine(facts: Facts): FactSet {
  return named(facts, new Map(machineSettings(facts)));
}

/** Those of the machine at the recording's end; undefined where the recording holds none. */
export function factsOf(m: Measures): FactSet | undefined {
  const last = m.input.facts.at(-1);
  const settings = settingsOf(m);
  if (!last || !settings) return undefined;
  const isAbout = isPointed(m);
  return named(last, isAbout ? settings : new Map([...settings].filter(([name]) => !OF_THE_VICTIM.test(name))));
}

function named(last: Facts, settings: Settings): FactSet {
  const all: Named[] = [
    ...[...settings].map(([name, { value }]): Named => [name, value]),
    ...ofMountedDisks(last),
    ...ofKernel(last.files),
    ...ofHardware(last.files),
    ...ofSystem(last),
  ];
  const version = parseKernelVersion(last.kernel, last.files.get('/proc/version'));
  const facts = all
    .filter(([name]) => !isVolatile(name))
    .map(([name, value]): [string, Fact] => {
      const isKernel = name === 'kernel' && version !== undefined;
      return [name, { name, area: areaOf(name), value: isKernel ? version.text : value, ...(isKernel && { version }) }];
    });
  return new Map(facts);
}

/** Whether a recording lists facts of an area. */
export function listing(facts: FactSet | undefined): (area: Area) => boolean {
  return (area) => [...(facts?.values() ?? [])].some((one) => one.area === area);
}

/** What a recording or a host that lists others of an area tells of one that is not there. */
export function absentValue(name: string, lists: (area: Area) => boolean): string | undefined {
  if (name.startsWith('daemon ')) return lists('daemon') ? 'does not run' : undefined;
  if (name.startsWith('kernel parameter ')) return lists('kernel') ? 'not set' : undefined;
  if (/^(filesystem|mount options) of \//.test(name)) return lists('filesystem') ? 'not mounted' : undefined;
  return name.includes(' limit on the victim: ') ? 'none' : undefined;
}
