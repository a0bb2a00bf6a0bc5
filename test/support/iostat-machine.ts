// A saved machine of test/fixtures/iostat as folders of /proc, /sys and /dev that go from sample to sample, and both iostats on them: sysstat's in
// a mount namespace of its own that has these folders in place of the machine's, ours with them as its root. sysstat waits for SIGALRM
// between samples, so it takes the next one when it is told to.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseDiskstats } from '../../src/base/procfs/diskstats.js';
import { OpenFiles } from '../../src/capture/files.js';
import { runIostat } from '../../src/run/iostat/live.js';
import { reportFor } from '../../src/tools/iostat/forms.js';
import { parseIostatOptions } from '../../src/tools/iostat/options.js';
import { needsCommand, needsRoot } from './requirements.js';

const FIXTURES = path.resolve(import.meta.dirname, '../../../test/fixtures/iostat');
export const MACHINES = readdirSync(FIXTURES).filter((name) => !name.includes('.'));
/** Linux's major number of the device mapper here. */
const MAPPER = 253;
const PATIENCE_MS = 20_000;

interface Layout {
  readonly partitions?: Readonly<Record<string, readonly string[]>>;
  readonly mapper?: Readonly<Record<string, string>>;
  /** By the name behind /dev/disk/by-. */
  readonly links?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What the environment says of the report. */
export type Environment = Readonly<Record<string, string>>;

/** Whether sysstat's iostat can be given another /proc, /sys and /dev here. */
export function needsOtherMachine(): false | string {
  const need = needsRoot() || needsCommand('unshare') || needsCommand('iostat');
  if (need) return need;
  if (!spawnSync('iostat', ['-V'], { encoding: 'utf8' }).stdout.includes('version 12.6.1'))
    return 'cannot: this is not the iostat of Debian 12 (sysstat 12.6.1)';
  const folder = mkdtempSync(path.join(os.tmpdir(), 'iowitness-iostat-'));
  try {
    const script = 'mount --bind "$0" /proc && mknod "$0/node" b 8 0';
    const { status } = spawnSync('unshare', ['-m', 'sh', '-c', script, folder]);
    return status === 0 ? false : 'cannot: this machine lets nobody mount over /proc or make device nodes';
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export class SavedMachine {
  readonly root = mkdtempSync(path.join(os.tmpdir(), 'iowitness-iostat-'));
  readonly samples: readonly string[];
  private readonly layout: Layout;

  constructor(name: string) {
    const folder = path.join(FIXTURES, name);
    const files = readdirSync(folder).filter((file) => file.endsWith('.txt'));
    this.samples = files.sort().map((file) => readFileSync(path.join(folder, file), 'utf8'));
    this.layout = JSON.parse(readFileSync(path.join(folder, 'layout.json'), 'utf8'));
    for (const part of ['proc', 'sys/block', 'sys/dev/block', 'dev/mapper']) {
      mkdirSync(path.join(this.root, part), { recursive: true });
    }
    this.makeLinks();
    this.goTo(0);
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }

  private makeLinks(): void {
    for (const [kind, links] of Object.entries(this.layout.links ?? {})) {
      const folder = path.join(this.root, 'dev/disk', `by-${kind}`);
      mkdirSync(folder, { recursive: true });
      for (const [name, target] of Object.entries(links)) symlinkSync(`../../${target}`, path.join(folder, name));
    }
    const cpus = this.samples[0]?.match(/^cpu\d+/gm) ?? [];
    for (const cpu of cpus) mkdirSync(path.join(this.root, 'sys/devices/system/cpu', cpu), { recursive: true });
  }

  /** Makes device nodes, which sysstat asks for the numbers of partitions and mapped disks. */
  makeNodes(): void {
    const lines = this.samples.flatMap((sample) => [...parseDiskstats(sample)]);
    const script = lines.map(({ name, id }) => {
      const node = path.join(this.root, 'dev', name.replaceAll('!', '/'));
      return `mkdir -p '${path.dirname(node)}'; [ -e '${node}' ] || mknod '${node}' b ${id.replace(':', ' ')}`;
    });
    spawnSync('sh', ['-c', script.join('\n')]);
    for (const [name, mapped] of Object.entries(this.layout.mapper ?? {}))
      symlinkSync(`../${name}`, path.join(this.root, 'dev/mapper', mapped));
  }

  /** Makes everything as it was in a sample. */
  goTo(index: number): void {
    const text = this.samples[index] ?? '';
    const [uptime = '', ...lines] = text.split('\n');
    const isCpu = (line: string) => line.startsWith('cpu');
    const write = (file: string, content: string) => writeFileSync(path.join(this.root, file), content);
    write('proc/uptime', `${uptime}\n`);
    write('proc/stat', `${lines.filter(isCpu).join('\n')}\nintr 0\n`);
    write('proc/diskstats', lines.filter((line) => !isCpu(line)).join('\n'));
    write('proc/devices', `Block devices:\n${MAPPER} device-mapper\n`);
    this.makeDisks([...parseDiskstats(lines.filter((line) => !isCpu(line)).join('\n'))]);
  }

  private makeDisks(
    disks: readonly { readonly id: string; readonly name: string; readonly values: readonly number[] }[],
  ) {
    for (const folder of ['sys/block', 'sys/dev/block']) {
      rmSync(path.join(this.root, folder), { recursive: true });
      mkdirSync(path.join(this.root, folder));
    }
    for (const { id, name, values } of disks) {
      const above = Object.entries(this.layout.partitions ?? {}).find(([, parts]) => parts.includes(name))?.[0];
      const place = above === undefined ? name : `${above}/${name}`;
      const folder = path.join(this.root, 'sys/block', place);
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, 'stat'), `${values.join(' ')}\n`);
      symlinkSync(`../../block/${place}`, path.join(this.root, 'sys/dev/block', id));
      const mapped = this.layout.mapper?.[name];
      if (mapped !== undefined) {
        mkdirSync(path.join(folder, 'dm'));
        writeFileSync(path.join(folder, 'dm/name'), `${mapped}\n`);
      }
    }
  }
}

/** Far longer than a test takes: the next sample comes when it is asked for. */
const INTERVAL = '1000';

/** What our iostat prints over all samples. */
export async function ours(
  machine: SavedMachine,
  args: readonly string[],
  env: Environment,
  interval = INTERVAL,
): Promise<string> {
  const count = machine.samples.length;
  const options = parseIostatOptions([...args, interval, String(count)], env['POSIXLY_CORRECT'] !== undefined);
  const report = reportFor(options, {
    isTerminal: false,
    timeFormat: env['S_TIME_FORMAT'],
    colours: env['S_COLORS'],
    sgr: env['S_COLORS_SGR'],
  });
  const files = new OpenFiles(machine.root);
  let text = '';
  let at = 0;
  machine.goTo(0);
  try {
    await runIostat({
      options,
      report,
      machine: { system: os.type(), release: os.release(), host: os.hostname(), architecture: os.machine() },
      files,
      root: machine.root,
      print: (more) => (text += more),
      now: () => new Date(),
      clockNs: () => BigInt(at) * BigInt(Math.round(options.intervalMs * 1e6)),
      waitUntil: () => {
        at += 1;
        if (at < count) machine.goTo(at);
        return Promise.resolve(at >= count);
      },
    });
  } finally {
    files.closeAll();
  }
  return text;
}

const MOUNTS = 'for part in proc sys dev; do mount --bind "$0/$part" "/$part" || exit 99; done; exec iostat "$@"';

/** What sysstat's iostat prints over the same samples. */
export async function sysstats(machine: SavedMachine, args: readonly string[], env: Environment): Promise<string> {
  machine.goTo(0);
  const count = machine.samples.length;
  const file = path.join(machine.root, 'printed');
  const output = openSync(file, 'w');
  const argv = ['-m', 'sh', '-c', MOUNTS, machine.root, ...args, INTERVAL, String(count)];
  const child = spawn('unshare', argv, {
    stdio: ['ignore', output, 'inherit'],
    env: {
      PATH: process.env['PATH'],
      LC_ALL: 'C',
      ...(process.env['TZ'] !== undefined && { TZ: process.env['TZ'] }),
      ...env,
    },
  });
  const closed = once(child, 'close');
  let printed = 0;
  try {
    for (let next = 1; child.pid !== undefined; next += 1) {
      if (!(await waitsForAlarm(child, output, printed))) break;
      printed = fstatSync(output).size;
      if (next < count) machine.goTo(next);
      // -y leaves a report out and so takes a sample more than there is.
      child.kill(next < count ? 'SIGALRM' : 'SIGINT');
    }
    await closed;
  } finally {
    child.kill('SIGKILL');
    closeSync(output);
  }
  return readFileSync(file, 'utf8');
}

/** Settles when it sleeps after it has printed more; false where it has ended. */
async function waitsForAlarm(
  child: { readonly pid?: number | undefined; readonly exitCode: number | null },
  output: number,
  printed: number,
): Promise<boolean> {
  for (const began = performance.now(); performance.now() - began < PATIENCE_MS; await sleep(1)) {
    if (child.exitCode !== null) return false;
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    if (fstatSync(output).size > printed && /^\d+ \(iostat\) S /.test(stat)) return true;
  }
  throw new Error('sysstat’s iostat has neither printed nor ended');
}

const FILES = ['proc/stat', 'proc/uptime', 'proc/diskstats', 'sys'];

/** What a program prints of a saved machine's first sample, once; the rest of /proc and all of /dev are this machine's. */
export function printsOf(machine: SavedMachine, command: readonly string[], env: Environment): string {
  machine.goTo(0);
  const mounts = FILES.map((file) => `mount --bind "$0/${file}" "/${file}" && `).join('');
  const argv = ['-m', 'sh', '-c', `${mounts}exec "$@"`, machine.root, ...command];
  const { stdout, stderr, status } = spawnSync('unshare', argv, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', ...env },
  });
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}
