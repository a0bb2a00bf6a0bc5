// What a watch learns of a disk by itself: an hour of quiet seconds becomes the past by which a stall behind it is judged, and seconds that somebody lost
// do not. The disk, its counters and its machine are made up, so that no load and no change of settings here gets into them.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { usualLimit } from '../../../src/analysis/requests/past.js';
import type { DevicePast } from '../../../src/model/past.js';
import { Errands } from '../../../src/run/watch/errand.js';
import { Lessons } from '../../../src/run/watch/lessons.js';
import { FileMachine } from '../../support/machine.js';

const S = 1_000_000_000n;
const DISK = { id: '8:0', name: 'sda' };

function machineWithDisk(): FileMachine {
  const machine = new FileMachine();
  machine.write({
    'proc/sys/kernel/osrelease': '6.1.0\n',
    'sys/block/sda/dev': `${DISK.id}\n`,
    'sys/block/sda/size': '2048000\n',
    'sys/block/sda/wwid': 'naa.5000c5\n',
    'sys/block/sda/queue/scheduler': 'none [mq-deadline]\n',
  });
  return machine;
}

/** /proc/diskstats of each second in which the disk writes 500 blocks of 4 KiB, one at a time, that take so long. */
class Disk {
  private second = 0;
  private writes = 0;
  private ms = 0;

  read(lessons: Lessons, seconds: number, writeMs: number, isLost = false): void {
    const [major, minor] = DISK.id.split(':');
    for (let count = 0; count < seconds; count += 1) {
      const text = `${major} ${minor} ${DISK.name} 0 0 0 0 ${this.writes} 0 ${this.writes * 8} ${this.ms} 0 ${this.ms} ${this.ms}\n`;
      lessons.take('/proc/diskstats', text, BigInt(this.second) * S, 1_764_500_000_000 + this.second * 1000);
      if (isLost) lessons.leaveOut();
      this.second += 1;
      this.writes += 500;
      this.ms += 500 * writeMs;
    }
  }
}

/** What is remembered of the disk after some lessons of 20 minutes. */
async function pastAfter(act: (disk: Disk, lessons: Lessons, learn: () => Promise<void>) => Promise<void>) {
  const machine = machineWithDisk();
  const [lessons, errands, warnings] = [new Lessons(), new Errands(), [] as string[]];
  let past: DevicePast | undefined;
  const learn = async () => {
    const memory = path.join(machine.root, 'baseline');
    const errand = { kind: 'learn', memory, lesson: lessons.next(), root: machine.root } as const;
    const answer = await errands.run(errand, (sentence) => warnings.push(sentence));
    assert.ok(answer.kind === 'past');
    past = answer.past.devices.find(({ id }) => id === DISK.id);
  };
  try {
    await act(new Disk(), lessons, learn);
    assert.deepEqual(warnings, []);
    return past;
  } finally {
    machine.close();
  }
}

test('an hour at 0.1 ms makes 1.5 ms slow, and 20 minutes of that, which somebody lost, teach nothing', async () => {
  const past = await pastAfter(async (of, lessons, learn) => {
    for (let lesson = 0; lesson < 3; lesson += 1) {
      of.read(lessons, 1200, 0.1);
      await learn();
    }
    of.read(lessons, 1200, 1.5, true);
    await learn();
  });
  const [usual] = past?.now?.usual ?? [];
  assert.ok(usual && Math.abs(usual.usualMs - 0.1) < 0.01, JSON.stringify(past));
  assert.ok(usual.stretches > 3500 && usual.stretches <= 3600, String(usual.stretches));
  assert.ok(usualLimit(usual) < 1.5);
});

test('a disk that always took 1.5 ms is as ever at 1.5 ms', async () => {
  const past = await pastAfter(async (of, lessons, learn) => {
    of.read(lessons, 1200, 1.5);
    await learn();
  });
  const [usual] = past?.now?.usual ?? [];
  assert.ok(usual && usualLimit(usual) > 1.5, JSON.stringify(past));
});

test('where a setting has changed nothing that was read before it is learnt', async () => {
  const past = await pastAfter(async (of, lessons, learn) => {
    of.read(lessons, 600, 0.1);
    lessons.forget();
    assert.equal(lessons.next(), undefined);
    await learn();
  });
  assert.equal(past, undefined);
});

test('an errand whose process ends before its time is told, and so is one that could not be done', async () => {
  const errand = { kind: 'diagnose', recording: '/nowhere/a.iow', tool: 'test' } as const;
  await assert.rejects(
    new Errands().run(errand, () => {}),
    /nowhere/,
  );
  const errands = new Errands();
  const running = errands.run(errand, () => {});
  assert.equal(errands.pids.length, 1);
  errands.close();
  await assert.rejects(running, /SIGKILL/);
  assert.deepEqual(errands.pids, []);
});
