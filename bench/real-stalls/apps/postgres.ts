// PostgreSQL with pgbench's clients: every transaction commits, and a commit is a flush of the log.

import { chownSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from '../../../src/base/errors.js';
import { run } from '../../../src/lab/scenarios/loop-volume.js';
import type { Site } from '../site.js';

export interface PostgresOptions {
  readonly clients: number;
  /** Transactions a second that the clients ask for; as many as they get unless told. */
  readonly rate?: number;
  /** No clients: nobody asks for anything. */
  readonly idle?: boolean;
  /** An existing folder whose subfolder holds the write-ahead log; the data's unless told. */
  readonly walFolder?: string;
  /** Clients only read. */
  readonly readOnly?: boolean;
  /** The command line that the server is started with, such as of a cgroup. */
  readonly inside?: (argv: readonly string[]) => readonly string[];
}

export interface Postgres {
  /** The postmaster's. */
  readonly pid: number;
  /** The command line of the clients, for a scenario that watches them. */
  readonly client: readonly string[];
}

function binaries(): string {
  const [version = ''] = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a));
  return `/usr/lib/postgresql/${version}/bin`;
}

/** Starts a server whose data lie in a folder, with its clients unless they are to be started by the recorder. */
export async function startPostgres(
  site: Site,
  folder: string,
  options: PostgresOptions,
  startClients = true,
): Promise<Postgres> {
  const bin = binaries();
  const owner = { uid: Number(run('id', '-u', 'postgres')), gid: Number(run('id', '-g', 'postgres')) };
  const [data, socket] = [join(folder, 'pg'), join(site.folder, 'pg-socket')];
  for (const each of [data, socket]) {
    mkdirSync(each, { mode: 0o700 });
    chownSync(each, owner.uid, owner.gid);
  }
  const env = { PATH: `${bin}:/usr/bin:/bin`, LC_ALL: 'C' };
  const asOwner = { ...owner, env, cwd: folder };
  const wal = walArgs(owner, options.walFolder);
  const base = ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync', '-E', 'UTF8'];
  await site.complete(`${bin}/initdb`, [...base, ...wal], asOwner);
  const settings = [
    'listen_addresses=',
    'shared_buffers=32MB',
    'checkpoint_timeout=20min',
    'max_wal_size=1GB',
    'dynamic_shared_memory_type=mmap',
  ];
  const argv = [`${bin}/postgres`, '-D', data, '-k', socket, ...settings.flatMap((setting) => ['-c', setting])];
  const [program = '', ...args] = asUser('postgres', argv, options.inside);
  // At once, but not killed: it would leave shared memory behind.
  const { pid } = site.run(program, args, { env, cwd: folder, endSignal: 'SIGQUIT' });
  await untilReady(() => site.complete(`${bin}/pg_isready`, ['-h', socket, '-q'], { env }));
  const pgbench = [`${bin}/pgbench`, '-h', socket, '-U', 'postgres'];
  await site.complete(pgbench[0] ?? '', [...pgbench.slice(1), '-i', '-s', '1', '-q', 'postgres'], { env });
  const rate = options.rate === undefined ? [] : ['-R', String(options.rate)];
  const reads = options.readOnly === true ? ['-S'] : [];
  const client = [...pgbench, '-n', ...reads, '-c', String(options.clients), '-T', '60', ...rate, 'postgres'];
  const [first = '', ...rest] = client;
  if (startClients && options.idle !== true) site.run(first, rest, { env });
  return { pid, client };
}

function walArgs({ uid, gid }: { uid: number; gid: number }, folder: string | undefined): readonly string[] {
  if (folder === undefined) return [];
  const wal = join(folder, 'wal');
  mkdirSync(wal, { mode: 0o700 });
  chownSync(wal, uid, gid);
  return ['-X', wal];
}

/** A cgroup is entered as root, and only then the user is changed; the pid stays the same. */
function asUser(user: string, argv: readonly string[], inside: PostgresOptions['inside']): readonly string[] {
  const changed = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', ...argv];
  return inside ? inside(changed) : changed;
}

/** Asks until it is answered, for 15 s at most. */
export async function untilReady(ask: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!(error instanceof UserError) || tries === 75) throw error;
      await pause(200);
    }
  }
}
