// Who is found to have lost a second, out of a /proc that is made up: a writer in pauses of some ms that still gets something, while the disks are idle, and
// what looks like it and is none.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { LossJudge } from '../../../src/run/watch/judge.js';
import type { LossKind } from '../../../src/run/watch/loss.js';

const PID = 7;
const THREAD = `/proc/${PID}/task/${PID}`;
const MOUNTS = [
  '36 1 254:0 / / rw - ext4 /dev/vda rw',
  '37 36 0:50 / /mnt rw - nfs4 server:/files rw',
  '38 36 0:51 / /sys/fs/fuse/connections rw - fusectl fusectl rw',
  '39 36 253:0 / /data rw - xfs /dev/mapper/data rw',
  '40 36 0:60 / /backup rw - btrfs /dev/vdc rw',
];

const LOCAL = MOUNTS.filter((line) => !line.includes('nfs4'));

interface Machine {
  /** Where the thread sleeps, of ten looks of a second in so many; it runs in the others. */
  readonly wchan: string;
  readonly waits: number;
  /** The letter of its sleep, where signals can end that; and how often it ran in the second. */
  readonly sleeps?: 'D' | 'S';
  readonly runs?: number;
  /** In how many of the looks the disk has a request under way, and how long its requests took in all. */
  readonly atWork?: number;
  readonly requestMs?: number;
  readonly iostats?: '0' | '1';
  readonly mounts?: readonly string[];
  /** The mount of each file that it has open, for writing. */
  readonly open?: readonly number[];
  /** In how many of the looks another disk has a request under way, which makes the disk of mount 39 where `isBelow`. */
  readonly otherAtWork?: number;
  readonly isBelow?: boolean;
}

function put(root: string, file: string, text: string): void {
  mkdirSync(path.dirname(root + file), { recursive: true });
  writeFileSync(root + file, text);
}

function stat(state: string): string {
  return `${PID} (writer) ${state} ${Array.from({ length: 49 }, () => 0).join(' ')}\n`;
}

function diskstats(ticks: number, inFlight: number, others = 0): string {
  return ` 254 16 vdb 100 0 800 0 0 0 0 0 ${others} 0 0\n 253 0 dm-0 100 0 800 0 0 0 0 0 0 0 0\n 254 0 vda 100 0 800 ${ticks} 0 0 0 0 ${inFlight} ${ticks} ${ticks}\n 254 1 vda1 100 0 800 ${ticks} 0 0 0 0 0 ${ticks} ${ticks}\n`;
}

/** What is lost in a second in which the thread ran 300 times and moved 17 MB, unless it ran less: then it moved nothing. */
function lost(machine: Machine): LossKind | undefined {
  const {
    wchan,
    waits,
    sleeps = 'D',
    runs = 300,
    atWork = 0,
    requestMs = 0,
    iostats = '1',
    mounts = LOCAL,
    open = [36],
    otherAtWork = 0,
    isBelow = false,
  } = machine;
  const root = mkdtempSync(path.join(tmpdir(), 'iowitness-judge-'));
  try {
    put(root, '/sys/block/vda/queue/iostats', `${iostats}\n`);
    mkdirSync(`${root}/sys/block/vda/mq`);
    for (const name of ['vdb', 'dm-0']) mkdirSync(`${root}/sys/block/${name}`);
    if (isBelow) put(root, '/sys/dev/block/253:0/slaves/vdb/dev', '254:16\n');
    put(root, `/proc/${PID}/mountinfo`, `${mounts.join('\n')}\n`);
    for (const [fd, id] of open.entries())
      put(root, `/proc/${PID}/fdinfo/${fd}`, `pos:\t0\nflags:\t0100002\nmnt_id:\t${id}\n`);
    const judge = new LossJudge(true, root);
    let written = 0;
    const second = (atMs: number, slices: number, ticks: number) => {
      written += runs < 300 ? 0 : 17e6;
      put(
        root,
        `${THREAD}/io`,
        `rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: ${written}\ncancelled_write_bytes: 0\n`,
      );
      judge.take('/proc/diskstats', diskstats(ticks, 0));
      judge.take(`/proc/${PID}/stat`, stat(sleeps));
      judge.take(`/proc/${PID}/schedstat`, `0 0 ${slices}\n`);
      judge.take(`/proc/${PID}/wchan`, wchan);
      return judge.endSecond(atMs).get(PID);
    };
    second(0, 0, 0);
    for (let look = 1; look < 10; look += 1) {
      put(root, `${THREAD}/stat`, stat(look < waits ? sleeps : 'R'));
      put(root, `${THREAD}/wchan`, wchan);
      put(root, '/proc/diskstats', diskstats(0, look <= atWork ? 1 : 0, look <= otherAtWork ? 1 : 0));
      judge.look();
    }
    const kind = second(1000, runs, requestMs);
    judge.close();
    return kind;
  } finally {
    rmSync(root, { recursive: true });
  }
}

