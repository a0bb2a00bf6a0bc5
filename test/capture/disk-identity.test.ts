// What disks are known by, on made-up folders of /sys and /dev: the surest name there is, never the kernel's name or number, which change places; nothing
// where there is none.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { identifyDisks, unnamedDisks } from '../../src/capture/disk-identity.js';

let top = '';
before(() => (top = mkdtempSync('/var/tmp/iowitness-identity-')));
after(() => rmSync(top, { recursive: true }));

type Files = Readonly<Record<string, string>>;

/** A machine with these disks, each with its files below /sys/block/NAME; links of udev by where they lie. */
function machine(disks: Readonly<Record<string, Files>>, links: Files = {}, kernel = '6.1.0'): string {
  const root = mkdtempSync(path.join(top, 'root-'));
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), `${text}\n`);
  };
  write('/proc/sys/kernel/osrelease', kernel);
  Object.entries(disks).forEach(([name, files], at) => {
    for (const [file, text] of Object.entries({ dev: `8:${16 * at}`, size: '2048', ...files }))
      write(`/sys/block/${name}/${file}`, text);
  });
  for (const [link, target] of Object.entries(links)) {
    mkdirSync(path.dirname(path.join(root, link)), { recursive: true });
    symlinkSync(target, path.join(root, link));
  }
  return root;
}

function knownBy(files: Files, links: Files = {}): string | undefined {
  return identifyDisks(machine({ sda: files }, links))[0]?.knownBy;
}

describe('a disk is known by', () => {
  it('its wwid, serial or uuid', () => {
    assert.equal(knownBy({ wwid: 'eui.0025', serial: 'S1' }), 'wwid');
    assert.equal(knownBy({ 'device/wwid': 'naa.5000c5', 'device/model': 'ST' }), 'wwid');
    assert.equal(knownBy({ serial: '1666632' }), 'serial');
    assert.equal(knownBy({ 'dm/uuid': 'LVM-abc' }), 'device-mapper uuid');
  });

  it('its file where it is a loop device, its partitions, and at last its model with its size', () => {
    assert.equal(knownBy({ 'loop/backing_file': '/srv/image' }), 'file');
    const partitions = { '/dev/disk/by-partuuid/12-34': '../../sda1', '/dev/disk/by-partuuid/99-99': '../../sdb1' };
    assert.equal(knownBy({ 'device/model': 'QEMU' }, partitions), 'partitions');
    assert.equal(knownBy({ 'device/model': 'QEMU' }), 'model and size');
  });

  it('nothing where there is no such name, or it is blanks and zeros', () => {
    assert.equal(knownBy({}), undefined);
    assert.equal(knownBy({ serial: '0000 0000' }), undefined);
    assert.deepEqual(unnamedDisks(machine({ vda: {}, vdb: { serial: 'x1' }, zram0: {}, loop0: { size: '0' } })), [
      'vda',
    ]);
  });

  it('nothing where two bear one name: which of them was meant could not be told', () => {
    assert.deepEqual(identifyDisks(machine({ sda: { wwid: 'same' }, sdb: { wwid: 'same' } })), []);
  });
});

describe('a disk', () => {
  it('is the same under another name and number, and its key tells nothing of what names it', () => {
    const [one] = identifyDisks(machine({ sda: { wwid: 'naa.5000c5' } }));
    const [, other] = identifyDisks(machine({ sda: { wwid: 'naa.1' }, sdb: { wwid: 'naa.5000c5' } }));
    assert.deepEqual([one?.id, other?.id], ['8:0', '8:16']);
    assert.equal(one?.key, other?.key);
    assert.match(one?.key ?? '', /^[\da-f]{24}$/);
  });

  it('has a state of kernel, size and settings, of several the one in force', () => {
    const root = machine({
      sda: { wwid: 'naa.1', 'queue/scheduler': 'none [mq-deadline]', 'queue/nr_requests': '64' },
    });
    assert.deepEqual(identifyDisks(root)[0]?.state, {
      kernel: '6.1.0',
      bytes: '1048576',
      scheduler: 'mq-deadline',
      nr_requests: '64',
    });
  });
});
