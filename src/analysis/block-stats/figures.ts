// What the meter has counted → the figures that are shown.

import {
  KINDS,
  type BlockStats,
  type DeviceStats,
  type KindStats,
  type ProcessStats,
} from '../../model/block-stats.js';
import { KIND } from '../requests/requests.js';
import type { DeviceMeter } from './device.js';
import type { BlockMeter } from './meter.js';
import type { Arrivals, Scope } from './scopes.js';

/** What is told about the events from outside; undefined where it is not known. */
export interface Names {
  readonly device: (id: string) => string | undefined;
  readonly process: (pid: number) => string | undefined;
}

export type Figures = Pick<BlockStats, 'overall' | 'devices' | 'processes' | 'slowest'>;

const bytesOf = (scopes: readonly Scope[], kind: number) =>
  scopes.reduce((sum, scope) => (scope.kind === kind ? sum + scope.sectors * 512 : sum), 0);

export function figuresOf(meter: BlockMeter, names: Names): Figures {
  const { scopes, devices } = meter;
  const unfinished = meter.finish();
  const byDisk = devices.map((): Scope[] => []);
  for (const scope of scopes.list) byDisk[scope.disk]?.push(scope);
  const own = (device: DeviceMeter) => byDisk[device.index] ?? [];
  const lowest = new Set(devices.filter((device) => device.standsOn.size === 0).map((device) => device.index));
  const name = (pid: number) => names.process(pid) ?? '';
  return {
    overall: scopes.stages(
      scopes.list.filter((scope) => lowest.has(scope.disk)),
      meter.arrivals,
    ),
    devices: devices.map((device) => {
      const alias = names.device(device.id);
      return deviceFigures(meter, device, own(device), {
        ...(alias !== undefined && { name: alias }),
        unfinished: unfinished[device.index] ?? 0,
      });
    }),
    processes: devices.flatMap((device) => processFigures(meter, device, own(device), name)).sort(byBytes),
    slowest: meter.slowest.result((disk) => devices[disk]?.id ?? '', name),
  };
}

function deviceFigures(
  meter: BlockMeter,
  device: DeviceMeter,
  scopes: readonly Scope[],
  rest: Pick<DeviceStats, 'name' | 'unfinished'>,
): DeviceStats {
  const queued = device.queueSeeks.result();
  const dispatched = device.dispatchSeeks.result();
  const lived = device.lastNs - device.firstNs;
  const plug = device.plugs.result(lived, device.lastNs);
  const { requestSectors } = device;
  return {
    device: device.id,
    standsOn: [...device.standsOn],
    stages: meter.scopes.stages(scopes, device.arrivals),
    kinds: kindFigures(meter, scopes),
    bios: device.bios,
    merges: { back: device.backMerges, front: device.frontMerges },
    splits: device.splits,
    dispatches: device.dispatches,
    requeues: device.requeues,
    errors: device.errors,
    ...(requestSectors && { requestSectors }),
    seeks: { ...(queued && { queued }), ...(dispatched && { dispatched }) },
    ...(plug && { plug }),
    activeAtQueue: device.activeAtQueue,
    busy: device.busy.result(lived),
    activity: { queue: device.queueActivity.periods, complete: device.completeActivity.periods },
    // Made when it is asked for: it is long, and only a few are ever shown.
    get series() {
      return device.series;
    },
    ...rest,
  };
}

/** Scopes that share what `key` says, each group with the arrivals that they share. */
function grouped(
  scopes: readonly Scope[],
  key: (scope: Scope) => number,
  arrivalsOf: (scope: Scope) => Arrivals,
): { readonly key: number; readonly scopes: readonly Scope[]; readonly arrivals: Arrivals }[] {
  const groups = new Map<number, { key: number; scopes: Scope[]; arrivals: Arrivals }>();
  for (const scope of scopes) {
    const group = groups.get(key(scope));
    if (group) group.scopes.push(scope);
    else groups.set(key(scope), { key: key(scope), scopes: [scope], arrivals: arrivalsOf(scope) });
  }
  return [...groups.values()];
}

function kindFigures(meter: BlockMeter, scopes: readonly Scope[]): KindStats[] {
  return grouped(
    scopes,
    (scope) => scope.kind,
    (scope) => scope.arrivalsOfKind,
  )
    .sort((a, b) => a.key - b.key)
    .map((group) => ({
      kind: KINDS[group.key] ?? 'other',
      requests: group.scopes.reduce((sum, scope) => sum + scope.requests, 0),
      bytes: bytesOf(group.scopes, group.key),
      stages: meter.scopes.stages(group.scopes, group.arrivals),
    }));
}

function processFigures(
  meter: BlockMeter,
  device: DeviceMeter,
  scopes: readonly Scope[],
  name: (pid: number) => string,
): ProcessStats[] {
  return grouped(
    scopes,
    (scope) => scope.pid,
    (scope) => scope.arrivalsOfProcess,
  ).map((group) => ({
    pid: group.key,
    name: name(group.key),
    device: device.id,
    bios: group.scopes.reduce((sum, scope) => sum + scope.bios, 0),
    merged: group.scopes.reduce((sum, scope) => sum + scope.merged, 0),
    readBytes: bytesOf(group.scopes, KIND.read),
    writeBytes: bytesOf(group.scopes, KIND.write),
    flushes: group.scopes.reduce((sum, scope) => (scope.kind === KIND.flush ? sum + scope.requests : sum), 0),
    discardBytes: bytesOf(group.scopes, KIND.discard),
    stages: meter.scopes.stages(group.scopes, group.arrivals),
  }));
}

function byBytes(a: ProcessStats, b: ProcessStats): number {
  return b.readBytes + b.writeBytes - (a.readBytes + a.writeBytes) || b.bios - a.bios;
}
