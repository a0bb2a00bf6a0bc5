// What the machine did in a second, as few figures: the texts that a sampler reads once a second → figures by name. What only grows is told by how
// much it grew, what stands is told as it stands; what a kernel does not show, or a disk did not do, is absent.

import { parseDiskstats, DISK_FIELDS } from '../../base/procfs/diskstats.js';
import { parseKeyValues } from '../../base/procfs/key-values.js';
import { WholeDisks } from '../../capture/whole-disks.js';
import { parsePressure } from '../../decode/procfs/pressure.js';
import { CPU_FIELDS, parseCpuLine } from '../../decode/procfs/stat.js';

/** Disks of a second, those that did something; a machine of more is told in part. */
const MOST_DISKS = 32;

const at = (field: (typeof DISK_FIELDS)[number]) => DISK_FIELDS.indexOf(field);
const [RD, RD_SECTORS, RD_MS] = [at('rd_ios'), at('rd_sectors'), at('rd_ticks')];
const [WR, WR_SECTORS, WR_MS] = [at('wr_ios'), at('wr_sectors'), at('wr_ticks')];
const [IN_FLIGHT, BUSY] = [at('in_flight'), at('io_ticks')];
const [IDLE, IOWAIT] = [CPU_FIELDS.indexOf('idle'), CPU_FIELDS.indexOf('iowait')];

export class SecondFigures {
  private readonly disks: WholeDisks;
  /** What grows, as of the last look, by name. */
  private readonly before = new Map<string, number>();
  private figures = new Map<string, number>();

  constructor(root = '') {
    this.disks = new WholeDisks(root);
  }

  /** Takes a reading of the sampler, of whatever file. */
  take(path: string, bytes: string | Uint8Array): void {
    if (!path.startsWith('/proc/')) return;
    const text = () => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1'));
    if (path === '/proc/diskstats') this.takeDisks(text());
    else if (path === '/proc/stat') this.takeCpu(text());
    else if (path === '/proc/meminfo') this.takeMemory(text());
    else if (path.startsWith('/proc/pressure/')) this.takePressure(path.slice('/proc/pressure/'.length), text());
  }

  /** The figures of the second that ends now. */
  endSecond(): ReadonlyMap<string, number> {
    const { figures } = this;
    this.figures = new Map();
    return figures;
  }

  /** What grew up to now is of no second. */
  forget(): void {
    this.before.clear();
  }

  /** By how much it grew; undefined at the first look, and where it began anew. */
  private growth(name: string, value: number): number | undefined {
    const before = this.before.get(name);
    this.before.set(name, value);
    return before === undefined || value < before ? undefined : value - before;
  }

  private set(name: string, value: number | undefined): void {
    if (value !== undefined && Number.isFinite(value)) this.figures.set(name, value);
  }

  private takePressure(of: string, text: string): void {
    const { some, full } = parsePressure(text);
    if (some !== undefined) this.set(`${of}.some_us`, this.growth(`${of} some`, some));
    if (full !== undefined) this.set(`${of}.full_us`, this.growth(`${of} full`, full));
  }

  private takeCpu(text: string): void {
    const values = parseCpuLine(text) ?? [];
    const grown = values.map((value, index) => this.growth(`cpu ${index}`, value));
    const all = grown.reduce<number>((sum, one) => sum + (one ?? NaN), 0);
    const [idle = NaN, iowait = NaN] = [grown[IDLE], grown[IOWAIT]];
    if (!(all > 0)) return;
    this.set('cpu.busy_permille', Math.round(((all - idle - iowait) / all) * 1000));
    this.set('cpu.iowait_permille', Math.round((iowait / all) * 1000));
  }

  private takeMemory(text: string): void {
    const memory = parseKeyValues(text);
    for (const [name, key] of [
      ['memory.dirty_kib', 'Dirty'],
      ['memory.writeback_kib', 'Writeback'],
      ['memory.available_kib', 'MemAvailable'],
    ] as const)
      this.set(name, memory.get(key));
  }

  private takeDisks(text: string): void {
    let told = 0;
    for (const { name, values } of parseDiskstats(text)) {
      if (!this.disks.has(name)) continue;
      const grown = (field: number) => this.growth(`${name} ${field}`, values[field] ?? NaN);
      const [reads = 0, readSectors, readMs = 0] = [grown(RD), grown(RD_SECTORS), grown(RD_MS)];
      const [writes = 0, writeSectors, writeMs = 0] = [grown(WR), grown(WR_SECTORS), grown(WR_MS)];
      const [busy, inFlight = 0] = [grown(BUSY), values[IN_FLIGHT]];
      if ((reads + writes === 0 && inFlight === 0) || told === MOST_DISKS) continue;
      told += 1;
      this.set(`${name}.reads`, reads);
      this.set(`${name}.writes`, writes);
      this.set(`${name}.read_kib`, readSectors && readSectors / 2);
      this.set(`${name}.written_kib`, writeSectors && writeSectors / 2);
      this.set(
        `${name}.wait_us`,
        reads + writes > 0 ? Math.round(((readMs + writeMs) * 1000) / (reads + writes)) : undefined,
      );
      this.set(`${name}.busy_ms`, busy);
      this.set(`${name}.in_flight`, inFlight);
    }
  }
}
