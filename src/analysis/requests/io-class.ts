// The I/O class of each request as it was dispatched, which schedulers go by: idle, best effort or real time. A file of its own because the
// event has it on newer kernels only, and requests are followed without it.
// Source: Documentation/block/ioprio.rst; include/uapi/linux/ioprio.h (IOPRIO_CLASS_SHIFT).

import type { Case } from '../../model/case.js';
import { remembered } from '../../base/remember.js';
import { column } from '../machine/time-walk.js';
import { deviceId, type Topology } from '../machine/topology.js';
import type { Requests } from './requests.js';

/** 0 is for requests whose class is not known: the block layer gives one to each (bio_set_ioprio() in block/blk-mq.c). */
export const IO_CLASS = { unknown: 0, realTime: 1, bestEffort: 2, idle: 3 } as const;

const CLASS_SHIFT = 13;
const CLASSES = 8;

/** By row of the requests. */
export const ioClasses = remembered(
  (requests: Requests, { events }: Case, topology: Topology): Uint8Array => {
    const found = new Uint8Array(requests.length);
    const table = events?.tables.get('block_rq_issue');
    const [dev, ioprio] = [column(table, 'dev'), column(table, 'ioprio')];
    if (!table || !ioprio || ioprio.length === 0) return found;
    // Of two that a disk got at one time either may be meant: times are nanoseconds.
    const byTime = new Map<number, number>();
    for (let row = 0; row < table.length; row += 1) byTime.set(table.t[row] ?? NaN, row);
    requests.dispatched.forEach((t, row) => {
      const at = byTime.get(t);
      if (at === undefined || topology.disk(deviceId(dev[at] ?? 0)) !== requests.disks[requests.disk[row] ?? 0]) return;
      found[row] = ((ioprio[at] ?? 0) >> CLASS_SHIFT) % CLASSES;
    });
    return found;
  },
  () => '',
);
