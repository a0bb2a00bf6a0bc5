// What a process has started, on a machine made of files.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { childrenOf, familyOf } from '../../src/capture/family.js';
import { FileMachine } from '../support/machine.js';

const machine = new FileMachine();
after(() => machine.close());

test('a family is a process with its children and theirs, each once; one that has none is alone', () => {
  machine.write({
    'proc/7/task/7/children': '8 9 ',
    'proc/8/task/8/children': '10 ',
    'proc/9/task/9/children': '',
    'proc/10/task/10/children': '7 ',
  });
  assert.deepEqual(childrenOf(7, machine.root), [8, 9]);
  assert.deepEqual(familyOf([7], machine.root), [7, 8, 9, 10]);
  assert.deepEqual(familyOf([9, 12], machine.root), [9, 12]);
});

test('a command that starts without end is not followed without end', () => {
  const many = Array.from({ length: 1000 }, (_, n) => 100 + n);
  machine.write({ 'proc/50/task/50/children': many.join(' ') });
  assert.equal(familyOf([50], machine.root).length, 64);
});
