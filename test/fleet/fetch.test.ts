// A recording from a host to whoever reads, over a real relay: what a host shares comes as it shares it, to its reader alone; everybody else is refused in one
// sentence, and so is everybody where there is nothing to send, or where what comes is no recording.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { request, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { holdFolder } from '../../src/base/hold-path.js';
import { give } from '../../src/fleet/agent/give.js';
import { RelayTarget } from '../../src/fleet/agent/relay-target.js';
import { Sharer } from '../../src/fleet/agent/sharer.js';
import { readCredentials, type Credentials } from '../../src/fleet/credentials.js';
import { fetchPacked, type Fetched } from '../../src/fleet/fetch.js';
import { MemoryStore } from '../../src/fleet/memory-store.js';
import { RelayLine } from '../../src/fleet/relay-line.js';
import { startRelay, type RelayLimits } from '../../src/fleet/relay/server.js';
import { SHARE_HEADER } from '../../src/fleet/share.js';
import type { Share } from '../../src/model/fleet.js';
import type { Episode } from '../../src/model/watch.js';
import { diagnoseRecording } from '../../src/pipeline.js';
import { MOST_PACKED, unpack } from '../../src/recording/packed.js';
import { portOf } from '../../src/run/serve.js';
import { Errands } from '../../src/run/watch/errand.js';
import { Journal } from '../../src/run/watch/journal.js';
import { Authority } from '../support/certificates.js';
import { refusal, run } from '../support/cli.js';
import { assertDocument } from '../support/documents.js';
import { hostRow } from '../support/fleet-rows.js';
import { NOW_MS } from '../support/made-fleet.js';
import { needsCommand } from '../support/requirements.js';
import { until } from '../support/until.js';
import { unpack as unpackStall } from '../support/stalls.js';

const SECRET = 'ledger-of-acme';
const NUMBER = 3;

function episode(number: number, recording: string | null): Episode {
  return {
    number,
    startedAt: '2026-11-30T11:00:00.000Z',
    endedAt: '2026-11-30T11:01:00.000Z',
    durationMs: 60_000,
    lostSeconds: 3,
    noticed: 'waits',
    victim: null,
    recording,
    verdict: null,
    lostMs: null,
    note: null,
  };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => path.relative(folder, path.join(one.parentPath, one.name)))
    .sort();
}

