// Whom a socket is connected with, from files that stand for /proc: an address, and the process where it is on this machine.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { HeldFolder } from '../../../src/base/held-folder.js';
import { Peers, socketOf } from '../../../src/run/threads/peers.js';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';

let root = '';
let folder: HeldFolder;

function put(name: string, text: string): void {
  const whole = path.join(root, 'proc', name);
  mkdirSync(path.dirname(whole), { recursive: true });
  writeFileSync(whole, text);
}

function connected(...rows: readonly (readonly [local: string, remote: string, inode: number])[]): void {
  const line = ([local, remote, inode]: (typeof rows)[number]) =>
    `   0: ${local} ${remote} 01 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1\n`;
  put('50/net/tcp', HEAD + rows.map(line).join(''));
}

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'iowitness-peers-'));
  put('50/stat', '50 (java) S 1');
  put('812/stat', '812 (postgres) S 1 812 812 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0');
  mkdirSync(path.join(root, 'proc/812/fd'), { recursive: true });
  symlinkSync('socket:[901]', path.join(root, 'proc/812/fd/4'));
  folder = HeldFolder.at(path.join(root, 'proc/50'));
});

afterEach(() => {
  folder.close();
  rmSync(root, { recursive: true });
});

test('the other end is a process where that is on this machine, and an address where it is not', () => {
  connected(
    ['0100007F:9C40', '0100007F:1538', 900],
    ['0100007F:1538', '0100007F:9C40', 901],
    ['0200000A:9C41', '0500000A:1538', 902],
  );
  assert.deepEqual(
    [...new Peers(root).of({ folder }, new Set([900, 902, 903]))],
    [
      [900, { address: '127.0.0.1:5432', process: { pid: 812, name: 'postgres' } }],
      [902, { address: '10.0.0.5:5432', process: null }],
      // One of the UNIX domain is in another table, which does not tell its other end.
      [903, null],
    ],
  );
});

test('what is known is not asked again while the socket is seen', () => {
  const peers = new Peers(root);
  connected(['0200000A:9C41', '0500000A:1538', 902]);
  const at = () => peers.of({ folder }, new Set([902])).get(902)?.address;
  assert.equal(at(), '10.0.0.5:5432');
  connected(['0200000A:9C41', '0600000A:1538', 902]);
  assert.equal(at(), '10.0.0.5:5432');
  peers.of({ folder }, new Set());
  assert.equal(at(), '10.0.0.6:5432');
});

test('only what leads to a socket is one', () => {
  assert.deepEqual(['socket:[77]', 'pipe:[77]', '/data/socket:[77]', null].map(socketOf), [
    77,
    undefined,
    undefined,
    undefined,
  ]);
});
