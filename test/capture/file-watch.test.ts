// What processes have open for writing is noted once: by the kernel's own inode numbers, with the mount it lies on, and never for
// what is no file. Whatever a link or a text holds, a look does not throw.

import assert from 'node:assert/strict';
import { mkdirSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FileWatch } from '../../src/capture/file-watch.js';
import type { OpenFile } from '../../src/model/recording.js';
import { FileMachine } from '../support/machine.js';
import { until } from '../support/until.js';

const MOUNTS = `29 1 254:0 / / rw - ext4 /dev/vda rw
30 29 0:45 / /data rw - btrfs /dev/loop3 rw
`;

describe('files that processes have open', () => {
  let machine: FileMachine;
  let told: OpenFile[];
  let watch: FileWatch;

  beforeEach(() => {
    machine = new FileMachine();
    told = [];
    watch = new FileWatch((file) => told.push(file), machine.root);
    machine.write({ 'proc/7/mountinfo': MOUNTS });
  });
  afterEach(() => machine.close());

  function open(fd: number, target: string, info: string): void {
    mkdirSync(path.join(machine.root, 'proc/7/fd'), { recursive: true });
    machine.remove(`proc/7/fd/${fd}`);
    symlinkSync(target, path.join(machine.root, `proc/7/fd/${fd}`));
    machine.write({ [`proc/7/fdinfo/${fd}`]: info });
  }

  const info = (flags: string, inode: number, mount = 29) =>
    `pos:\t0\nflags:\t${flags}\nmnt_id:\t${mount}\nino:\t${inode}\n`;

  it('notes what may be written, with its filesystem, once', () => {
    open(3, '/var/log', info('0100001', 12));
    open(4, '/data/file', info('0100002', 257, 30));
    open(9, '/data/log', info('0110002', 258, 30));
    open(5, '/etc/passwd', info('0100000', 13));
    open(6, 'socket:[815]', info('02', 14));
    open(7, '/dev/null', info('02', 15));
    for (let look = 0; look < 3; look += 1) watch.look([7, 8]);
    assert.deepEqual(told, [
      { pid: 7, inode: 12, path: '/var/log', device: '254:0', source: '/dev/vda', how: 'open' },
      { pid: 7, inode: 257, path: '/data/file', device: '0:45', source: '/dev/loop3', how: 'open' },
      { pid: 7, inode: 258, path: '/data/log', device: '0:45', source: '/dev/loop3', how: 'open', durable: true },
    ]);
  });

  it('notes a descriptor again when it leads elsewhere, and a name that is gone', () => {
    open(3, '/one\nwith a newline', info('01', 12));
    watch.look([7]);
    open(3, '/two', info('01', 13));
    watch.look([7]);
    open(3, '/two (deleted)', info('01', 13));
    watch.look([7]);
    assert.deepEqual(
      told.map((file) => [file.inode, file.path]),
      [
        [12, '/one\nwith a newline'],
        [13, '/two'],
        [13, '/two (deleted)'],
      ],
    );
  });

  it('passes over texts of older kernels and of mounts that it can’t see', () => {
    open(3, '/a', 'pos:\t0\nflags:\t01\nmnt_id:\t29\n');
    open(4, '/b', info('01', 12, 99));
    open(5, '/c', 'nonsense');
    watch.look([7]);
    assert.deepEqual(told, []);
  });

  it('looks at many descriptors in turns', () => {
    for (let fd = 0; fd < 1500; fd += 1) open(fd, `/file${fd}`, info('01', 1000 + fd));
    watch.look([7]);
    assert.equal(told.length, 600);
    watch.look([7]);
    watch.look([7]);
    assert.equal(told.length, 1500);
  });

  it('asks files behind loop devices for their numbers, but none that a server keeps', async () => {
    machine.write({
      'proc/self/mountinfo': `${MOUNTS}31 29 0:50 / /gone rw - fuse.sshfs host: rw\n`,
      image: '',
      'gone/image': '',
      'sys/block/loop0/loop/backing_file': '/image\n',
      'sys/block/loop1/loop/backing_file': '/gone/image\n',
    });
    const first = watch.lookAtLoops();
    machine.write({ late: '', 'sys/block/loop2/loop/backing_file': '/late\n' });
    // What has changed while it looks is looked at as well.
    await Promise.all([first, watch.lookAtLoops()]);
    assert.deepEqual(
      told.map(({ path: name, inode, loop, how }) => [name, inode, loop, how]),
      [
        ['/image', statSync(path.join(machine.root, 'image')).ino, 'loop0', 'loop'],
        ['/late', statSync(path.join(machine.root, 'late')).ino, 'loop2', 'loop'],
      ],
    );
  });

  it('notes shared mappings that may be written', async () => {
    machine.write({
      'proc/7/maps': `7f00-7f10 rw-s 00000000 fe:00 99 /data/map\n7f10-7f20 r--s 00000000 fe:00 98 /data/readonly
7f20-7f30 rw-p 00000000 fe:00 97 /lib/private\n7f30-7f40 rw-s 00000000 00:01 96 /memfd:x (deleted)\n`,
    });
    watch.look([7]);
    // They are read off the sampling thread.
    await until('what is mapped', () => told.length > 0);
    assert.deepEqual(told, [
      { pid: 7, inode: 99, path: '/data/map', device: '254:0', source: '/dev/vda', how: 'mapped' },
    ]);
  });
});
