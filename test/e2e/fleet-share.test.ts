// A recording of a real stall on its way through all programs: a watch that shares, its relay behind TLS, the store, `fleet show` and `fleet fetch`. What
// arrives is judged as what lies on the host is, and names nobody and nothing of it.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { UndoJournal } from '../../src/capture/undo.js';
import { LabCgroup } from '../../src/lab/scenarios/cgroup.js';
import { makeLoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import type { FleetShow } from '../../src/model/fleet.js';
import { Authority } from '../support/certificates.js';
import { run, start } from '../support/cli.js';
import { ClickHouseServer } from '../support/clickhouse.js';
import { assertDocument } from '../support/documents.js';
import { textsOf } from '../support/recordings.js';
import { needsCommand, needsLoop, needsTracefs } from '../support/requirements.js';
import { RunningWatch } from '../support/running-watch.js';
import { inWorkplace } from '../support/scenario.js';
import { until } from '../support/until.js';
import { startWriter } from '../support/writer.js';

const MiB = 1024 * 1024;
/** What nobody who fetches may learn: of the host, the process, the folder and the file. */
const SECRETS = ['vault-of-acme', 'acme-ledger', 'payroll-volume', 'salaries.db'];

const tellsOf = (texts: readonly string[]) => SECRETS.filter((secret) => texts.some((text) => text.includes(secret)));

async function diagnosed(recording: string) {
  const { stdout, stderr } = await run(['diagnose', recording, '--json']);
  assert.equal(stderr, '');
  const { verdict, causes } = JSON.parse(stdout);
  const { cause, layer, sureness, confidence, since } = verdict;
  return {
    cause,
    layer,
    sureness,
    confidence,
    since,
    states: causes?.map(({ id, state }: { id: string; state: string }) => `${id} ${state}`),
  };
}

async function onWay(folder: string, journal: UndoJournal, server: ClickHouseServer, authority: Authority) {
  const store = server.address('share');
  assert.equal((await run(['fleet', 'init', store])).status, 0);
  const of = (name: string) => ['--certificate', authority.sign(name), '--authority', authority.file];
  const relay = start(['fleet', 'relay', '127.0.0.1:0', '--store', store, '--readers', 'alice', ...of('relay')], {
    timeout: 600_000,
  });
  let said = '';
  relay.child.stdout?.on('data', (text: string) => (said += text));
  await until('the relay', () => /reach the relay at/.test(said));
  const address = /reach the relay at (\S+);/.exec(said)?.[1] ?? '';

  const volume = makeLoopVolume(journal, { folder, name: 'payroll-volume', bytes: 256 * MiB });
  // A cgroup of a scenario is named as ours, and such names are kept.
  const group = LabCgroup.make(journal, 'blkio', 'limited');
  const file = path.join(volume.mountPoint, 'salaries.db');
  const victim = await startWriter(journal, { name: 'acme-ledger', file });
  group.enter(victim.pid);
  victim.go();
  const watch = await RunningWatch.start({
    store: path.join(folder, 'watch'),
    args: ['--cgroup', group.folder, '--push', `relay://${address}`, '--share', 'redacted', ...of('web1')],
    within: ['unshare', '--uts', 'sh', '-c', 'hostname vault-of-acme && exec "$@"', 'sh'],
  });
  try {
    const onsetMs = Date.now();
    group.limitIo(volume.device, { writeIops: 2 });
    const begun = await watch.episode('of the limit', ({ startedAt }) => Date.parse(startedAt) > onsetMs - 1000);
    group.limitIo(volume.device, { writeIops: 100_000 });
    const { number } = begun;
    const episode = await watch.episode(
      'that is judged',
      (one) => one.number === number && one.verdict !== null && one.endedAt !== null,
    );
    assert.equal(episode.verdict?.cause, 'blk.cgroup-limit', JSON.stringify(episode));

    let show: FleetShow | undefined;
    const asked = ['fleet', 'show', 'web1', String(number), '--store', store];
    await until(
      () => `its verdict in the fleet: ${JSON.stringify(show)}`,
      async () => {
        const { stdout, status } = await run([...asked, '--json']);
        if (status === 2) return false;
        assertDocument('fleet-show', stdout);
        show = JSON.parse(stdout);
        return show?.episodes[0]?.cause === 'blk.cgroup-limit' && show.host.since === null;
      },
      { everyMs: 1000, patienceMs: 120_000 },
    );
    const shown = (await run(asked)).stdout.replace(/\s+/g, ' ');
    assert.ok(shown.includes(`iowitness fleet fetch web1 ${number} --relay`), shown);

    const fetched = path.join(folder, 'fetched.iow');
    const ran = await run(
      ['fleet', 'fetch', 'web1', String(number), '--relay', `relay://${address}`, ...of('alice'), '-o', fetched],
      { timeout: 400_000 },
    );
    assert.equal(ran.status, 0, `${ran.stderr} ${said} ${watch.said}`);
    const kept = episode.recording ?? '';
    assert.deepEqual(await diagnosed(fetched), await diagnosed(kept));
    assert.deepEqual(tellsOf(textsOf(kept)), SECRETS, 'the host has them in its own');
    assert.deepEqual(tellsOf(textsOf(fetched)), []);
    assert.match(said, /alice was given web1’s recording of stall \d+ \(\d.*, redacted\)\./);
    assert.match(watch.said, /alice was given the recording of stall \d+ \(\d.*, redacted\)\./);
  } finally {
    await watch.kill();
    relay.child.kill('SIGTERM');
    await relay.ended;
  }
}

test(
  'a stall of a host is fetched from elsewhere, told the same, and names nothing of the host',
  { skip: needsLoop() || needsTracefs() || needsCommand('clickhouse-server') || needsCommand('openssl') },
  () =>
    inWorkplace(async ({ folder, journal }) => {
      const [server] = await ClickHouseServer.start(1);
      assert.ok(server);
      const authority = new Authority();
      try {
        await onWay(folder, journal, server, authority);
      } finally {
        authority.remove();
        await server.stop();
      }
    }),
);
