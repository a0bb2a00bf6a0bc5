// The limits that a cgroup's files set, of both versions in one form. 'max', -1 and the kernel's largest number mean none.
// Source: Documentation/admin-guide/cgroup-v1/{blkio-controller,memory,freezer-subsystem}.rst, Documentation/scheduler/sched-bwc.rst,
// Documentation/admin-guide/cgroup-v2.rst.

import { toInteger } from '../../base/procfs/numbers.js';
import type { CgroupLimit } from '../../model/facts.js';
import { parseBlkioThrottle } from './blkio-throttle.js';
import { parseIoStat } from './io-stat.js';

/** A limit without the cgroup and the file that it was read from. */
export type Limit = Omit<CgroupLimit, 'cgroup' | 'file'>;

/** Version 1 memory limits count pages up to LONG_MAX bytes; anything near it is no limit (PAGE_COUNTER_MAX). */
const UNLIMITED_BYTES = 2 ** 60;

/** True for a file whose text parseLimit understands. */
export function isLimitFile(name: string): boolean {
  return PARSERS.has(name);
}

/** The limits in one file; `sibling` gives the text of another file of the same cgroup. */
export function parseLimit(name: string, text: string, sibling: (name: string) => string | undefined): Limit[] {
  return PARSERS.get(name)?.(text.trim(), sibling) ?? [];
}

type Parser = (text: string, sibling: (name: string) => string | undefined) => Limit[];

function throttle(what: string): Parser {
  return (text) => parseBlkioThrottle(text).map(({ device, value }) => ({ kind: 'io', device, what, value }));
}

function ioMax(text: string): Limit[] {
  return parseIoStat(text).flatMap(({ device, values }) =>
    ['rbps', 'wbps', 'riops', 'wiops'].flatMap((what) => {
      const value = values.get(what);
      return value === undefined ? [] : [{ kind: 'io' as const, device, what, value }];
    }),
  );
}

function quota(quotaUs: number | undefined, periodUs: number | undefined): Limit[] {
  if (quotaUs === undefined || periodUs === undefined || quotaUs <= 0 || periodUs <= 0) return [];
  return [{ kind: 'cpu', what: 'quota', value: quotaUs / periodUs }];
}

function cpuMax(text: string): Limit[] {
  const [quotaUs, periodUs] = text.split(/\s+/).map(toInteger);
  return quota(quotaUs, periodUs);
}

function memory(what: 'bytes' | 'high'): Parser {
  return (text) => {
    const value = toInteger(text);
    return value === undefined || value < 0 || value >= UNLIMITED_BYTES ? [] : [{ kind: 'memory', what, value }];
  };
}

function frozen(word: string): Parser {
  return (text) => (text === word ? [{ kind: 'freezer', what: 'frozen', value: 1 }] : []);
}

const PARSERS = new Map<string, Parser>([
  ['blkio.throttle.read_bps_device', throttle('rbps')],
  ['blkio.throttle.write_bps_device', throttle('wbps')],
  ['blkio.throttle.read_iops_device', throttle('riops')],
  ['blkio.throttle.write_iops_device', throttle('wiops')],
  ['io.max', ioMax],
  ['cpu.cfs_quota_us', (text, sibling) => quota(toInteger(text), toInteger(sibling('cpu.cfs_period_us')?.trim()))],
  ['cpu.max', cpuMax],
  ['memory.limit_in_bytes', memory('bytes')],
  ['memory.max', memory('bytes')],
  ['memory.high', memory('high')],
  ['freezer.state', frozen('FROZEN')],
  ['cgroup.freeze', frozen('1')],
]);
