// ClickHouse with one client that inserts rows through HTTP, block after block.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Site } from '../site.js';
import { untilReady } from './postgres.js';

const USERS = `<yandex><profiles><default/></profiles><users><default><password></password><networks><ip>127.0.0.1</ip></networks>
<profile>default</profile><quota>default</quota></default></users><quotas><default/></quotas></yandex>`;

/** Starts a server whose data lie in a folder, and a client whose statements insert so many rows each; the server's pid is returned. */
export async function startClickhouse(site: Site, folder: string, rows: number): Promise<number> {
  const data = join(folder, 'clickhouse');
  mkdirSync(data);
  const port = 20_000 + (process.pid % 10_000);
  const paths = `<path>${data}/</path><tmp_path>${data}/tmp/</tmp_path><users_config>${site.folder}/users.xml</users_config>`;
  const ports = `<http_port>${port}</http_port><tcp_port>${port + 10_000}</tcp_port><listen_host>127.0.0.1</listen_host>`;
  const rest =
    '<mark_cache_size>5368709</mark_cache_size><default_profile>default</default_profile><default_database>default</default_database>';
  const log = `<logger><level>warning</level><log>${site.folder}/clickhouse.log</log><errorlog>${site.folder}/clickhouse.err</errorlog></logger>`;
  writeFileSync(join(site.folder, 'config.xml'), `<yandex>${log}${ports}${paths}${rest}</yandex>`);
  writeFileSync(join(site.folder, 'users.xml'), USERS);
  const { pid } = site.run('clickhouse-server', [`--config-file=${join(site.folder, 'config.xml')}`], {
    cwd: site.folder,
  });
  const url = `http://127.0.0.1:${port}/`;
  const ask = (statement: string) => site.complete('curl', ['-sSf', url, '--data-binary', statement]);
  await untilReady(() => ask('select 1'));
  await ask('create table log (n UInt64, text String) engine = MergeTree order by n');
  const insert = `insert into log select number, toString(rand64()) from numbers(${rows})`;
  site.run('sh', ['-c', `while :; do curl -sS ${url} --data-binary '${insert}'; done`]);
  return pid;
}