describe('a recording that is fetched', { skip: needsCommand('openssl') }, () => {
  let authority: Authority;
  let folder = '';
  let watched = '';
  let recording = '';
  let server: Server;
  const told: string[] = [];
  /** How often the relay was asked for a recording. */
  let asked = 0;
  const files = new Map<string, string>();
  const ends: (() => void)[] = [];

  before(async () => {
    authority = new Authority();
    folder = mkdtempSync(path.join(tmpdir(), 'iowitness-fetch-'));
    watched = path.join(folder, 'watch');
    recording = path.join(watched, 'recordings', '20261130T110000-3.iow');
    mkdirSync(path.dirname(recording), { recursive: true, mode: 0o700 });
    unpackStall('io-max-6.12', recording);
    const manifest = path.join(recording, 'manifest.json');
    writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, 'utf8')), host: SECRET }));
    const held = holdFolder(watched);
    const journal = await Journal.open(held, { failed: assert.ifError });
    for (const one of [
      episode(1, path.join(watched, 'recordings/20261101T110000-1.iow')),
      episode(2, null),
      episode(NUMBER, recording),
    ])
      journal.add({ kind: 'episode', ...one });
    await journal.close();
    held.close();
  });
  after(() => {
    authority.remove();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => {
    for (const end of ends.splice(0)) end();
    server.closeAllConnections();
    server.close();
    told.length = 0;
    asked = 0;
  });

  function fileOf(name: string): string {
    const file = files.get(name) ?? authority.sign(name);
    files.set(name, file);
    return file;
  }

  const of = (name: string): Credentials => readCredentials(fileOf(name), authority.file);
  const tell = (sentence: string) => void told.push(sentence);
  const address = () => `relay://127.0.0.1:${portOf(server)}`;

  async function start(limits: Partial<RelayLimits> = {}, readers = ['alice', 'bob']): Promise<void> {
    const store = new MemoryStore(() => NOW_MS);
    const at = { host: '127.0.0.1', port: 0 };
    server = await startRelay({ address: at, credentials: of('relay'), store, readers, limits, tell });
    // Behind the relay's own listener, which has taken it in then.
    server.on('request', ({ method }) => {
      if (method === 'GET') asked += 1;
    });
  }

  function line(name: string): RelayLine {
    const one = new RelayLine(address(), of(name));
    ends.push(() => one.close());
    return one;
  }

  const ask = (reader: string, host = 'web1', number = NUMBER): Promise<Fetched> =>
    fetchPacked(line(reader), host, number);

  /** It is on its way when this settles; nobody minds how it ends until somebody asks. */
  async function begin(reader: string, name = 'web1'): Promise<{ readonly outcome: Promise<Fetched> }> {
    const earlier = asked;
    const outcome = ask(reader, name);
    outcome.catch(() => {});
    await until('the relay to be asked', () => asked > earlier);
    return { outcome };
  }

  interface HostOptions {
    readonly share?: Share;
    readonly stalling?: boolean;
    readonly errands?: Pick<Errands, 'run'>;
  }

  /** A host that sends its sign of life until the test ends. */
  function beginHost(name: string, { share, stalling = false, errands }: HostOptions = {}): void {
    const own = line(name);
    const here: Pick<Errands, 'run'> = {
      run: (errand) => (errand.kind === 'give' ? give(errand) : Promise.reject(new Error(errand.kind))),
    };
    const giving = share && { relay: address(), credentials: of(name), folder: watched, share };
    const says = (sentence: string) => tell(`${name}: ${sentence}`);
    const sharer = giving && new Sharer({ line: own, errands: errands ?? here, giving, tell: says });
    const target = new RelayTarget(own, sharer);
    const life = new AbortController();
    ends.push(() => life.abort());
    void (async () => {
      while (!life.signal.aborted) {
        await target.add({ hosts: [hostRow(name, NOW_MS, { stalling })] }).catch(() => {});
        await pause(50);
      }
    })();
  }

  const out = (name: string) => path.join(folder, name);
  const command = (into: string, more: readonly string[] = []) =>
    run(
      ['fleet', 'fetch', 'web1', `${NUMBER}`, '--relay', address(), '--certificate', fileOf('alice')].concat(
        ['--authority', authority.file, '-o', into],
        more,
      ),
    );

  it('is a redacted one of this user’s alone that tells the same, and both ends say who has it', async () => {
    await start();
    const errands = new Errands();
    ends.push(() => errands.close());
    beginHost('web1', { share: 'redacted', errands });
    const ran = await command(out('fetched.iow'), ['--json']);
    assert.deepEqual([ran.stderr, ran.status], ['', 0]);
    assertDocument('fleet-fetch', ran.stdout);
    const fetched = out('fetched.iow');
    assert.equal(statSync(fetched).mode & 0o777, 0o700);
    for (const name of filesBelow(fetched)) {
      assert.equal(statSync(path.join(fetched, name)).mode & 0o777, 0o600, name);
      assert.ok(!readFileSync(path.join(fetched, name)).includes(SECRET), name);
    }
    const [original, copy] = await Promise.all([recording, fetched].map((one) => diagnoseRecording(one, 'test')));
    assert.equal(copy?.diagnosis.verdict.cause, original?.diagnosis.verdict.cause);
    const given = /was given (?:web1’s|the) recording of stall 3 \(\d.* KiB, redacted\)\.$/;
    assert.match(told.find((one) => one.startsWith('alice was given')) ?? '', given);
    assert.match(told.find((one) => one.startsWith('web1: alice was given')) ?? '', given);
  });

  it('is as it lies there where its host shares whole ones', async () => {
    await start();
    beginHost('web1', { share: 'whole' });
    const { packed, share } = await ask('alice');
    assert.equal(share, 'whole');
    mkdirSync(out('whole'), { mode: 0o700 });
    const held = holdFolder(out('whole'));
    await unpack(packed, held).finally(() => held.close());
    assert.deepEqual(filesBelow(out('whole')), filesBelow(recording));
    for (const name of filesBelow(recording))
      assert.ok(readFileSync(path.join(recording, name)).equals(readFileSync(path.join(out('whole'), name))), name);
  });

  it('is refused in one sentence where its host does not share it, stalls, or has none', async () => {
    await start();
    beginHost('web1', { share: 'redacted' });
    beginHost('web2', { share: 'redacted', stalling: true });
    beginHost('web3');
    const cases = [
      ['web1', 1, /web1 does not give it: The recording of stall 1 was removed to make room for newer ones\.$/],
      ['web1', 2, /web1 does not give it: Nothing was recorded of stall 2\.$/],
      ['web1', 9, /web1 does not give it: Its watch knows of no stall 9 \(any more\)\.$/],
      ['web2', NUMBER, /web2 does not give it: It stalls at this moment, and its disk is left alone/],
      ['web3', NUMBER, /web3 shares no recordings: its watch was started without --share\.$/],
    ] as const;
    for (const [name, number, said] of cases)
      await assert.rejects(ask('alice', name, number), (error: Error) => {
        assert.match(error.message, said);
        // Nothing of where the host keeps it.
        return !error.message.includes(folder) && !error.message.includes('\n');
      });
  });

  it('is told to be none where its host is silent', async () => {
    await start({ silentMs: 300 });
    beginHost('web1', { share: 'redacted' });
    await assert.rejects(
      ask('alice', 'web9'),
      /gives none: nothing was heard of web9 for 300 ms: it is silent, or does not send to this relay\.$/,
    );
  });

  it('is given to no host, and to no reader of another name or none, who learn not even whether it is there', async () => {
    await start();
    beginHost('web1', { share: 'redacted' });
    for (const [who, name] of [
      ['web2', 'web1'],
      ['mallory', 'web1'],
      ['mallory', 'nowhere'],
    ] as const)
      await assert.rejects(ask(who, name), /gives none: This certificate may not read recordings\.$/);
    assert.equal(told.filter((one) => one === 'mallory asked for a recording and is no reader.').length, 1);
    const reader = new RelayTarget(line('alice'));
    await assert.rejects(
      reader.add({ hosts: [hostRow('web1', NOW_MS)] }),
      /refuses it: This certificate reads recordings, and sends nothing\.$/,
    );
    await assert.rejects(ask('alice', '..%2F..', NUMBER), /gives none: This certificate reads recordings/);
  });

  it('is given to nobody by a relay without readers', async () => {
    await start({}, []);
    beginHost('web1', { share: 'whole' });
    await assert.rejects(ask('alice'), /may not read recordings/);
  });

  it('is one at a time of a host, two of a reader, and one a minute', async () => {
    await start();
    for (const name of ['slow1', 'slow2']) await begin('alice', name);
    await assert.rejects(ask('bob', 'slow1'), /Somebody waits for a recording of slow1 already/);
    await assert.rejects(ask('alice'), /You wait for 2 recordings already/);
    beginHost('web1', { share: 'redacted' });
    await ask('bob');
    await assert.rejects(ask('bob'), /web1 gave a recording a moment ago: ask again in \d/);
  });

  /** What a host says in the place of its agent, of which it ends as told; 0 where it gets no answer. */
  function post(headers: Readonly<Record<string, string>>, end: 'whole' | 'broken' | 'never'): Promise<number> {
    const { certificate, authority: ca } = of('web1');
    return new Promise((settle) => {
      const options = { method: 'POST', host: '127.0.0.1', port: portOf(server), path: `/recording/${NUMBER}` };
      const sent = request({ ...options, cert: certificate, key: certificate, ca, headers, agent: false }, (answer) => {
        answer.resume().on('end', () => settle(answer.statusCode ?? 0));
      });
      sent.on('error', () => settle(0));
      if (end === 'whole') sent.end('abc');
      else sent.write('abc');
      if (end === 'broken') server.once('request', () => sent.destroy());
    });
  }

  const FORM = { [SHARE_HEADER]: 'whole' };

  for (const [what, headers, end, said] of [
    ['too much', { ...FORM, 'content-length': `${MOST_PACKED + 1}` }, 'never', /sent what is no recording/],
    ['something and not in which form', { 'content-length': '3' }, 'whole', /sent what is no recording/],
    ['something and not how much', FORM, 'never', /sent what is no recording/],
    ['a part', { ...FORM, 'content-length': '1000' }, 'broken', /broke off/],
  ] as const)
    it(`is none where a host sends ${what}`, async () => {
      await start();
      const { outcome } = await begin('alice');
      void post(headers, end);
      await assert.rejects(outcome, said);
      assert.equal(await post({ ...FORM, 'content-length': '3' }, 'whole'), 404);
    });

  it('ends with its time where a host packs for ever', async () => {
    await start({ packMs: 300 });
    beginHost('web1', { share: 'redacted', errands: { run: () => new Promise(() => {}) } });
    await assert.rejects(ask('alice'), /web1 was told of it and sent nothing for 300 ms/);
  });

  it('ends with its time where a host sends for ever', async () => {
    await start({ sendMs: 300 });
    const { outcome } = await begin('alice');
    void post({ ...FORM, 'content-length': '1000' }, 'never');
    await assert.rejects(outcome, /broke off/);
    assert.match(
      told.at(-1) ?? '',
      /^alice was given a part of web1’s recording of stall 3: it was not there after 300 ms\.$/,
    );
  });

  it('is not sent on where nobody waits for it any more', async () => {
    await start();
    const leaving = new RelayLine(address(), of('alice'));
    const outcome = fetchPacked(leaving, 'web1', NUMBER);
    await until('the relay to be asked', () => asked === 1);
    leaving.close();
    await assert.rejects(outcome);
    await until('the relay to know', async () => (await post({ ...FORM, 'content-length': '3' }, 'whole')) === 404);
  });

  it('goes through no link and over nothing that is there, and what is no recording leaves nothing', async () => {
    await start();
    mkdirSync(out('full.iow'));
    writeFileSync(path.join(out('full.iow'), 'mine'), '');
    symlinkSync(out('elsewhere'), out('link.iow'));
    mkdirSync(out('open.iow'));
    chmodSync(out('open.iow'), 0o777);
    for (const [name, said] of [
      ['full.iow', /exists and is not empty/],
      ['link.iow', /is a link and is not followed/],
      ['open.iow', /can be written by others/],
    ] as const)
      assert.match(refusal(await command(out(name))), said);
    assert.equal(asked, 0);
    const ran = command(out('junk.iow'));
    await until('it to ask', () => asked === 1);
    assert.equal(await post({ ...FORM, 'content-length': '3' }, 'whole'), 204);
    assert.match(refusal(await ran), /The packed recording/);
    assert.ok(!readdirSync(folder).includes('junk.iow'));
  });
});
