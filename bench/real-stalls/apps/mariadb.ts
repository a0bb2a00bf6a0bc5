// MariaDB with InnoDB in its own way of I/O (O_DIRECT, native AIO), and clients that insert, each statement a commit.

import { chownSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../src/lab/scenarios/loop-volume.js';
import type { Site } from '../site.js';
import { untilReady } from './postgres.js';

export interface MariadbOptions {
  readonly clients: number;
  /** Rest of each client after a commit, seconds; 0 for none. */
  readonly restSeconds: number;
  /** An existing folder for the redo log; the data's unless told. */
  readonly logFolder?: string;
}

/** Starts a server whose data lie in a folder, and its clients; the server's pid is returned. */
export async function startMariadb(site: Site, folder: string, options: MariadbOptions): Promise<number> {
  const [data, socket] = [join(folder, 'my'), join(site.folder, 'my.sock')];
  const owner = { uid: Number(run('id', '-u', 'mysql')), gid: Number(run('id', '-g', 'mysql')) };
  mkdirSync(data);
  chownSync(data, owner.uid, owner.gid);
  chownSync(site.folder, owner.uid, owner.gid);
  const asOwner = { ...owner, cwd: site.folder };
  const quick = ['--skip-test-db', '--innodb-log-file-size=16M', '--innodb-flush-log-at-trx-commit=0'];
  await site.complete('mariadb-install-db', ['--no-defaults', `--datadir=${data}`, ...quick], asOwner);
  const settings = ['--skip-networking', '--innodb-buffer-pool-size=32M', '--innodb-log-file-size=16M'];
  if (options.logFolder !== undefined) {
    chownSync(options.logFolder, owner.uid, owner.gid);
    await site.complete('mv', [join(data, 'ib_logfile0'), options.logFolder]);
    settings.push(`--innodb-log-group-home-dir=${options.logFolder}`);
  }
  const { pid } = site.run(
    'mariadbd',
    ['--no-defaults', `--datadir=${data}`, `--socket=${socket}`, ...settings, '--skip-grant-tables'],
    asOwner,
  );
  const client = ['--no-defaults', '-S', socket, '-u', 'root'];
  const table = 'create database shop; create table shop.orders (id int auto_increment primary key, note varchar(900))';
  await untilReady(() => site.complete('mariadb', [...client, '-e', 'select 1']));
  await site.complete('mariadb', [...client, '-e', table]);
  const statement = "insert into orders (note) values (repeat('x', 900));\n";
  const rest = options.restSeconds > 0 ? `do sleep(${options.restSeconds});\n` : '';
  const script = join(site.folder, 'orders.sql');
  writeFileSync(script, (statement + rest).repeat(60_000));
  for (let count = 0; count < options.clients; count += 1) {
    const input = openSync(script, 'r');
    site.run('mariadb', [...client, 'shop'], { stdin: input });
  }
  return pid;
}
