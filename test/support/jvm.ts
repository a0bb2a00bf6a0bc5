// JVMs for tests: the JDKs of this machine, and one of test/support/java running in one of them, compiled once, with all threads where they belong.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { needsCommand } from './requirements.js';

const JVM_FOLDER = '/usr/lib/jvm';
const SOURCES = path.resolve(import.meta.dirname, '../../../test/support/java');

/** The JDKs by their folder's name, each once. */
export function jdks(): { readonly name: string; readonly home: string }[] {
  if (!existsSync(JVM_FOLDER)) return [];
  return readdirSync(JVM_FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(JVM_FOLDER, entry.name, 'bin/javac')))
    .map(({ name }) => ({ name, home: path.join(JVM_FOLDER, name) }));
}

/** Of those the ones with virtual threads as they are since JDK 24: a monitor that they wait for or hold keeps no carrier. */
export function jdksWithVirtualThreads(): ReturnType<typeof jdks> {
  return jdks().filter(({ name }) => /-(?:2[4-9]|[3-9]\d)-/.test(name));
}

export function needsJdk(): false | string {
  if (jdks().length === 0) return 'it needs a JDK in /usr/lib/jvm: install openjdk-17-jdk-headless';
  return needsCommand('mkfifo');
}

export interface Lab {
  readonly pid: number;
  /** What the holders write into. */
  readonly pipe: string;
  readonly child: ChildProcess;
  end(): void;
}

/** A folder with the compiled programs of test/support/java. */
export function compileLab(home: string, ...programs: readonly string[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-lab-'));
  const sources = programs.map((name) => path.join(SOURCES, `${name}.java`));
  const { status, stderr } = spawnSync(
    path.join(home, 'bin/javac'),
    ['--release', '8', '-Xlint:-options', '-d', folder, ...sources],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return folder;
}

interface LabOptions {
  readonly options?: readonly string[];
  /** A command that starts it, such as setpriv. */
  readonly by?: readonly string[];
  /** Where its pipe lies. */
  readonly folder?: string;
  /** What is run instead of LockLab, with its arguments; the pipe is the last one behind them. */
  readonly program?: readonly string[];
}

/** Starts it and waits until every thread holds or waits for what it should. */
export async function startLab(
  home: string,
  classes: string,
  depth: number,
  { options = [], by = [], folder: within = tmpdir(), program: given }: LabOptions = {},
): Promise<Lab> {
  const folder = mkdtempSync(path.join(within, 'iowitness-pipe-'));
  const pipe = path.join(folder, 'snapshot');
  spawnSync('mkfifo', ['-m', '666', pipe]);
  for (const each of [folder, classes]) chmodSync(each, 0o755);
  const flags = ['-Xmx64m', '-Xss4m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', ...options];
  const [program, ...args] = [
    ...by,
    path.join(home, 'bin/java'),
    ...flags,
    '-cp',
    classes,
    ...(given ?? ['LockLab', String(depth)]),
    pipe,
  ];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  await new Promise<void>((settle, reject) => {
    child.stdout?.once('data', () => settle());
    child.once('exit', (status) => reject(new Error(`the program ended with ${status}`)));
    child.once('error', reject);
  });
  return {
    pid: child.pid ?? 0,
    pipe,
    child,
    end() {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true });
      // What a JVM that is killed leaves.
      rmSync(`/tmp/.java_pid${child.pid}`, { force: true });
    },
  };
}
