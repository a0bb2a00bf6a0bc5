// Which processes are looked at where nobody is named, out of a /proc that is made up: more that never recover than there are places.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Waiters } from '../../../src/run/watch/waiters.js';

const STUCK = 20;
const MINUTE_LOOKS = 60;

function putProcess(root: string, pid: number, state: 'D' | 'S'): void {
  const folder = path.join(root, 'proc', String(pid));
  mkdirSync(folder, { recursive: true });
  const behind = Array.from({ length: 49 }, (_, index) => (index === 16 ? 1 : 0)).join(' ');
  writeFileSync(path.join(folder, 'stat'), `${pid} (worker) ${state} ${behind}\n`);
}

test('those that never recover give their place to one that is newly found, after five minutes and not before', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'iowitness-waiters-'));
  try {
    for (let pid = 1; pid <= STUCK; pid += 1) putProcess(root, pid, 'D');
    const waiters = new Waiters(root);
    const look = (seconds: number): number[] => {
      let found: number[] = [];
      for (let second = 0; second < seconds; second += 1) found = waiters.look(new Set());
      return found;
    };
    const first = look(MINUTE_LOOKS);
    assert.equal(first.length, 16);
    putProcess(root, 100, 'D');
    assert.deepEqual(look(MINUTE_LOOKS), first);
    const later = look(5 * MINUTE_LOOKS);
    assert.ok(later.includes(100), later.join(' '));
    putProcess(root, 100, 'S');
    look(MINUTE_LOOKS);
    putProcess(root, 200, 'D');
    assert.ok(look(5).includes(200));
    assert.equal(look(1).length, 16);
  } finally {
    rmSync(root, { recursive: true });
  }
});
