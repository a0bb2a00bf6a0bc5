// A ClickHouse server of a test's own: on loopback, on ports that are free, with its data in a folder that goes with it.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 60_000;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  server.close();
  await once(server, 'close');
  return port;
}

const USERS = `<yandex><profiles><default/><reader><readonly>1</readonly></reader></profiles>
<quotas><default><interval><duration>3600</duration><queries>0</queries><errors>0</errors><result_rows>0</result_rows><read_rows>0</read_rows><execution_time>0</execution_time></interval></default></quotas>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default>
<reader><password>pass'word</password><networks><ip>127.0.0.1</ip></networks><profile>reader</profile><quota>default</quota></reader></users></yandex>`;

interface Ports {
  readonly http: number;
  readonly tcp: number;
  readonly interserver: number;
}

function configOf(folder: string, { http, tcp, interserver }: Ports, shards: readonly Ports[]): string {
  const cluster = shards
    .map((one) => `<shard><replica><host>127.0.0.1</host><port>${one.tcp}</port></replica></shard>`)
    .join('');
  return `<yandex><logger><level>warning</level><log>${folder}/log</log><errorlog>${folder}/errors</errorlog></logger>
<http_port>${http}</http_port><tcp_port>${tcp}</tcp_port><interserver_http_port>${interserver}</interserver_http_port>
<interserver_http_host>127.0.0.1</interserver_http_host><listen_host>127.0.0.1</listen_host><mark_cache_size>67108864</mark_cache_size>
<path>${folder}/data/</path><tmp_path>${folder}/tmp/</tmp_path><users_config>users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database><timezone>UTC</timezone>
<remote_servers><both>${cluster}</both></remote_servers></yandex>`;
}

export class ClickHouseServer {
  readonly port: number;
  private readonly folder: string;
  private child: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  /** So many, each of which knows all of them as the cluster 'both'. */
  static async start(count: number): Promise<ClickHouseServer[]> {
    const ports: Ports[] = [];
    while (ports.length < count)
      ports.push({ http: await freePort(), tcp: await freePort(), interserver: await freePort() });
    const servers = ports.map((own) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-clickhouse-'));
      mkdirSync(path.join(folder, 'data'));
      writeFileSync(path.join(folder, 'config.xml'), configOf(folder, own, ports));
      writeFileSync(path.join(folder, 'users.xml'), USERS);
      return new ClickHouseServer(folder, own.http);
    });
    await Promise.all(servers.map((one) => one.begin()));
    return servers;
  }

  address(database: string, user = ''): string {
    return `http://${user}127.0.0.1:${this.port}/${database}`;
  }

  async begin(): Promise<void> {
    this.child = spawn('clickhouse-server', ['--config-file=config.xml'], { cwd: this.folder, stdio: 'ignore' });
    for (const begun = performance.now(); performance.now() - begun < PATIENCE_MS; await pause(100)) {
      const answer = await fetch(`http://127.0.0.1:${this.port}/ping`).catch(() => undefined);
      if (answer?.ok === true) return;
    }
    throw new Error('clickhouse-server does not answer');
  }

  /** Kills it as a crash does. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async ask(statement: string): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/`, { method: 'POST', body: statement });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text.trim();
  }
}
