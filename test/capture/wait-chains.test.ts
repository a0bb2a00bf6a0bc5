// Whom a watched process waits for, hop by hop: by the descriptor of its system call, or the only pipe of that direction where that is refused;
// told whenever it changes, and no further than is known.

import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import os from 'node:os';
import { WaitChains } from '../../src/capture/wait-chains.js';
import type { WaitChain } from '../../src/model/recording.js';
import { FileMachine } from '../support/machine.js';
import { MemorySink } from '../support/tape.js';

const [A, B, C, SHELL] = [50, 51, 52, 40];
const [READ, WRITE] = os.machine() === 'x86_64' ? [0, 1] : [63, 64];

describe('a chain of waits', () => {
  let machine: FileMachine;
  let sink: MemorySink;
  let chains: WaitChains;
  beforeEach(() => {
    machine = new FileMachine();
    sink = new MemorySink();
    chains = new WaitChains(sink, machine.root);
  });
  afterEach(() => machine.close());

  function open(pid: number, fd: number, link: string, flags: '00' | '01' | '02' = '02'): void {
    mkdirSync(`${machine.root}/proc/${pid}/fd`, { recursive: true });
    symlinkSync(link, `${machine.root}/proc/${pid}/fd/${fd}`);
    machine.write({ [`proc/${pid}/fdinfo/${fd}`]: `pos:\t0\nflags:\t${flags}\n` });
  }

  /** A process of one thread; `syscall` is left out where the kernel refuses it. */
  function does(pid: number, comm: string, state: string, wchan: string, syscall?: string): void {
    machine.process(pid, { comm });
    const stat = `${pid} (${comm}) ${state} 1 ${pid} ${pid} 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 5\n`;
    for (const folder of [`proc/${pid}`, `proc/${pid}/task/${pid}`])
      machine.write({ [`${folder}/stat`]: stat, [`${folder}/wchan`]: wchan, [`${folder}/schedstat`]: '7 8 9\n' });
    if (syscall !== undefined) machine.write({ [`proc/${pid}/task/${pid}/syscall`]: syscall });
  }

  const call = (number: number, fd: number) => `${number} 0x${fd.toString(16)} 0x0 0x0 0x0 0x0 0x0 0x0 0x0\n`;

  /** a | b | c, of which a and b sleep at full pipes. */
  function pipeline(state: string, wchan: string, shown = true): void {
    open(A, 1, 'pipe:[815]', '01');
    open(B, 0, 'pipe:[815]', '00');
    open(B, 1, 'pipe:[816]', '01');
    open(C, 0, 'pipe:[816]', '00');
    does(A, 'dd', 'S', 'anon_pipe_write', shown ? call(WRITE, 1) : undefined);
    does(B, 'cat', 'S', 'anon_pipe_write', shown ? call(WRITE, 1) : undefined);
    does(C, 'tail', state, wchan);
  }

  function told(): WaitChain[] {
    chains.look([A], 0n);
    return sink.textsOf('iowitness:chain').map((text): WaitChain => JSON.parse(text));
  }

  const ofLast = () => {
    const chain = told().at(-1);
    return chain && [chain.hops.map(({ comm, does: what, state }) => `${comm} ${what} ${state}`), chain.end];
  };

  it('goes through a pipe’s reader to its reader, which is stopped, with what it sleeps in and its times', () => {
    pipeline('T', 'do_signal_stop');
    assert.deepEqual(ofLast(), [['cat reads S', 'tail reads T'], 'there']);
    const { pid, threads, wchan, runNs, waitNs, slices } = told().at(-1)?.hops.at(-1) ?? {};
    assert.deepEqual([pid, threads, wchan, runNs, waitNs, slices], [C, 1, 'do_signal_stop', 7, 8, 9]);
  });

  it('is told by the only pipe of that direction where the call is refused, and not where there are two', () => {
    pipeline('T', 'do_signal_stop', false);
    assert.deepEqual(ofLast(), [['cat reads S', 'tail reads T'], 'there']);
    open(B, 2, 'pipe:[900]', '01');
    assert.deepEqual(ofLast(), [['cat reads S'], 'there']);
  });

  it('goes the way that bytes come from where readers wait, and to the peer of a connection', () => {
    open(A, 0, 'pipe:[815]', '00');
    open(B, 1, 'pipe:[815]', '01');
    open(B, 3, 'socket:[501]');
    open(C, 3, 'socket:[502]');
    const rest = '00000000:00000000 00:00000000 00000000 0 0';
    machine.write({ [`proc/${B}/net/tcp`]: `head\n0: A:1 A:2 01 ${rest} 501 1\n1: A:2 A:1 01 ${rest} 502 1\n` });
    does(A, 'cat', 'S', 'anon_pipe_read', call(READ, 0));
    does(B, 'nc', 'S', 'wait_woken', call(READ, 3));
    does(C, 'httpd', 'D', 'rq_qos_wait');
    assert.deepEqual(ofLast(), [['nc writes S', 'httpd talks D'], 'there']);
  });

  it('ends where two may read, but for a shell that waits for its command', () => {
    pipeline('T', 'do_signal_stop');
    open(SHELL, 0, 'pipe:[816]', '00');
    does(SHELL, 'bash', 'S', 'do_wait', '61 0xffffffff 0x0 0x0 0x0 0x0 0x0 0x0 0x0\n');
    assert.deepEqual(ofLast(), [['cat reads S', 'tail reads T'], 'there']);
    does(SHELL, 'tail', 'S', 'anon_pipe_read');
    assert.deepEqual(ofLast(), [['cat reads S'], 'several']);
  });

  it('ends where it comes back, where nobody has the other end, and after eight hops', () => {
    pipeline('S', 'anon_pipe_read');
    machine.write({ [`proc/${C}/task/${C}/syscall`]: call(READ, 3) });
    assert.deepEqual(ofLast()?.[1], 'there');
    open(C, 3, 'pipe:[817]', '00');
    assert.deepEqual(ofLast()?.[1], 'unseen');
    open(A, 5, 'pipe:[817]', '01');
    chains = new WaitChains(sink, machine.root);
    assert.deepEqual(ofLast()?.[1], 'circle');
    machine.close();
    machine = new FileMachine();
    for (let pid = A; pid < A + 12; pid += 1) {
      open(pid, 0, `pipe:[${pid}]`, '00');
      open(pid, 1, `pipe:[${pid + 1}]`, '01');
      does(pid, 'cat', 'S', 'anon_pipe_write', call(WRITE, 1));
    }
    chains = new WaitChains(sink, machine.root);
    const far = told().at(-1);
    assert.deepEqual([far?.hops.length, far?.end], [8, 'far']);
  });

  it('is told once while nothing changes, and when the watched one waits no more; one that polls waits for nobody who is known', () => {
    pipeline('R', '0');
    for (let n = 0; n < 3; n += 1) chains.look([A], 0n);
    does(A, 'dd', 'S', 'do_poll.constprop.0', '7 0x7ff0 0x1 0x0 0x0 0x0 0x0 0x0 0x0\n');
    for (let n = 0; n < 3; n += 1) chains.look([A], 0n);
    assert.deepEqual(
      sink.textsOf('iowitness:chain').map((text): number => {
        const { hops }: WaitChain = JSON.parse(text);
        return hops.length;
      }),
      [2, 0],
    );
  });

  it('tells who is at its end, unless that is watched as well', () => {
    pipeline('T', 'do_signal_stop');
    assert.deepEqual(chains.look([A], 0n), [C]);
    assert.deepEqual(chains.look([A, C], 0n), []);
  });
});
