// How many hosts one relay takes: so many hosts, each with a connection of its own, send what a healthy host sends in a minute, one batch after the other, to
// a relay before a real store. Prints batches a second, and the CPU time of the relay for each. As root, with a server that is this bench's alone:
//
//     node scripts/build.mjs --all && node dist/bench/fleet-relay.js http://127.0.0.1:8123/relay [HOSTS] [SECONDS]

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import path from 'node:path';
import { duration } from '../src/base/format.js';
import { RelayTarget } from '../src/fleet/agent/relay-target.js';
import { RelayLine } from '../src/fleet/relay-line.js';
import { ClickHouseStore } from '../src/fleet/clickhouse/store.js';
import { readCredentials } from '../src/fleet/credentials.js';
import type { Batch } from '../src/model/fleet-rows.js';
import { Authority } from '../test/support/certificates.js';
import { hostRow } from '../test/support/fleet-rows.js';
import { costOver, ended, read } from './process-cost.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');
const PORT = 19_472;
const [address = '', hostsText = '500', secondsText = '20'] = process.argv.slice(2);
const [hosts, seconds] = [Number(hostsText), Number(secondsText)];

/** A sign of life, and a minute of two disks. */
function minuteOf(host: string, at: number): Batch {
  const atMs = Math.floor(Date.now() / 60_000) * 60_000 - at * 60_000;
  const waits = [
    [64, 20],
    [128, 30],
    [256, 10],
  ] as const;
  const row = { host, atMs, reads: 1200, writes: 5400, readKib: 9600, writtenKib: 86_400, busyMs: 4200, waits };
  return { hosts: [hostRow(host, Date.now())], minutes: ['sda', 'sdb'].map((device) => ({ ...row, device })) };
}

const authority = new Authority();
const store = new ClickHouseStore(address);
await store.init({ keepDays: 30, cluster: undefined, dryRun: false });
const relay = spawn(
  process.execPath,
  [MAIN, 'fleet', 'relay', `127.0.0.1:${PORT}`, '--store', address, '--authority', authority.file].concat([
    '--certificate',
    authority.sign('relay'),
  ]),
  { stdio: ['ignore', 'inherit', 'inherit'] },
);
try {
  await pause(2000);
  // Four are one host, which is as many connections as one may have: signing takes longer than the rest.
  let credentials = readCredentials(authority.sign('web0'), authority.file);
  const targets = Array.from({ length: hosts }, (_, at) => {
    if (at % 4 === 0 && at > 0) credentials = readCredentials(authority.sign(`web${at}`), authority.file);
    return new RelayTarget(new RelayLine(`relay://127.0.0.1:${PORT}`, credentials));
  });
  const begunMs = performance.now();
  // Until every one has shaken hands; hosts don't do so all at once.
  for (let from = 0; from < hosts; from += 100)
    await Promise.all(targets.slice(from, from + 100).map((target, at) => target.add(minuteOf('web', from + at))));
  const { pid = 0 } = relay;
  const rss = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1];
  console.log(
    `${hosts} hosts have shaken hands and sent a batch in ${duration(performance.now() - begunMs)}; the relay has ${readdirSync(`/proc/${pid}/fd`).length} open files and ${Math.round(Number(rss) / 1024)} MiB`,
  );
  const until = performance.now() + seconds * 1000;
  let [sent, failed] = [0, 0];
  const sending = targets.map(async (target, at) => {
    for (let times = 1; performance.now() < until; times += 1) {
      // A host keeps what it could not send.
      const took = await target.add(minuteOf('web', (at + times * hosts) % 100_000)).then(
        () => true,
        () => false,
      );
      if (!took) failed += 1;
      else if (performance.now() < until) sent += 1;
    }
    target.close();
  });
  const { cpuShare, mib } = await costOver([pid], seconds);
  const rate = sent / seconds;
  await Promise.all(sending);
  console.log(
    `${hosts} hosts: ${rate.toFixed(0)} batches a second, ${failed} refused or cut off, ${((cpuShare / rate) * 1e6).toFixed(0)} µs of CPU for each, ${(cpuShare * 100).toFixed(0)} % of a CPU, ${Math.round(mib)} MiB at most`,
  );
} finally {
  relay.kill('SIGTERM');
  await ended(relay);
  authority.remove();
  store.close();
}
