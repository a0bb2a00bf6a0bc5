// The dirty limit itself is too low: writers are paused although the device could take more.
// Told from back-pressure by the device, which idles during the pauses, and by a limit far under what memory allows.
// Source: mm/page-writeback.c; Documentation/admin-guide/sysctl/vm.rst; Documentation/ABI/testing/sysfs-class-bdi.

import { isDevice } from '../analysis/attribution/inodes.js';
import type { Measures } from '../analysis/measures.js';
import { dirtyableBytes, fillers, totalBytes, vmstatDirtyLimit, type Filler } from '../analysis/victim/pauses.js';
import { binary, percent } from '../base/format.js';
import type { DeviceId } from '../model/counters.js';
import type { Advice, Culprit } from '../model/diagnosis.js';
import type { Facts } from '../model/facts.js';
import { memory, number, part, said, time } from '../model/quantity.js';
import { defineCause, holds, ramp, ruledOut, type Argument } from './cause.js';
import { advise, change } from './judge/advice.js';
import { FIDELITY } from './judge/fidelity.js';
import { heldWriteback } from './judge/limit-reached.js';
import type { Given } from './judge/needs.js';
import { diskName } from './judge/judgements.js';
import { findThrottled, throttleEvidence } from './judge/throttled.js';
import { DEVICE_JUDGING } from '../model/thresholds/judging.js';
import { DIRTY_LIMIT } from '../model/thresholds/memory.js';

interface LimitInForce {
  readonly bytes: number;
  /** True where no setting makes it, but what memory there is: it is low only where that is little. */
  readonly isOfMemory?: true;
  readonly culprit: Culprit;
  readonly advice: Advice | string;
}

/** A device's own settings, as they were last: a limit may have been set while it was recorded. */
function bdiOf({ input }: Measures, id: DeviceId): ReadonlyMap<string, string> | undefined {
  return input.facts.at(-1)?.devices.get(id)?.bdi;
}

/**
 * True where the pages of the filesystem on a device count for that, and not for the device: its limits do not hold them. Of filesystems on block
 * devices that is so for those that call super_setup_bdi() (fs/btrfs/disk-io.c, fs/bcachefs/fs.c).
 */
function hasOwnBdi({ input, topology }: Measures, id: DeviceId): boolean {
  const mounts = input.facts.at(-1)?.mounts ?? [];
  return mounts.some(
    ({ type, mountPoint }) => /^(btrfs|bcachefs)$/.test(type) && topology.diskOfPath(mountPoint) === id,
  );
}

/** A device's own limit, in bytes: Infinity where only the machine's holds. */
function deviceLimit(m: Measures, id: DeviceId, global: number): number {
  if (hasOwnBdi(m, id)) return Infinity;
  const bdi = bdiOf(m, id);
  const maxBytes = Number(bdi?.get('max_bytes'));
  const maxRatio = Number(bdi?.get('max_ratio'));
  // Newer kernels keep the limit as parts per million and show it as bytes too; the ratio in percent is rounded.
  const limit = Number.isFinite(maxBytes) ? maxBytes : maxRatio < 100 ? (global * maxRatio) / 100 : Infinity;
  const binds = limit < DIRTY_LIMIT.binds * global || (bdi?.get('strict_limit') === '1' && limit < global);
  return binds ? limit : Infinity;
}

/** The setting that makes the limit, and its size: the device's own (bdi) or the machine's (vm.dirty_*), or memory itself. */
function limitInForce(m: Measures, isBeneath: boolean): LimitInForce {
  const told = m.throttle?.limitBytes ?? NaN;
  const global = Number.isFinite(told) ? told : vmstatDirtyLimit(m.input);
  const disks = m.disk === undefined ? [] : [m.disk, ...(isBeneath ? m.topology.beneath(m.disk) : [])];
  const [own] = disks.map((id) => ({ id, limit: deviceLimit(m, id, global) })).toSorted((a, b) => a.limit - b.limit);
  return own && own.limit < Infinity ? limitOfDevice(m, own.id, own.limit) : limitOfMachine(m, global);
}

function limitOfDevice(m: Measures, id: DeviceId, limit: number): LimitInForce {
  const bdi = bdiOf(m, id);
  const name = bdi?.has('max_bytes') === true ? 'max_bytes' : 'max_ratio';
  const strict = bdi?.get('strict_limit') === '1' ? 'strict_limit=1, ' : '';
  return {
    bytes: limit,
    culprit: {
      kind: 'setting',
      name: `${strict}${name}=${bdi?.get(name)?.trim() ?? '?'} of ${m.topology.name(id)}’s bdi`,
      file: `/sys/class/bdi/${id}/${name}`,
    },
    advice: raised(m, id),
  };
}

