// Of a process with more threads than are sampled: those that are held up or work are found in turn and keep their places, and looking costs no more
// the more threads there are.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { OpenFiles } from '../../src/capture/files.js';
import { MOST_THREADS, ThreadChoice } from '../../src/capture/thread-choice.js';
import { FileMachine } from '../support/machine.js';

const ME = 1000;

class CountedFiles extends OpenFiles {
  reads = 0;
  override readOnce(path: string): Buffer {
    this.reads += 1;
    return super.readOnce(path);
  }
}

describe('the threads of a large process', () => {
  let machine: FileMachine;
  let files: CountedFiles;
  let choice: ThreadChoice;
  let turns = 0;
  beforeEach(() => {
    machine = new FileMachine();
    files = new CountedFiles(machine.root);
    choice = new ThreadChoice(files, machine.root);
  });
  afterEach(() => machine.close());

  function thread(number: number, state = 'S', { ticks = 0, bytes = 0, pid = ME } = {}): void {
    const folder = `proc/${pid}/task/${pid + number}`;
    turns += 1;
    machine.write({
      [`${folder}/schedstat`]: `7 8 ${turns}\n`,
      [`${folder}/stat`]: `${pid + number} (worker) ${state} 1 1 1 0 -1 0 0 0 0 0 ${ticks} 0 0 0 20 0 200 0 100 0 5\n`,
      [`${folder}/io`]: `rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: ${bytes}\ncancelled_write_bytes: 0\n`,
    });
  }

  const threads = (count: number, pid = ME) => {
    for (let number = 0; number < count; number += 1) thread(number, 'S', { pid });
  };

  /** Whether a thread is among those that are sampled, after so many seconds. */
  function isChosen(number: number, seconds: number): boolean {
    let chosen: readonly string[] = [];
    for (let second = 0; second < seconds; second += 1) chosen = choice.choose([ME]).get(ME) ?? [];
    assert.ok(chosen.length <= MOST_THREADS && new Set(chosen).size === chosen.length);
    return chosen.includes(String(ME + number));
  }

  it('are all sampled where there are no more than may be, without a look at any', () => {
    threads(MOST_THREADS + 1);
    assert.equal(choice.choose([ME]).get(ME)?.length, MOST_THREADS);
    assert.equal(files.reads, 0);
    assert.equal(choice.byTurns().size, 0);
  });

  it('are sampled wherever in the list they wait, and told to be more than are', () => {
    threads(200);
    thread(150, 'D');
    assert.ok(isChosen(150, 2));
    assert.deepEqual([...choice.byTurns()], [[ME, 199]]);
  });

  it('keep their place while they wait, whoever else works, and for ten seconds after', () => {
    threads(200);
    thread(150, 'D');
    isChosen(150, 3);
    for (let second = 1; second <= 5; second += 1) {
      for (let number = 1; number < 60; number += 1) thread(number, 'R');
      assert.ok(isChosen(150, 1));
    }
    thread(150, 'S');
    assert.ok(isChosen(150, 10));
    assert.ok(!isChosen(150, 3));
  });

  it('are found by the bytes that they moved and by their CPU time, though they sleep whenever they are looked at', () => {
    threads(200);
    isChosen(190, 2);
    assert.ok(!isChosen(190, 1) && !isChosen(191, 1));
    for (let second = 1; second <= 4; second += 1) {
      thread(190, 'S', { bytes: second * 4096 });
      thread(191, 'S', { ticks: second });
      choice.choose([ME]);
    }
    assert.ok(isChosen(190, 1) && isChosen(191, 1));
  });

  it('cost no more where there are thousands, or several such processes', () => {
    threads(600);
    threads(200, 5000);
    choice.choose([ME]);
    files.reads = 0;
    choice.choose([ME]);
    // Three files of each of 128 others, and one of those that are sampled and have not run.
    assert.equal(files.reads, MOST_THREADS + 3 * 128);
    for (let second = 0; second < 20; second += 1) choice.choose([ME, 5000]);
    files.reads = 0;
    choice.choose([ME, 5000]);
    assert.ok(files.reads <= 2 * MOST_THREADS + 3 * 128);
  });

  it('make room when they have ended', () => {
    threads(60);
    thread(50, 'D');
    assert.ok(isChosen(50, 2));
    machine.remove(`proc/${ME}/task/${ME + 50}`);
    assert.ok(!isChosen(50, 1));
    assert.equal(choice.choose([ME]).get(ME)?.length, MOST_THREADS);
  });
});
