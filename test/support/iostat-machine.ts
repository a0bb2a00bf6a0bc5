// A saved machine of test/fixtures/iostat, or this one, as folders of /proc, /sys and /dev that go from sample to sample. iostat-runs.ts runs
// iostats on it.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseDiskstats } from '../../src/base/procfs/diskstats.js';
import { fixturePath } from './fixtures.js';

const FIXTURES = fixturePath('iostat');
export const MACHINES = readdirSync(FIXTURES).filter((name) => !name.includes('.'));
/** Linux's major number of the device mapper here. */
const MAPPER = 253;

interface Layout {
  readonly partitions?: Readonly<Record<string, readonly string[]>>;
  readonly mapper?: Readonly<Record<string, string>>;
  /** By the name behind /dev/disk/by-. */
  readonly links?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

function savedAs(name: string): { samples: string[]; layout: Layout } {
  const folder = path.join(FIXTURES, name);
  const files = readdirSync(folder).filter((file) => file.endsWith('.txt'));
  return {
    samples: files.sort().map((file) => readFileSync(path.join(folder, file), 'utf8')),
    layout: JSON.parse(readFileSync(path.join(folder, 'layout.json'), 'utf8')),
  };
}

/** This machine as it is now and was so many moments before. */
export async function thisMachine(count: number): Promise<SavedMachine> {
  const samples: string[] = [];
  while (samples.length < count) {
    if (samples.length > 0) await sleep(50);
    const [uptime, stat, disks] = ['uptime', 'stat', 'diskstats'].map((file) => readFileSync(`/proc/${file}`, 'utf8'));
    samples.push(`${uptime}${(stat?.match(/^cpu.*\n/gm) ?? []).join('')}${disks}`);
  }
  const parts = (disk: string) => readdirSync(`/sys/block/${disk}`).filter((part) => part.startsWith(disk));
  const partitions = Object.fromEntries(readdirSync('/sys/block').map((disk) => [disk, parts(disk)]));
  return new SavedMachine({ samples, layout: { partitions } });
}

export class SavedMachine {
  readonly root = mkdtempSync(path.join(os.tmpdir(), 'iowitness-iostat-'));
  readonly samples: readonly string[];
  private readonly layout: Layout;

  /** One of the fixtures, or another by its samples and layout. */
  constructor(machine: string | { readonly samples: readonly string[]; readonly layout: Layout }) {
    ({ samples: this.samples, layout: this.layout } = typeof machine === 'string' ? savedAs(machine) : machine);
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
