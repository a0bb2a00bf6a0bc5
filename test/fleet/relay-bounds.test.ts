// What a relay lets nobody do to it: hosts whose certificates were revoked, clients that are slow on purpose, bodies that inflate to gigabytes, batches that are sent again, and
// more connections than it has files for. Each is bounded, and others are served meanwhile.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request, type Server } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { createGzip, gzipSync } from 'node:zlib';
import { RelayTarget } from '../../src/fleet/agent/relay-target.js';
import { readCredentials, type Credentials } from '../../src/fleet/credentials.js';
import { MemoryStore } from '../../src/fleet/memory-store.js';
import { mostConnections } from '../../src/fleet/relay/connections.js';
import { Gathered } from '../../src/fleet/relay/gathered.js';
import { parseRevoked } from '../../src/fleet/relay/revoked.js';
import { startRelay, type RelayLimits } from '../../src/fleet/relay/server.js';
import { RelayLine } from '../../src/fleet/relay-line.js';
import { portOf } from '../../src/run/serve.js';
import { Authority } from '../support/certificates.js';
import { episodeRow, hostRow } from '../support/fleet-rows.js';
import { DAY_MS, NOW_MS } from '../support/made-fleet.js';
import { needsCommand } from '../support/requirements.js';

const PERIOD = { fromMs: NOW_MS - DAY_MS, toMs: NOW_MS };