describe('a thread that waits in pauses of some ms and still writes 17 MB', () => {
  test('has lost the second where no disk had anything to do', () => {
    assert.equal(lost({ wchan: 'balance_dirty_pages', waits: 9 }), 'waits');
    assert.equal(lost({ wchan: '__iomap_dio_rw', waits: 9 }), 'waits');
    assert.equal(lost({ wchan: 'balance_dirty_pages', waits: 9, atWork: 3, requestMs: 300 }), 'waits');
  });

  test('has lost nothing where a disk worked meanwhile: the usual throttle of one that writes faster than a disk takes it', () => {
    assert.equal(lost({ wchan: 'balance_dirty_pages', waits: 9, atWork: 9 }), undefined);
    assert.equal(lost({ wchan: 'balance_dirty_pages', waits: 9, requestMs: 5000 }), undefined);
  });

  test('has lost nothing where it waits for less than half of the second', () => {
    assert.equal(lost({ wchan: 'balance_dirty_pages', waits: 4 }), undefined);
  });

  test('has lost nothing where it waits for a lock that another program holds, or for what is no disk', () => {
    assert.equal(lost({ wchan: 'ext4_file_write_iter', waits: 9 }), undefined);
    assert.equal(lost({ wchan: 'request_wait_answer', waits: 9 }), undefined);
    assert.equal(lost({ wchan: 'st_do_scsi', waits: 9 }), undefined);
    assert.equal(lost({ wchan: '0', waits: 9 }), undefined);
  });

  test('is not judged by disks whose counters are switched off', () => {
    assert.equal(lost({ wchan: 'balance_dirty_pages', waits: 9, iostats: '0' }), undefined);
  });

  test('is not judged by this machine’s disks where it has files of a server open', () => {
    assert.equal(lost({ wchan: 'balance_dirty_pages', waits: 9, mounts: MOUNTS, open: [36, 37] }), undefined);
    assert.equal(lost({ wchan: 'balance_dirty_pages', waits: 9, mounts: MOUNTS, open: [] }), undefined);
    assert.equal(lost({ wchan: 'balance_dirty_pages', waits: 9, mounts: MOUNTS, open: [36] }), 'waits');
  });
});

describe('a thread that the dirty throttle pauses while another disk is at work', () => {
  const paused = { wchan: 'balance_dirty_pages', waits: 9, otherAtWork: 9 };

  test('has lost the second where it writes to a disk that has nothing to do', () => {
    assert.equal(lost({ ...paused, open: [36] }), 'waits');
    assert.equal(lost({ ...paused, open: [39] }), 'waits');
  });

  test('has lost nothing where the other lies below, where it writes to both, and where it can’t be told what it writes to', () => {
    assert.equal(lost({ ...paused, open: [39], isBelow: true }), undefined);
    assert.equal(lost({ ...paused, open: [36, 40] }), undefined);
    assert.equal(lost({ ...paused, open: [36], atWork: 9 }), undefined);
  });

  test('has lost nothing that is no pause of the throttle: what it waits for may lie on the other', () => {
    assert.equal(lost({ ...paused, wchan: 'folio_wait_bit' }), undefined);
  });
});

describe('a thread that sleeps so that signals can end it', () => {
  const asleep = { waits: 10, sleeps: 'S', runs: 0 } as const;

  test('has lost the second where a filesystem’s server owes it an answer', () => {
    assert.equal(lost({ ...asleep, wchan: 'request_wait_answer' }), 'waits');
  });

  test('has lost nothing where that answers again and again, nor where it sleeps by its own choice, or serves itself', () => {
    assert.equal(lost({ ...asleep, wchan: 'request_wait_answer', runs: 300 }), undefined);
    for (const wchan of ['do_epoll_wait', 'futex_do_wait', 'fuse_dev_do_read', 'hrtimer_nanosleep', ''])
      assert.equal(lost({ ...asleep, wchan }), undefined, wchan);
  });
});

test('a thread in the freezer is stopped', () => {
  assert.equal(lost({ wchan: '__refrigerator', waits: 9 }), 'stopped');
});

test('one that sleeps without being woken by signals, by its own choice, has lost nothing', () => {
  assert.equal(lost({ wchan: 'wait_for_vfork_done', waits: 9 }), undefined);
});
