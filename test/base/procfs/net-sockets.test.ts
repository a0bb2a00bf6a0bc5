// Which socket is at the other end of which: of TCP by the addresses, of the UNIX domain only who has a name.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSockets } from '../../../src/base/procfs/net-sockets.js';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const rest = '00000000:00000000 00:00000000 00000000     0        0';

function tcp(...lines: readonly (readonly [local: string, remote: string, state: string, inode: number])[]): string {
  return (
    HEAD +
    lines
      .map(([local, remote, state, inode], at) => `   ${at}: ${local} ${remote} ${state} ${rest} ${inode} 1\n`)
      .join('')
  );
}

test('the two ends of a connection are each other’s peer; the other end of one to elsewhere is nobody', () => {
  const text = tcp(
    ['0100007F:1538', '00000000:0000', '0A', 500],
    ['0100007F:1538', '0100007F:9C40', '01', 501],
    ['0100007F:9C40', '0100007F:1538', '01', 502],
    ['0A00000A:9C41', '0B00000A:1538', '01', 503],
  );
  assert.deepEqual(
    [...parseSockets([text], '').peerOf],
    [
      [501, 502],
      [502, 501],
    ],
  );
});

test('a connection that nobody has accepted waits for the socket that listens there, on the same address only', () => {
  const text = tcp(
    ['00000000:1538', '00000000:0000', '0A', 500],
    ['0100007F:1538', '0100007F:9C40', '01', 0],
    ['0100007F:9C40', '0100007F:1538', '01', 502],
    ['0A00000A:9C41', '0B00000A:1538', '01', 503],
  );
  assert.deepEqual([...parseSockets([text], '').peerOf], [[502, 500]]);
});

test('an address of version 4 in a socket of both versions is the same address, and the other end is told as people write it', () => {
  const mapped = '0000000000000000FFFF0000';
  const text = tcp(
    [`${mapped}0100007F:9C40`, `${mapped}0100007F:1538`, '01', 502],
    ['0100007F:1538', '0100007F:9C40', '01', 501],
    ['0000000000000000000000001000000A:9C41', '000000FD000000000000000005000000:01BB', '01', 503],
  );
  const { peerOf, remoteOf } = parseSockets([text], '');
  assert.deepEqual(
    [...peerOf],
    [
      [502, 501],
      [501, 502],
    ],
  );
  assert.deepEqual(
    [...remoteOf],
    [
      [502, '127.0.0.1:5432'],
      [501, '127.0.0.1:40000'],
      [503, '[fd00::5]:443'],
    ],
  );
});

test('of the UNIX domain those that are connected or listen are told by whether they have a name', () => {
  const text = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 21030 /run/db.sock
0000000000000000: 00000003 00000000 00000000 0001 03 21034 /run/db.sock
0000000000000000: 00000003 00000000 00000000 0001 03 21035
0000000000000000: 00000002 00000000 00000000 0002 01 21036 /run/log.sock
`;
  assert.deepEqual(
    [...parseSockets([], text).unix],
    [
      [21030, 'named'],
      [21034, 'named'],
      [21035, 'unnamed'],
    ],
  );
});

test('what is no table holds no sockets', () => {
  assert.deepEqual(parseSockets(['', '\u0000 x'], 'a b'), { peerOf: new Map(), remoteOf: new Map(), unix: new Map() });
});
