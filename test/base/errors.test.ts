// What the system says of a refusal, without the name of a file that the user has never heard of.

import assert from 'node:assert/strict';
import { linkSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { reasonOf } from '../../src/base/errors.js';

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

test('the reason of a refusal leaves out the call and its paths', () => {
  assert.equal(reasonOf(thrownBy(() => openSync('/nowhere, really/x.tmp', 'r'))), 'ENOENT: no such file or directory');
  assert.equal(reasonOf(thrownBy(() => linkSync('/nowhere', '/tmp/x'))), 'ENOENT: no such file or directory');
  assert.equal(reasonOf(new Error('the disk is on fire, says the log')), 'the disk is on fire, says the log');
});
