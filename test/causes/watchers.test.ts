// Programs that watch what the victim does, and that it waits for: by whom it is woken, and what is said where that is not known.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateOfWchan } from '../../src/analysis/victim/state-of-stack.js';
import { asleep, OTHER } from '../support/asleep.js';
import { diagnosed } from '../support/telling.js';
import { diagnosisOf } from '../support/measures.js';

const OPEN = ['fsnotify', '__fsnotify_parent', 'do_dentry_open', 'vfs_open', 'path_openat', 'do_sys_openat2'];

test('whoever has to give leave before a file is opened is named', async () => {
  const { verdict } = await diagnosed(asleep({ stack: ['fanotify_handle_event', ...OPEN], wokenBy: OTHER }));
  assert.equal(verdict.cause, 'wait.server');
  assert.deepEqual([verdict.culprit?.name, verdict.culprit?.pid], ['other', OTHER]);
  assert.match(verdict.sentence, /waits for leave to open or read files/);
  assert.ok(verdict.evidence.some(({ meaning }) => /^\d+ times, 89\.\d ms each$/.test(meaning)));
});

test('a full queue of the audit is told, by no program’s name', async () => {
  const { verdict } = await diagnosed(asleep({ stack: ['audit_log_start', 'audit_log_exit', '__audit_syscall_exit'] }));
  assert.equal(verdict.cause, 'wait.server');
  assert.equal(verdict.culprit, null);
  assert.match(verdict.sentence, /recorded for the audit, whose queue is full/);
});

test('from counters alone the function that it slept in tells, and how to find the program', () => {
  for (const [wchan, command] of [
    ['fanotify_handle_event', /fdinfo/],
    ['audit_log_start', /auditctl -s/],
  ] as const) {
    assert.equal(stateOfWchan(wchan), 'server');
    const { verdict } = diagnosisOf('wait.server', {
      spent: { server: 0.8 },
      slept: { server: wchan },
      source: 'samples',
    });
    assert.equal(verdict.cause, 'wait.server');
    assert.equal(verdict.culprit, null);
    assert.match(JSON.stringify(verdict.advice), command);
  }
});

test('a filesystem’s server is none of them', () => {
  const { verdict } = diagnosisOf('wait.server', {
    spent: { server: 0.8 },
    slept: { server: 'request_wait_answer' },
    source: 'samples',
  });
  assert.match(verdict.sentence, /waits for the server/);
});
