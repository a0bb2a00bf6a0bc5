// When the watch asks for a new set of facts, on a machine made of files.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { SettingsWatch } from '../../src/capture/settings-watch.js';
import { FileMachine } from '../support/machine.js';

describe('SettingsWatch', () => {
  let machine: FileMachine;
  const MOUNTS = '1 0 8:1 / / rw - ext4 /dev/sda1 rw\n';
  beforeEach(() => {
    machine = new FileMachine();
    machine.write({
      'proc/self/mountinfo': MOUNTS,
      'proc/sys/vm/dirty_ratio': '20\n',
      'proc/sys/vm/swappiness': '60\n',
      'sys/block/sda/size': '2048\n',
      'sys/block/sda/queue/nr_requests': '64\n',
      'sys/class/bdi/8:0/max_ratio': '100\n',
      'sys/class/bdi/8:0/max_bytes': '123\n',
    });
    machine.process(7, { comm: 'mysqld' });
  });
  afterEach(() => machine.close());

  /** How many calls pass until a change is told; undefined where none is within 40. */
  function callsUntilTold(watch: SettingsWatch, victims: readonly number[] = []): number | undefined {
    for (let call = 1; call <= 40; call += 1) if (watch.changed(victims)) return call;
    return undefined;
  }

  it('is silent on a machine that does not change', () => {
    assert.equal(callsUntilTold(new SettingsWatch(machine.root), [7]), undefined);
  });

  it('tells the dirty limits and mounts at once, and other settings within five calls', () => {
    const cases: readonly (readonly [file: string, text: string, within: number])[] = [
      ['proc/sys/vm/dirty_ratio', '5\n', 1],
      ['proc/self/mountinfo', `${MOUNTS}2 1 8:2 / /data rw - xfs /dev/sdb rw\n`, 1],
      ['proc/sys/vm/swappiness', '1\n', 5],
      ['sys/block/sda/queue/nr_requests', '4\n', 5],
      ['sys/class/bdi/8:0/max_ratio', '1\n', 5],
    ];
    for (const [file, text, within] of cases) {
      const watch = new SettingsWatch(machine.root);
      assert.equal(watch.changed([7]), false);
      machine.write({ [file]: text });
      const calls = callsUntilTold(watch, [7]);
      assert.ok(calls !== undefined && calls <= within, `${file} was told after ${calls} calls`);
      assert.equal(callsUntilTold(watch, [7]), undefined, `${file} was told twice`);
    }
  });

  it('tells a limit where there was none, which is an empty file, and that it is gone again', () => {
    const limit = 'sys/fs/cgroup/limited/io.max';
    machine.write({
      'proc/self/mountinfo': `${MOUNTS}2 1 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n`,
      [limit]: '',
    });
    machine.process(9, { cgroup: '0::/limited\n' });
    const watch = new SettingsWatch(machine.root);
    assert.equal(callsUntilTold(watch, [9]), undefined);
    // A change rests for ten calls after another.
    for (const [text, within] of [
      ['8:0 rbps=max wbps=2097152 riops=max wiops=max\n', 5],
      ['', 15],
    ] as const) {
      machine.write({ [limit]: text });
      const calls = callsUntilTold(watch, [9]);
      assert.ok(calls !== undefined && calls <= within, `‘${text}’ was told after ${calls} calls`);
    }
  });

  it('tells at once that a victim’s cgroup is frozen, which may be over before all limits are looked at again', () => {
    const file = 'sys/fs/cgroup/box/cgroup.freeze';
    machine.write({
      'proc/self/mountinfo': `${MOUNTS}2 1 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n`,
      [file]: '0\n',
    });
    machine.process(9, { cgroup: '0::/box\n' });
    const watch = new SettingsWatch(machine.root);
    assert.equal(watch.changed([9]), false);
    machine.write({ [file]: '1\n' });
    assert.equal(watch.changed([9]), true);
  });

  it('tells at once that what a victim started is in another cgroup, and once only', () => {
    const watch = new SettingsWatch(machine.root);
    assert.equal(watch.changed([7]), false);
    machine.process(8, { cgroup: '0::/limited\n' });
    assert.equal(watch.changed([7, 8]), true);
    machine.process(9, { cgroup: '0::/limited\n' });
    machine.remove('proc/8');
    for (let call = 0; call < 9; call += 1) assert.equal(watch.changed([7, 9]), false);
  });

  it('overlooks a container’s mounts and figures that move by themselves', () => {
    const watch = new SettingsWatch(machine.root);
    watch.changed([]);
    machine.write({
      'proc/self/mountinfo': `${MOUNTS}2 1 0:50 / /x rw - overlay overlay rw\n`,
      'sys/class/bdi/8:0/max_bytes': '99\n',
    });
    assert.equal(callsUntilTold(watch), undefined);
  });

  it('tells a daemon that ends, and one that stays, but no passing process', () => {
    const watch = new SettingsWatch(machine.root);
    watch.changed([]);
    machine.process(8, { comm: 'passing' });
    for (let call = 0; call < 8; call += 1) assert.equal(watch.changed([]), false);
    machine.remove('proc/8');
    assert.equal(callsUntilTold(watch), undefined);
    machine.process(9, { comm: 'backup' });
    const started = callsUntilTold(watch);
    assert.ok(started !== undefined && started >= 10, `told after ${started} calls`);
    machine.remove('proc/7');
    assert.ok(callsUntilTold(watch) !== undefined);
  });

  it('tells what comes and goes by itself every half a minute at most, and a setting meanwhile', () => {
    const watch = new SettingsWatch(machine.root);
    const told: number[] = [];
    for (let call = 0; call < 90; call += 1) {
      const passing = `2 1 8:2 / /run/c${call} rw - ext4 /dev/sdb rw\n`;
      machine.write({ 'proc/self/mountinfo': MOUNTS + passing, 'proc/sys/vm/dirty_ratio': call < 20 ? '20\n' : '5\n' });
      if (watch.changed([])) told.push(call);
    }
    // The set for the setting holds the mounts as well.
    assert.deepEqual(told, [1, 20, 50, 80]);
  });

  it('tells at once that a filesystem has turned read-only', () => {
    const watch = new SettingsWatch(machine.root);
    watch.changed([]);
    machine.write({ 'proc/self/mountinfo': MOUNTS.replace(/rw\n$/, 'ro\n') });
    assert.equal(callsUntilTold(watch), 1);
  });

  it('does not ask for facts all the time on a machine in constant change', () => {
    const watch = new SettingsWatch(machine.root);
    let told = 0;
    for (let call = 0; call < 60; call += 1) {
      machine.write({ 'proc/sys/vm/dirty_ratio': `${call}\n` });
      if (watch.changed([])) told += 1;
    }
    assert.ok(told >= 5 && told <= 6, `told ${told} times`);
  });
});
