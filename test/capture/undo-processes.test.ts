// A session of ours is ended with all that it has started, also with what has made a session of its own, as fio's jobs do; and nobody else's.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { readWhole } from '../../src/capture/files.js';
import { allPids, livingStat, statOf } from '../../src/capture/process.js';
import { killSession } from '../../src/capture/undo-processes.js';
import { until } from '../support/until.js';

/** Processes that live and have this number in their command line, by their session. */
function sleeping(seconds: number): number[] {
  return allPids().flatMap((pid) => {
    const stat = livingStat(pid);
    return stat?.comm === 'sleep' && readWhole(`/proc/${pid}/cmdline`)?.split('\0').includes(String(seconds)) === true
      ? [stat.session]
      : [];
  });
}

test('a session is ended with what it has started in sessions of its own, and with nothing else', async () => {
  const seconds = 100_000 + process.pid;
  const other = spawn('sleep', [String(seconds)], { detached: true, stdio: 'ignore' });
  // `setsid` forks where it leads a group; the shell within stays between the session and its sleeper.
  const script = `sleep ${seconds} & setsid sh -c 'sleep ${seconds}; :' & wait`;
  const ours = spawn('sh', ['-c', script], { detached: true, stdio: 'ignore' });
  const { pid: session = 0 } = ours;
  try {
    await until('three that sleep', () => sleeping(seconds).length === 3);
    assert.equal(new Set(sleeping(seconds)).size, 3, 'each in a session of its own');
    const ticks = statOf(session)?.startTicks ?? NaN;
    assert.equal(killSession(session, ticks + 1), undefined, 'another one of that number is left alone');
    assert.equal(killSession(session, ticks), 'ended 4 processes');
    assert.deepEqual(sleeping(seconds), [other.pid]);
    assert.equal(killSession(session, ticks), undefined);
  } finally {
    other.kill('SIGKILL');
    await once(other, 'exit');
  }
});
