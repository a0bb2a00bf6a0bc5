// The search for who has a pipe or socket open: no step looks at more than it may, and what one leaves the next goes on with, also within a process.

import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { EndSearch } from '../../src/capture/ends.js';
import { FileMachine } from '../support/machine.js';

describe('a search for the ends of pipes and sockets', () => {
  let machine: FileMachine;
  beforeEach(() => (machine = new FileMachine()));
  afterEach(() => machine.close());

  /** A process that has so many files open, and behind them this. */
  function opens(pid: number, files: number, link: string): void {
    const folder = `${machine.root}/proc/${pid}/fd`;
    mkdirSync(folder, { recursive: true });
    for (let fd = 0; fd < files; fd += 1) symlinkSync('/var/lib/data', `${folder}/${fd}`);
    symlinkSync(link, `${folder}/${files}`);
  }

  it('goes on where its last step ended, so that it finds what a process has behind thousands of files', () => {
    opens(7, 2500, 'socket:[901]');
    opens(8, 0, 'pipe:[815]');
    const search = new EndSearch(machine.root, [7, 8]);
    const steps: number[] = [];
    for (; !search.isOver; steps.push(search.found.size)) search.step(1000);
    assert.deepEqual(
      [...search.found].sort(([a], [b]) => (a < b ? -1 : 1)),
      [
        ['pipe:[815]', [{ pid: 8, fd: '0' }]],
        ['socket:[901]', [{ pid: 7, fd: '2500' }]],
      ],
    );
    // 2501 descriptors and one of the other process's, and the two processes themselves.
    assert.equal(steps.length, 3);
  });

  it('ends at the process in which what it is for is found', () => {
    opens(7, 0, 'socket:[901]');
    opens(8, 0, 'socket:[902]');
    const search = new EndSearch(machine.root, [7, 8]);
    search.step(1000, () => search.found.has('socket:[901]'));
    assert.deepEqual([...search.found.keys()], ['socket:[901]']);
    assert.equal(search.isOver, false);
  });
});
