// The relay: a host writes its own rows and nothing else, whatever it calls itself; who has no certificate of the authority writes nothing; and what is no
// batch is refused in one sentence.

import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { request, type Server } from 'node:https';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { RelayTarget } from '../../src/fleet/agent/relay-target.js';
import { readCredentials, type Credentials } from '../../src/fleet/credentials.js';
import { hostOf, startRelay } from '../../src/fleet/relay/server.js';
import { RelayLine } from '../../src/fleet/relay-line.js';
import { portOf } from '../../src/run/serve.js';
import { Authority } from '../support/certificates.js';
import { episodeRow, hostRow } from '../support/fleet-rows.js';
import { MemoryStore } from '../../src/fleet/memory-store.js';
import { DAY_MS, NOW_MS } from '../support/made-fleet.js';
import { needsCommand } from '../support/requirements.js';

const PERIOD = { fromMs: NOW_MS - DAY_MS, toMs: NOW_MS };

describe('the relay', { skip: needsCommand('openssl') }, () => {
  let [authority, other]: Authority[] = [];
  let store: MemoryStore;
  let server: Server;
  let failure: Error | undefined;
  const told: string[] = [];

  const of = (name: string, by = authority): Credentials => readCredentials(by?.sign(name), authority?.file);
  const target = (credentials: Credentials) =>
    new RelayTarget(new RelayLine(`relay://127.0.0.1:${portOf(server)}`, credentials));

  before(async () => {
    [authority, other] = [new Authority(), new Authority()];
    store = new MemoryStore(() => NOW_MS);
    const failing = {
      add: (batch: Parameters<MemoryStore['add']>[0]) => (failure ? Promise.reject(failure) : store.add(batch)),
    };
    server = await startRelay({
      address: { host: '127.0.0.1', port: 0 },
      credentials: of('relay'),
      store: failing,
      tell: (sentence) => void told.push(sentence),
    });
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    authority?.remove();
    other?.remove();
  });

  /** What it answers to bytes that a host sends. */
  function post(
    body: Buffer,
    { certificate, authority: ca }: Credentials,
    path = '/batch',
  ): Promise<readonly [number, string]> {
    return new Promise((settle, refuse) => {
      const options = {
        method: 'POST',
        host: '127.0.0.1',
        port: portOf(server),
        path,
        cert: certificate,
        key: certificate,
        ca,
      };
      request({ ...options, agent: false }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () => settle([answer.statusCode ?? 0, text.trim()]));
      })
        .on('error', refuse)
        .end(body);
    });
  }

  it('writes rows under the name of the certificate, however often they come and whatever they call themselves', async () => {
    const web1 = target(of('web1'));
    const batch = {
      hosts: [hostRow('web2', NOW_MS - 1000, { receivedMs: NOW_MS + DAY_MS })],
      episodes: [episodeRow({ host: 'db9', startedMs: NOW_MS - 60_000 }, { cause: 'dev.slow' })],
    };
    for (let times = 0; times < 3; times += 1) await web1.add(batch);
    web1.close();
    const hosts = await store.hosts();
    // When it came is for the store to say.
    assert.deepEqual(
      hosts.map(({ host, receivedMs }) => [host, receivedMs]),
      [['web1', NOW_MS]],
    );
    assert.deepEqual(
      (await store.episodes(PERIOD)).map(({ host, cause }) => [host, cause]),
      [['web1', 'dev.slow']],
    );
  });

  it('takes nothing from who has no certificate of its authority, and a host nothing from a relay that has none', async () => {
    const stranger = target(of('web1', other));
    await assert.rejects(
      stranger.add({ hosts: [hostRow('web1', NOW_MS)] }),
      /^UserError: relay:\/\/127\.0\.0\.1:\d+ can’t be reached/,
    );
    assert.match(told.at(-1) ?? '', /was refused/);
    const deceived = target({ ...of('web1'), authority: readCredentials(other?.sign('x'), other?.file).authority });
    await assert.rejects(deceived.add({}), /can’t be reached/);
    for (const one of [stranger, deceived]) one.close();
    assert.equal((await store.hosts()).length, 1);
  });

  it('refuses what is no batch in one sentence, and writes nothing of it', async () => {
    const web3 = of('web3');
    const packed = (value: unknown) => gzipSync(JSON.stringify(value));
    const host = { boot: 'b', agent: 'a', sentMs: 0, stalling: false, droppedEpisodes: 0, droppedMinutes: 0 };
    const cases = [
      [Buffer.from('no gzip'), 400, /no compressed JSON/],
      [gzipSync('{'), 400, /no compressed JSON/],
      [gzipSync(Buffer.alloc(3 * 1024 * 1024, 32)), 400, /too long for one/],
      [Buffer.alloc(1024 * 1024 + 1), 400, /too long for a batch/],
      [packed(5), 400, /no batch of rows/],
      [packed({ hosts: [{ ...host, sentMs: '0' }] }), 400, /hosts\.0\.sentMs/],
      [packed({ hosts: [{ ...host, sentMs: -1 }] }), 400, /hosts\.0\.sentMs/],
      [packed({ hosts: [{ ...host, agent: 'x'.repeat(40_000) }] }), 400, /hosts\.0\.agent/],
      [packed({ hosts: Array.from({ length: 10_001 }, () => host) }), 400, /hosts is not/],
    ] as const;
    for (const [body, status, said] of cases) {
      const [got, text] = await post(body, web3);
      assert.equal(got, status, text);
      assert.match(text, said);
      assert.ok(!text.includes('\n'));
    }
    assert.equal((await post(packed({}), web3, '/'))[0], 404);
    assert.deepEqual(
      (await store.hosts()).map(({ host: name }) => name),
      ['web1'],
    );
  });

  it('lets a host keep what the store does not take, without the words of the store', async () => {
    failure = new Error('the store at http://secret:8123 is down');
    const web4 = target(of('web4'));
    await assert.rejects(web4.add({ hosts: [hostRow('web4', NOW_MS)] }), (error: Error) => {
      assert.match(error.message, /refuses it: The store does not take it now/);
      return !error.message.includes('secret');
    });
    failure = undefined;
    await web4.add({ hosts: [hostRow('web4', NOW_MS)] });
    web4.close();
    assert.deepEqual(
      (await store.hosts()).map(({ host }) => host),
      ['web1', 'web4'],
    );
    assert.deepEqual(
      told.slice(-2).map((one) => one.split(':')[0]),
      ['hosts have to keep what they send', 'the store takes what is sent again.'],
    );
  });

  it('joins what many hosts send at once into few inserts', async () => {
    const already = store.batches.length;
    const targets = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ name, to: target(of(name)) }));
    await Promise.all(targets.map(({ name, to }) => to.add({ hosts: [hostRow(name, NOW_MS)] })));
    for (const { to } of targets) to.close();
    assert.ok(store.batches.length - already <= 2, `${store.batches.length - already} inserts`);
    assert.equal((await store.hosts()).length, 8);
  });

  it('takes no key that others may read, and no file without one', () => {
    const file = authority?.sign('x') ?? '';
    chmodSync(file, 0o640);
    assert.throws(() => readCredentials(file, authority?.file), /may be read by others/);
    assert.throws(() => readCredentials(authority?.file, authority?.file), /may be read by others/);
    assert.throws(() => readCredentials(undefined, authority?.file), /name --certificate and --authority/);
    assert.throws(() => readCredentials('/nowhere', authority?.file), /can’t be read \(ENOENT\)/);
  });
});

it('a certificate that names no host, or two, is nobody’s', () => {
  assert.equal(hostOf('web1.example'), 'web1.example');
  for (const none of [undefined, '', 'a b', "x'; DROP", ['a', 'b'], '\u202e', 'a'.repeat(300)])
    assert.equal(hostOf(none), undefined);
});
