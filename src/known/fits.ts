// Known regressions and a machine → those that fit: the kernel's version lies in the range, the machine has what it takes, and, of a recording, its diagnosis
// shows the symptom. A lead and never a verdict.

import type { Measures } from '../analysis/measures.js';
import { compareNumbers, parseKernelVersion, type KernelVersion } from '../base/kernel-version.js';
import { congestionSleeps } from '../causes/judge/congestion-sleeps.js';
import type { Diagnosis } from '../model/diagnosis.js';
import type { Mount } from '../model/facts.js';
import type { Known, KnownFit, KnownRange } from '../model/known.js';

/** What entries ask of a machine. */
export interface Place {
  readonly kernel: KernelVersion;
  readonly mounts: readonly Pick<Mount, 'type' | 'options'>[];
  /** Names of block devices. */
  readonly devices: readonly string[];
}

/** The machine of a recording, at its end; undefined where its kernel’s version is not known. */
export function placeRecorded({ input }: Measures): Place | undefined {
  const facts = input.facts.at(-1);
  const kernel = parseKernelVersion(facts?.kernel || (input.manifest.kernel ?? ''), facts?.files.get('/proc/version'));
  const devices = [...(facts?.devices.values() ?? [])].map(({ name }) => name);
  return kernel && { kernel, mounts: facts?.mounts ?? [], devices };
}

function numbers(version: string): number[] {
  return version.split('.').map(Number);
}

function isIn({ from, before, flavours }: KnownRange, { upstream, flavour }: KernelVersion): boolean {
  if (flavours && !flavours.includes(flavour)) return false;
  if (from !== undefined && compareNumbers(upstream, numbers(from)) < 0) return false;
  return before === undefined || compareNumbers(upstream, numbers(before)) < 0;
}

function hasWhatItTakes({ needs }: Known, { mounts, devices }: Place): boolean {
  const { filesystems, mountOption, cgroupVersion, device } = needs ?? {};
  const ofKind = mounts.filter(
    ({ type }) =>
      filesystems === undefined || filesystems.includes(type) || filesystems.includes(type.split('.')[0] ?? ''),
  );
  if (filesystems !== undefined && ofKind.length === 0) return false;
  if (mountOption !== undefined && !ofKind.some(({ options }) => options.split(',').includes(mountOption)))
    return false;
  if (cgroupVersion === 1 && !mounts.some(({ type, options }) => type === 'cgroup' && options.includes('memory')))
    return false;
  if (cgroupVersion === 2 && !mounts.some(({ type }) => type === 'cgroup2')) return false;
  return device === undefined || devices.some((name) => name.startsWith(device));
}

function shows({ symptom }: Known, m: Measures, { verdict, also }: Diagnosis): boolean {
  if (symptom.signature === 'congestion-sleeps' && congestionSleeps(m) === undefined) return false;
  return [verdict, ...also].some(({ cause }) => symptom.causes.includes(cause));
}

function told({ id, title, what, symptom, advice, sources, unsure }: Known, by: KnownFit['by']): KnownFit {
  return { id, title, what, symptom: symptom.words, advice, sources, unsure: unsure ?? null, by };
}

/** Those that fit, those whose symptom is shown first. */
export function fits(
  all: readonly Known[],
  place: Place,
  recorded?: { readonly m: Measures; readonly diagnosis: Diagnosis },
): KnownFit[] {
  const found = all
    .filter((one) => one.ranges.some((range) => isIn(range, place.kernel)) && hasWhatItTakes(one, place))
    .map((one) => told(one, recorded && shows(one, recorded.m, recorded.diagnosis) ? 'symptom' : 'range'));
  return found.sort(
    (a, b) =>
      Number(a.by === 'range') - Number(b.by === 'range') || Number(a.unsure !== null) - Number(b.unsure !== null),
  );
}

/** What a diagnosis is led to: those of which range and symptom are sure. */
export function leads(all: readonly Known[], m: Measures, diagnosis: Diagnosis): KnownFit[] {
  const place = placeRecorded(m);
  if (!place) return [];
  return fits(all, place, { m, diagnosis }).filter(({ by, unsure }) => by === 'symptom' && unsure === null);
}