describe('a relay', { skip: needsCommand('openssl') }, () => {
  let authority: Authority;
  let folder = '';
  let server: Server;
  let store: MemoryStore;
  const told: string[] = [];
  const open: { destroy: () => unknown }[] = [];
  const files = new Map<string, string>();

  before(() => {
    authority = new Authority();
    folder = mkdtempSync(path.join(tmpdir(), 'iowitness-relay-'));
  });
  after(() => {
    authority.remove();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => {
    for (const one of open.splice(0)) one.destroy();
    server.closeAllConnections();
    server.close();
    told.length = 0;
  });

  /** The file of a host's certificate, the same each time. */
  function fileOf(name: string): string {
    const file = files.get(name) ?? authority.sign(name);
    files.set(name, file);
    return file;
  }

  const of = (name: string): Credentials => readCredentials(fileOf(name), authority.file);

  async function start(limits: Partial<RelayLimits> = {}, revoked?: string): Promise<void> {
    store = new MemoryStore(() => NOW_MS);
    server = await startRelay({
      address: { host: '127.0.0.1', port: 0 },
      credentials: of('relay'),
      store,
      revoked,
      limits,
      tell: (sentence) => void told.push(sentence),
    });
  }

  function target(name: string): RelayTarget {
    const one = new RelayTarget(new RelayLine(`relay://127.0.0.1:${portOf(server)}`, of(name)));
    open.push({ destroy: () => one.close() });
    return one;
  }

  const alive = (name: string) => ({ hosts: [hostRow(name, NOW_MS)] });

  /** A connection of a host that has shaken hands. */
  async function connected(name: string): Promise<TLSSocket> {
    const { certificate, authority: ca } = of(name);
    const socket = connect({ host: '127.0.0.1', port: portOf(server), cert: certificate, key: certificate, ca });
    socket.on('error', () => {});
    open.push(socket);
    await once(socket, 'secureConnect');
    return socket;
  }

  /** What it answers to bytes that a host sends. */
  function post(body: Buffer, name: string): Promise<readonly [number, string]> {
    const { certificate, authority: ca } = of(name);
    const agent = new Agent({ cert: certificate, key: certificate, ca });
    return new Promise((settle, refuse) => {
      request({ method: 'POST', host: '127.0.0.1', port: portOf(server), path: '/batch', agent }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () => settle([answer.statusCode ?? 0, text.trim()]));
      })
        .on('error', refuse)
        .end(body);
    });
  }

  const heardOf = async (): Promise<string[]> => (await store.hosts()).map(({ host }) => host).sort();

  it('takes nothing more from a host that was revoked, by name or by certificate, on the connection that it has', async () => {
    const list = path.join(folder, 'revoked');
    writeFileSync(list, '# nobody yet\n');
    await start({}, list);
    const [web1, web2] = [target('web1'), target('web2')];
    await Promise.all([web1.add(alive('web1')), web2.add(alive('web2'))]);
    writeFileSync(list, 'web1  # taken over\n');
    await assert.rejects(web1.add(alive('web1')), /refuses it: The certificate has been revoked/);
    await web2.add(alive('web2'));
    const serial = execFileSync('openssl', ['x509', '-in', fileOf('web2'), '-noout', '-serial'], { encoding: 'utf8' });
    writeFileSync(list, serial.toLowerCase());
    await assert.rejects(web2.add(alive('web2')), /has been revoked/);
    await web1.add(alive('web1'));
    // A host that has been put right gets another certificate under its name.
    files.set('web2', authority.sign('web2'));
    await target('web2').add(alive('web2'));
    assert.equal(told.filter((one) => one.includes('was read again')).length, 2);
  });

  it('lets nobody in again whom a list revoked that has become unreadable, and says so once', async () => {
    const list = path.join(folder, 'damaged');
    writeFileSync(list, 'web1\n');
    await start({}, list);
    const [web1, web2] = [target('web1'), target('web2')];
    writeFileSync(list, 'web1\nweb 2\n');
    for (let times = 0; times < 2; times += 1) {
      await assert.rejects(web1.add(alive('web1')), /has been revoked/);
      await web2.add(alive('web2'));
    }
    rmSync(list);
    await assert.rejects(web1.add(alive('web1')), /has been revoked/);
    assert.equal(told.length, 2);
    assert.match(
      told[0] ?? '',
      /can’t be read \(line 2 is neither a host’s name nor serial=…\): what was revoked before/,
    );
    assert.match(told[1] ?? '', /can’t be read \(ENOENT\)/);
    assert.throws(() => parseRevoked('serial=xyz'), /line 1 is neither/);
    await assert.rejects(
      startRelay({
        address: { host: '127.0.0.1', port: 0 },
        credentials: of('relay'),
        store,
        revoked: list,
        tell: () => {},
      }),
      /can’t be read as a list of revoked certificates: ENOENT\.$/,
    );
  });

  it('makes of a batch that is sent again, later or by another host, nothing that was not there', async () => {
    await start();
    const stall = { host: 'web1', startedMs: NOW_MS - 60_000 };
    const early = gzipSync(JSON.stringify({ episodes: [episodeRow(stall, { revision: 1 })] }));
    const late = gzipSync(JSON.stringify({ episodes: [episodeRow(stall, { revision: 2, cause: 'dev.slow' })] }));
    for (const body of [early, late, early, late, early]) assert.equal((await post(body, 'web1'))[0], 204);
    assert.deepEqual(
      (await store.episodes(PERIOD)).map(({ host, cause }) => [host, cause]),
      [['web1', 'dev.slow']],
    );
    assert.equal((await post(late, 'web2'))[0], 204);
    assert.deepEqual(
      (await store.episodes({ ...PERIOD, hosts: ['web1'] })).map(({ cause }) => cause),
      ['dev.slow'],
    );
  });

  it('ends connections that take their time with the handshake, the head or the body, and serves others meanwhile', async () => {
    await start({ handshakeMs: 2000, headersMs: 1000, requestMs: 2000, checkMs: 100 });
    const mute = connectTcp(portOf(server), '127.0.0.1');
    open.push(mute);
    const [head, body] = [await connected('web1'), await connected('web1')];
    // What is written while the relay ends it is an error, and no end.
    const over = [mute, head, body].map(
      (one) =>
        new Promise<void>((settle) =>
          one
            .resume()
            .on('error', () => {})
            .once('close', () => settle()),
        ),
    );
    head.write('POST /batch HTTP/1.1\r\n');
    body.write('POST /batch HTTP/1.1\r\nhost: relay\r\ncontent-length: 100000\r\n\r\n');
    const dripping = setInterval(() => {
      head.write('x: y\r\n');
      body.write('x');
    }, 50);
    await target('web2').add(alive('web2'));
    await Promise.all(over);
    clearInterval(dripping);
    assert.deepEqual(await heardOf(), ['web2']);
  });

  it('inflates no body further than a batch goes: a MiB that would be a GiB takes no memory to speak of', async () => {
    await start();
    const bomb = createGzip({ level: 9 });
    const parts: Buffer[] = [];
    bomb.on('data', (part: Buffer) => parts.push(part));
    const zeros = Buffer.alloc(16 * 1024 * 1024);
    for (let at = 0; at < 64; at += 1) if (!bomb.write(zeros)) await once(bomb, 'drain');
    bomb.end();
    await once(bomb, 'end');
    const body = Buffer.concat(parts);
    assert.ok(body.length < 1024 * 1024 + 32_768, `${body.length}`);
    const rss = process.memoryUsage().rss;
    for (let times = 0; times < 3; times += 1) {
      const [status, said] = await post(body.subarray(0, 1024 * 1024), 'web1');
      assert.equal(status, 400);
      assert.match(said, /too long for one\.$/);
    }
    assert.ok(process.memoryUsage().rss - rss < 128 * 1024 * 1024);
    await target('web2').add(alive('web2'));
  });

  it('keeps no more of what hosts are sending than it has room for', async () => {
    await start({ arrivingBytes: 100_000 });
    const slow = await connected('web1');
    slow.write('POST /batch HTTP/1.1\r\nhost: relay\r\ncontent-length: 90000\r\n\r\n');
    slow.write(Buffer.alloc(80_000));
    const large = Buffer.alloc(50_000, 1);
    for (let times = 0; times < 50; times += 1) {
      const [status, said] = await post(large, 'web2');
      assert.equal(status, 400);
      if (said.startsWith('Too much')) break;
      assert.ok(times < 49, said);
    }
    slow.destroy();
    await once(slow, 'close');
    await target('web2').add(alive('web2'));
  });

  it('turns away who comes when it has as many connections as it can, says so once, and takes them when there is room', async () => {
    await start({ connections: 2 });
    const first = await connected('web1');
    await connected('web2');
    for (let times = 0; times < 3; times += 1)
      await assert.rejects(target('web3').add(alive('web3')), /can’t be reached/);
    assert.deepEqual(told, [
      '2 connections are open, which is as many as this relay takes (open files limit it): further hosts are turned away, and keep what they have.',
    ]);
    const gone = once(first, 'close');
    first.destroy();
    await gone;
    for (let times = 0; (await heardOf()).length === 0; times += 1) {
      await target('web3')
        .add(alive('web3'))
        .catch(() => {});
      assert.ok(times < 100);
    }
    assert.equal(mostConnections(1024), 960);
    assert.equal(mostConnections(10), 1);
    assert.equal(mostConnections(Infinity), 20_000);
  });

  it('has a few connections of one host, of which the newest count', async () => {
    await start();
    const sockets: TLSSocket[] = [];
    for (let at = 0; at < 5; at += 1) sockets.push(await connected('web1'));
    await once(sockets[0]?.resume() ?? assert.fail(), 'close');
    await connected('web2');
    assert.deepEqual(
      sockets.map(({ destroyed }) => destroyed),
      [true, false, false, false, false],
    );
  });
});

it('what waits for a store that gives no answer is bounded by what it is, not by what was sent', async () => {
  const gathered = new Gathered({ add: () => new Promise(() => {}) });
  const batch = 2 * 1024 * 1024;
  const waiting = Array.from({ length: 32 }, () => gathered.add({}, batch));
  await assert.rejects(gathered.add({}, 1), /Too much waits for the store already/);
  assert.equal(waiting.length, 32);
});
