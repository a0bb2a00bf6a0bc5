// Our iostat against that of Debian 12 (sysstat 12.6.1) on the same samples of saved machines: the whole text, byte for byte, but for the
// moment at which each was run.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MAIN } from '../../support/cli.js';
import { MACHINES, SavedMachine, thisMachine } from '../../support/iostat-machine.js';
import { needsOtherMachine, ours, printsOf, sysstats, type Environment } from '../../support/iostat-runs.js';

type Run = readonly [args: string, environment?: Environment];

/** Those that make sense on any machine. */
const EVERYWHERE: readonly Run[] = [
  [''],
  ['-c'],
  ['-d'],
  ['-x'],
  ['-d -k'],
  ['-d -m'],
  ['-dx -m'],
  ['-s'],
  ['-x -s'],
  ['-t -c', { S_TIME_FORMAT: 'ISO' }],
  ['-t'],
  ['-y -x'],
  ['-z -x'],
  ['-z -y -d'],
  ['-p'],
  ['-xp'],
  ['-p ALL -d'],
  ['ALL'],
  ['-x ALL'],
  ['-h'],
  ['-h -x'],
  ['-h -x -s'],
  ['-h -x --compact -c'],
  ['--human -x'],
  ['--human -d -s --dec=0'],
  ['--pretty -x'],
  ['--dec=0 -x'],
  ['--dec=1'],
  ['--dec=2 -x -h'],
  ['-o JSON'],
  ['-o JSON -c'],
  ['-o JSON -d -m'],
  ['-o JSON -x -t -y', { S_TIME_FORMAT: 'ISO' }],
  ['-o JSON -x -s -z'],
  ['-o JSON -x -p ALL -t'],
  ['-o JSON -h -x'],
  ['-d', { POSIXLY_CORRECT: '' }],
  ['-x -p', { POSIXLY_CORRECT: '1' }],
  ['-x -s', { POSIXLY_CORRECT: '1' }],
  ['-o JSON', { POSIXLY_CORRECT: '1' }],
  ['-o JSON -x -s', { POSIXLY_CORRECT: '1' }],
  ['-x', { S_COLORS: 'always' }],
  ['-h -c -d -t', { S_COLORS: 'always', S_COLORS_SGR: 'H=31;7:I=36;22:Z=:N=1x:M=33:C=1' }],
  ['-d --dec=0', { S_COLORS: 'always' }],
  ['-x --dec=1', { S_COLORS: 'auto' }],
];

const OF_ONE: Readonly<Record<string, readonly Run[]>> = {
  'nvme-partitions': [
    ['nvme0n1'],
    ['-p nvme0n1'],
    ['-x -p nvme0n1,nvme1n1'],
    ['-d /dev/nvme0n1p10 nvme1n1'],
    ['-x nvme0n1p2 nvme0n1'],
    ['-p nvme1n1,ALL -d'],
    ['-j ID -x'],
    ['-j id -d nvme-Acme_3840_S2 nvme0n1p2'],
    ['-j ID -o JSON -p'],
  ],
  'scsi-old-kernel': [['-p sda -x'], ['sr0 sda5 sdb'], ['-j UUID -p ALL'], ['-j UUID -x -p sda'], ['-z fd0 sda']],
  'md-dm': [
    ['-N'],
    ['-N -x -p ALL'],
    ['-N -d vg0-root dm-1'],
    ['-d dm-0 md127 md127p1'],
    ['-j ID -N'],
    ['-j LABEL -h -x'],
    ['-N -o JSON -x'],
    ['-d -g mirror sda sdb -g mapped dm-0 dm-1 dm-2'],
    ['-d -H -g mirror sda sdb -g mapped dm-0'],
    ['-d -g everything ALL'],
    ['-d -m -o JSON -g pair sda sdb md127'],
    ['-d -y -z -g pair sda sdb'],
    ['-d -s -g all -p'],
  ],
  'comes-and-goes': [['-d sdc sda'], ['-x -p sdc'], ['-d -g both sdb sdc'], ['-z sdb sdc']],
  wraps: [['-p /dev/cciss/c0d0 -x'], ['/dev/cciss/c0d0p1 mmcblk0'], ['-x xvda'], ['-o JSON -p /dev/cciss/c0d0']],
};

/** Both print the moment of their own sample; the zone behind it is to be the same. */
const STAMPS = /\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g;
const still = (text: string): string => text.replaceAll(STAMPS, (stamp) => stamp.replaceAll(/\d/g, '9'));

async function assertSame(machine: SavedMachine, runs: readonly Run[]): Promise<void> {
  try {
    machine.makeNodes();
    for (const [args, environment = {}] of runs) {
      const argv = args.split(' ').filter((word) => word !== '');
      const theirs = await sysstats(machine, argv, environment);
      assert.ok(theirs.includes('CPU)') || theirs.includes('"sysstat"'), `iostat ${args}: ${theirs}`);
      const mine = await ours(machine, argv, environment);
      assert.equal(still(mine), still(theirs), `${JSON.stringify(environment)} iostat ${args}`);
    }
  } finally {
    machine.remove();
  }
}

describe('the text is sysstat’s', { skip: needsOtherMachine() }, () => {
  for (const name of MACHINES) {
    test(name, () => assertSame(new SavedMachine(name), [...EVERYWHERE, ...(OF_ONE[name] ?? [])]));
  }

  test('this machine, as it is now', async () => {
    await assertSame(await thisMachine(3), [['-x -p ALL'], ['-o JSON -x'], ['-h'], ['ALL -m']]);
  });

  test('of the whole program, with what the environment says', () => {
    const machine = new SavedMachine('nvme-partitions');
    try {
      for (const [args, environment = {}] of [
        ['-x -t', { S_TIME_FORMAT: 'ISO', S_COLORS: 'always', TZ: 'Asia/Kathmandu' }],
        ['-p -m', { S_COLORS: 'always', S_COLORS_SGR: 'N=31', TZ: 'America/St_Johns' }],
        ['-o JSON -t -x', { POSIXLY_CORRECT: '1' }],
      ] satisfies Run[]) {
        const argv = args.split(' ');
        const mine = printsOf(machine, [process.execPath, MAIN, 'iostat', ...argv], environment);
        assert.equal(still(mine), still(printsOf(machine, ['iostat', ...argv], environment)), args);
      }
    } finally {
      machine.remove();
    }
  });
});
