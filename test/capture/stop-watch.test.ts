// Whose other end a stopped process has: by the inode of a pipe and which end it is, by the addresses of TCP, and of the UNIX domain only as far as
// names tell.

import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { StopWatch } from '../../src/capture/stop-watch.js';
import type { Stopped } from '../../src/model/recording.js';
import { FileMachine } from '../support/machine.js';
import { MemorySink } from '../support/tape.js';

const [ME, PEER, MIDDLE] = [7, 8, 9];

describe('who is stopped', () => {
  let machine: FileMachine;
  let sink: MemorySink;
  beforeEach(() => {
    machine = new FileMachine();
    sink = new MemorySink();
  });
  afterEach(() => machine.close());

  function open(pid: number, fd: number, link: string, flags = '02'): void {
    mkdirSync(`${machine.root}/proc/${pid}/fd`, { recursive: true });
    symlinkSync(link, `${machine.root}/proc/${pid}/fd/${fd}`);
    machine.write({ [`proc/${pid}/fdinfo/${fd}`]: `pos:\t0\nflags:\t${flags}\n` });
  }

  function shared(): unknown {
    const watch = new StopWatch(sink, machine.root);
    watch.look(new Map([[PEER, 'gzip']]), [ME], 0n);
    return sink.textsOf('iowitness:stopped').map((text): unknown => {
      const { shared: ends }: Stopped = JSON.parse(text);
      return ends;
    });
  }

  it('has the reading end of the pipe that a watched process writes', () => {
    open(ME, 1, 'pipe:[815]', '01');
    open(PEER, 0, 'pipe:[815]', '00');
    assert.deepEqual(shared(), [[{ victim: ME, does: 'reads' }]]);
  });

  it('shares nothing with whoever writes the same pipe, as two children of one shell do', () => {
    open(ME, 2, 'pipe:[815]', '01');
    open(PEER, 2, 'pipe:[815]', '01');
    assert.deepEqual(shared(), [[]]);
  });

  it('is the peer of a connection, or may be the server of a client by a socket without an address', () => {
    open(ME, 3, 'socket:[502]');
    open(ME, 4, 'socket:[602]');
    open(PEER, 3, 'socket:[501]');
    open(PEER, 4, 'socket:[601]');
    const rest = '00000000:00000000 00:00000000 00000000 0 0';
    const tcp = `head\n0: A:1 A:2 01 ${rest} 501 1\n1: A:2 A:1 01 ${rest} 502 1\n`;
    const unix = `head\n0: 3 0 00000000 0001 03 601 /run/db.sock\n0: 3 0 00000000 0001 03 602\n`;
    for (const pid of [ME, PEER]) machine.write({ [`proc/${pid}/net/tcp`]: tcp, [`proc/${pid}/net/unix`]: unix });
    assert.deepEqual(shared(), [
      [
        { victim: ME, does: 'talks' },
        { victim: ME, does: 'may-serve' },
      ],
    ]);
  });

  it('is compared with whom a watched one waits for as well, which may not be known when it is found', () => {
    open(PEER, 4, 'socket:[601]');
    open(MIDDLE, 4, 'socket:[602]');
    const unix = `head\n0: 3 0 00000000 0001 03 601 /run/db.sock\n0: 3 0 00000000 0001 03 602\n`;
    for (const pid of [MIDDLE, PEER]) machine.write({ [`proc/${pid}/net/unix`]: unix });
    const watch = new StopWatch(sink, machine.root);
    for (const beyond of [[], [MIDDLE], [PEER]]) watch.look(new Map([[PEER, 'gzip']]), [ME], 0n, beyond);
    const ends = sink.textsOf('iowitness:stopped').map((text): unknown => {
      const { shared: found }: Stopped = JSON.parse(text);
      return found;
    });
    assert.deepEqual(ends, [[], [{ victim: MIDDLE, does: 'may-serve' }], []]);
  });

  it('is told once while nothing changes, and when it goes on; a watched one that is stopped is told of its own states', () => {
    const watch = new StopWatch(sink, machine.root);
    for (const stopped of [[PEER, ME], [PEER, ME], []]) watch.look(new Map(stopped.map((pid) => [pid, 'x'])), [ME], 0n);
    assert.deepEqual(
      sink.textsOf('iowitness:stopped').map((text): unknown => JSON.parse(text)),
      [
        { pid: PEER, comm: 'x', stopped: true, shared: [] },
        { pid: PEER, comm: '', stopped: false, shared: [] },
      ],
    );
  });
});
