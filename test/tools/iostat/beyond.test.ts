// What our iostat has beyond sysstat's, on saved machines: lines of JSON, --wide, three decimals, intervals below a second, right figures of
// groups, and a sentence for a disk that is not there.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parseIostatOptions } from '../../../src/tools/iostat/options.js';
import { reportFor } from '../../../src/tools/iostat/forms.js';
import { SavedMachine } from '../../support/iostat-machine.js';
import { ours } from '../../support/iostat-runs.js';

const machines: SavedMachine[] = [];
after(() => machines.forEach((machine) => machine.remove()));

function machineOf(name: string): SavedMachine {
  const machine = new SavedMachine(name);
  machines.push(machine);
  return machine;
}

const printed = (machine: string, args: string, interval?: string) =>
  ours(machineOf(machine), args.split(' '), {}, interval);

/** The rows of a disk or group, one a report, as words. */
const rowsOf = (text: string, name: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith(name))
    .map((line) => line.trim().split(/ +/));

test('a line of JSON is whole, has its time and tells which report is since boot', async () => {
  const lines = (await printed('comes-and-goes', '-o JSONL -x')).trimEnd().split('\n');
  const samples = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    samples.map((sample) => sample.since_boot),
    [true, undefined, undefined, undefined, undefined],
  );
  for (const { timestamp, seconds } of samples) {
    assert.equal(new Date(timestamp).toISOString(), timestamp);
    assert.ok(seconds >= 1);
  }
  const disks = samples.map(({ disk }) => disk.map((each: { disk_device: string }) => each.disk_device).join(' '));
  assert.deepEqual(disks, ['sda sdb sdc', 'sda sdb', 'sda sdb sdc sdd', 'sda sdc sdd', 'sda sdb sdc sdd']);
  // A name and the figures of -x.
  assert.equal(Object.keys(samples[1].disk[0]).length, 23);
});

test('--wide has a line a step and a column a disk, and new names where the disks change', async () => {
  const text = await printed('comes-and-goes', '--wide=w/s');
  const words = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ +/));
  const heads = words.filter(([first]) => first === 'w/s').map(([, ...names]) => names.join(' '));
  assert.deepEqual(heads, ['sda sdb', 'sda sdb sdc sdd', 'sda sdc sdd', 'sda sdb sdc sdd']);
  const steps = words.filter(([first]) => first !== 'w/s');
  assert.equal(steps.length, 4);
  const extended = await printed('comes-and-goes', '-x -y');
  assert.deepEqual(
    steps.map(([, sda]) => sda),
    rowsOf(extended, 'sda').map((row) => row[7]),
  );
});

test('--wide takes any figure by its name, and refuses another', () => {
  const report = (args: string) => {
    const options = parseIostatOptions(args.split(' '), false);
    return reportFor(options, false, {}, '6.1.0');
  };
  for (const name of ['tps', 'await', 'wkB/s', 'util', '%util', 'kB_read/s', 'f_await']) report(`--wide=${name}`);
  report('--wide=wMB/s -m');
  assert.throws(() => report('--wide=wMB/s'), /^UserError: --wide=wMB\/s is no figure in kB: give one of tps kB\/s /);
});

test('--dec=3 gives times a third decimal and leaves the rest', async () => {
  const [, row = []] = rowsOf(await printed('nvme-partitions', '-x --dec=3'), 'nvme1n1');
  const [, two = []] = rowsOf(await printed('nvme-partitions', '-x --dec=2'), 'nvme1n1');
  // r_await, w_await, d_await, f_await and aqu-sz.
  const times = [5, 11, 17, 20, 21];
  row.slice(1).forEach((figure, index) => {
    assert.match(figure, times.includes(index + 1) ? /\.\d{3}$/ : /\.\d\d$/);
    assert.ok(Math.abs(Number(figure) - Number(two[index + 1])) <= 0.005, `${figure} ${two[index + 1]}`);
  });
});

test('below a second the clock tells how much time has passed, and without a tick the CPUs’ shares are absent', async () => {
  const text = await printed('ties', '-o JSONL', '0.05');
  const [, second, third] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(second.seconds, 0.05);
  // 8 reads, 16 writes and 8 discards in 50 ms.
  assert.equal(second.disk[0].tps, 640);
  assert.equal(third.disk[0].tps, 640);
  const still = await printed('still', '-c', '0.05');
  assert.equal(still.trimEnd().split('\n').at(-1), `       ${'       -'.repeat(6)}`);
});

test('a group’s %util is the mean of its disks in every report, and its figures stand in each table of -h', async () => {
  const one = await printed('md-dm', '-x -g both sda sdb');
  const utils = (name: string) => rowsOf(one, name).map((row) => Number(row.at(-1)));
  const [a, b, both] = [utils('sda'), utils('sdb'), utils(' both')];
  assert.equal(both.length, 4);
  both.forEach((mean, index) => assert.ok(Math.abs(mean - ((a[index] ?? NaN) + (b[index] ?? NaN)) / 2) <= 0.011));
  const parts = await printed('md-dm', '-x --pretty -g both sda sdb');
  const tables = parts.split('\n').filter((line) => line.endsWith(' both'));
  const whole = rowsOf(one, ' both').map((row) => row.slice(1).join(' '));
  const joined = whole.map((_, index) =>
    tables
      .slice(index * 4, index * 4 + 4)
      .map((line) => line.trim().replace(/ +both$/, ''))
      .join(' ')
      .replaceAll(/ +/g, ' '),
  );
  assert.deepEqual(joined, whole);
});

test('a disk or a kind of name that is not there is told in one sentence', async () => {
  await assert.rejects(printed('ties', 'vda nosuch'), /^UserError: There is no disk or partition nosuch: /);
  await assert.rejects(printed('ties', '-p vdz'), /^UserError: There is no disk or partition vdz: /);
  await assert.rejects(printed('ties', '-j uuid'), /^UserError: This machine has no names of kind uuid: /);
  await assert.rejects(printed('ties', '..'), /^UserError: There is no disk or partition/);
});