function limitOfMachine({ input }: Measures, limit: number): LimitInForce {
  const facts = input.facts.at(-1);
  const sysctl = (name: string) => Number(facts?.files.get(`/proc/sys/vm/${name}`)?.trim());
  const setting = (name: string): Culprit => ({
    kind: 'setting',
    name: `vm.${name}=${sysctl(name)}`,
    file: `/proc/sys/vm/${name}`,
  });
  if (sysctl('dirty_bytes') > 0)
    return {
      bytes: limit,
      culprit: setting('dirty_bytes'),
      advice: sharesOfMemory('Put the limit back to a share of memory: ', facts),
    };
  if (sysctl('dirty_ratio') < DIRTY_LIMIT.lowRatio)
    return { bytes: limit, culprit: setting('dirty_ratio'), advice: sharesOfMemory('Raise it: ', facts) };
  return {
    bytes: limit,
    isOfMemory: true,
    culprit: { kind: 'setting', name: 'memory that can be dirty', file: '/proc/meminfo' },
    advice:
      'Free memory that can’t be dirty (tmpfs, shared memory, anonymous pages): the limit is a share of free and file pages.',
  };
}

/** The device's own limit raised to that of the machine. */
function raised(m: Measures, id: DeviceId): Advice {
  const bdi = bdiOf(m, id);
  const folder = `/sys/class/bdi/${id}`;
  const put = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`echo ${value} > ${folder}/${name}`];
  // max_bytes is exact where the kernel has it, and writing it sets max_ratio as well.
  const limit = bdi?.has('max_bytes') === true ? 'max_bytes' : 'max_ratio';
  const undo = [...put(limit, bdi?.get(limit)?.trim()), ...put('strict_limit', bdi?.get('strict_limit')?.trim())];
  return advise`Raise the device’s own limit: ${change(
    [...put('strict_limit', '0'), ...put('max_ratio', '100')].join('; '),
    `the dirty limit of ${m.topology.name(id)}, until it is set again or the machine restarts`,
    `\`${undo.join('; ')}\``,
  )}.`;
}

function sharesOfMemory(words: string, facts: Facts | undefined): Advice {
  const sysctl = (name: string) => facts?.files.get(`/proc/sys/vm/${name}`)?.trim();
  // Writing a limit in bytes sets the one in per cent to 0 and the other way round, so of each pair the one in force is put back.
  const before = ['dirty', 'dirty_background'].map((limit) =>
    Number(sysctl(`${limit}_bytes`)) > 0
      ? `vm.${limit}_bytes=${sysctl(`${limit}_bytes`)}`
      : `vm.${limit}_ratio=${sysctl(`${limit}_ratio`) ?? 'OLD'}`,
  );
  return advise`${words}${change(
    'sysctl -w vm.dirty_ratio=20 vm.dirty_background_ratio=10',
    'the machine’s dirty limits, until they are set again or the machine restarts',
    `\`sysctl -w ${before.join(' ')}\``,
  )}.`;
}

export const cause = defineCause({
  id: 'mem.dirty-limit',
  layer: 'page cache',
  rank: 'verdict',
  proof: 'dirty',
  waits: ['dirty-throttle'],
  needs: ['victim'],
  judge(m) {
    const throttled = findThrottled(m);
    if ('kind' in throttled) return throttled;
    const { share, busy, isBeneath, times } = throttled;
    if (busy >= DEVICE_JUDGING.hadRoom) {
      return ruledOut(
        `the device was busy ${percent(busy)} of the time in which the writer was paused: it is the device that drains slowly`,
      );
    }
    const writeback = heldWriteback(m, times);
    if (writeback)
      return ruledOut(
        `the dirty throttle held it for ${percent(share)} of its time, but what is dirty waits for the I/O limit of cgroup ${writeback.reached.limit.cgroup} on ${diskName(m)}`,
      );
    const limit = limitInForce(m, isBeneath);
    const others = fillerOf(m);
    const isLow =
      limit.isOfMemory !== true || isShareLow(m) || !(limit.bytes >= DIRTY_LIMIT.lowOfTotal * totalBytes(m.input));
    if (!isLow && !others)
      return ruledOut(
        `the dirty throttle held it for ${percent(share)} of its time, but a limit of ${binary(limit.bytes)} is no low one, and nobody was seen to fill it`,
      );
    const dirtyable = dirtyableBytes(m.input);
    const ofMemory = limit.bytes / dirtyable;
    const confidence =
      ramp(busy, { ...DIRTY_LIMIT.sure, to: DEVICE_JUDGING.hadRoom }) *
      FIDELITY[m.account.source].ofDevice *
      (ofMemory < DIRTY_LIMIT.collapsed ? 1 : DIRTY_LIMIT.notCollapsed);
    // What its workers are paused for looks like a slow device from above.
    const before = isBeneath ? ['dev.slow', 'dev.capped', 'fs.journal'] : [];
    return holds({ share, confidence, before, lost: times }, { throttled, limit, isLow, others, dirtyable, ofMemory });
  },
  tell({ throttled, limit, isLow, others, dirtyable, ofMemory }, m) {
    const { share: held, busy, isBeneath } = throttled;
    const what =
      isLow || !others
        ? `is too low (${binary(limit.bytes)}, set by ${limit.culprit.name})`
        : `(${binary(limit.bytes)}) is used up by ${fillOf(m, others)}`;
    return {
      sentence: `The page cache’s dirty limit ${what}: it held ${isBeneath ? `the writer and ${diskName(m)}’s own workers` : 'the writer'} for ${percent(held)} of its time while ${diskName(m)} was ${isBeneath ? 'paused or ' : ''}idle ${percent(1 - busy)} of it; the device is not to blame.`,
      limit: memory(limit.bytes),
      yardstick: {
        measure: 'dirty limit',
        value: said`${memory(limit.bytes)}`,
        against: `${percent(ofMemory)} of the memory that can be dirty; the kernel’s default is 20 %`,
      },
      culprit: isLow || !others ? limit.culprit : fillingCulprit(m, others),
      evidence: [
        ...throttleEvidence(
          throttled,
          m,
          isBeneath
            ? 'its workers were paused like the writer: the device beneath is not to blame'
            : 'the device idled: it is not to blame',
        ),
        {
          measure: 'dirty limit in force',
          value: said`${memory(limit.bytes)} = ${part(ofMemory)} of the memory that can be dirty (${memory(dirtyable)})`,
          meaning:
            ofMemory < DIRTY_LIMIT.collapsed
              ? 'far under what memory allows; the kernel’s default is 20 %'
              : isLow
                ? 'lower than the writer needs'
                : 'no low one: it is full of what others have not written yet',
          source: limit.culprit.file ?? 'balance_dirty_pages',
        },
        ...pausesOf(m),
        ...whoFills(others, m),
      ],
      advice: [
        ...(isLow ? [limit.advice] : []),
        ...(others
          ? [
              `Give ${bdiName(m, others)} a dirty limit of its own (/sys/class/bdi/…/max_ratio, strict_limit), so that it leaves the others theirs.`,
            ]
          : []),
      ],
    };
  },
});

/** True where the device's own share of the limit has collapsed, whatever sets it. */
function isShareLow({ throttle }: Measures): boolean {
  return throttle !== undefined && throttle.deviceSetpointBytes < DIRTY_LIMIT.collapsed * throttle.limitBytes;
}

/** Whoever else fills the limit: a slow stick or a network filesystem keeps its pages dirty, and all others wait with it. */
function fillerOf({ account, input, throttle }: Given<'victim'>): Filler | undefined {
  const [most] = fillers(input, account.threads);
  return most && throttle && most.dirtyBytes >= DIRTY_LIMIT.othersFill * throttle.limitBytes ? most : undefined;
}

function bdiName({ topology }: Measures, { bdi }: Filler): string {
  return isDevice(bdi) ? topology.name(bdi) : bdi;
}

/** 'what cp (123) wrote to loop1', or of the device alone. */
function fillOf(m: Measures, filler: Filler): string {
  const { writer } = filler;
  return writer
    ? `what ${writer.name} (${writer.pid}) wrote to ${bdiName(m, filler)}`
    : `what was written to ${bdiName(m, filler)}`;
}

function fillingCulprit(m: Measures, filler: Filler): Culprit {
  return filler.writer ? { kind: 'process', ...filler.writer } : { kind: 'device', name: bdiName(m, filler) };
}

function whoFills(filler: Filler | undefined, m: Measures): Argument[] {
  if (!filler) return [];
  return [
    {
      measure: 'who fills the limit',
      value: said`${memory(filler.dirtyBytes)} dirty for ${bdiName(m, filler)}${filler.writer ? `, written by ${filler.writer.name} (${filler.writer.pid})` : ''}`,
      meaning: 'the limit is one for all: what others have not written out yet counts towards it',
      source: 'writeback:balance_dirty_pages',
    },
  ];
}

function pausesOf({ throttle }: Measures): Argument[] {
  if (!throttle || throttle.pauses === 0) return [];
  return [
    {
      measure: 'pauses',
      value: said`${number(throttle.pauses)}, ${time(throttle.pausedMs / throttle.pauses)} on average`,
      meaning: `the whole machine had ${binary(throttle.dirtyBytes)} dirty of the ${binary(throttle.limitBytes)} that it may; this device was to stay near ${binary(throttle.deviceSetpointBytes)}`,
      source: 'writeback:balance_dirty_pages',
    },
  ];
}
