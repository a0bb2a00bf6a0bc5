// What the benchmarks of block traces share: a made-up trace of any length.
// The trace: five records a request (Q G I D C) on two CPUs, three processes, reads and writes at random sectors.

import { closeSync, openSync, writeSync } from 'node:fs';
import { ACTION, CATEGORY } from '../src/model/blktrace.js';
import { processRecord, recordBytes } from '../test/support/blktrace.js';
import { numbersFrom } from '../test/support/blktrace-fuzz.js';

const STAGES = ['queue', 'getRequest', 'insert', 'issue', 'complete'] as const;
const PROCESSES: readonly (readonly [pid: number, name: string])[] = [
  [100, 'fio'],
  [200, 'kworker/0:1'],
  [300, 'jbd2/sda-8'],
];

/** Writes a file for each of two CPUs, with so many records together. */
export function writeTrace(base: string, records: number): void {
  const next = numbersFrom(42);
  const cpus = [0, 1].map((cpu) => ({
    fd: openSync(`${base}.blktrace.${cpu}`, 'w'),
    sequence: 0,
    buffer: Buffer.alloc(48 * 8192),
    used: 0,
  }));
  for (const [cpu, { fd }] of cpus.entries()) {
    for (const [pid, name] of PROCESSES) writeSync(fd, recordBytes(processRecord(pid, name, { cpu })));
  }
  const template = recordBytes({ device: 8 << 20 });
  let time = 1_000_000_000_000;
  for (let written = 0; written < records; written += STAGES.length) {
    const submits = next(2);
    const sector = next(0x1000_0000) * 8;
    const size = 4096 * (1 + next(8));
    const direction = next(2) === 0 ? CATEGORY.read : CATEGORY.write;
    const pid = PROCESSES[next(PROCESSES.length)]?.[0] ?? 0;
    for (const stage of STAGES) {
      const cpu = stage === 'complete' ? 1 - submits : submits;
      const file = cpus[cpu];
      if (!file) continue;
      const category = stage === 'issue' ? CATEGORY.issue : stage === 'complete' ? CATEGORY.complete : CATEGORY.queue;
      time += 1 + next(3000);
      const { buffer, used: at } = file;
      template.copy(buffer, at);
      buffer.writeUInt32LE((file.sequence += 1), at + 4);
      buffer.writeBigUInt64LE(BigInt(time), at + 8);
      buffer.writeBigUInt64LE(BigInt(sector), at + 16);
      buffer.writeUInt32LE(size, at + 24);
      buffer.writeUInt32LE((((direction | CATEGORY.fs | category) << 16) | ACTION[stage]) >>> 0, at + 28);
      buffer.writeUInt32LE(stage === 'complete' ? 0 : pid, at + 32);
      buffer.writeUInt32LE(cpu, at + 40);
      file.used += 48;
      if (file.used === buffer.length) {
        writeSync(file.fd, buffer);
        file.used = 0;
      }
    }
  }
  for (const { fd, buffer, used } of cpus) {
    writeSync(fd, buffer, 0, used);
    closeSync(fd);
  }
}
