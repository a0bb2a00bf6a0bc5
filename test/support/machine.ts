// A machine made of files under a temporary folder, for code that takes the root of /proc and /sys as a parameter.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export class FileMachine {
  readonly root = mkdtempSync(path.join(tmpdir(), 'iowitness-machine-'));

  /** Writes files by their path on the machine. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(this.root, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  remove(name: string): void {
    rmSync(path.join(this.root, name), { recursive: true, force: true });
  }

  /** Writes /proc/PID/{stat,io,schedstat,wchan,cgroup} of one process. */
  process(pid: number, values: ProcessValues = {}): void {
    const { comm = 'dd', ticks = 0, bytes = 0, flags = 0, startTicks = 100, cgroup = '0::/\n' } = values;
    this.write({
      [`proc/${pid}/stat`]: `${pid} (${comm}) S 1 ${pid} ${pid} 0 -1 ${flags} 0 0 0 0 ${ticks} 0 0 0 20 0 1 0 ${startTicks} 0 5\n`,
      [`proc/${pid}/io`]: `rchar: 0\nwchar: 0\nread_bytes: 0\nwrite_bytes: ${bytes}\ncancelled_write_bytes: 0\n`,
      // Whoever has done anything has run.
      [`proc/${pid}/schedstat`]: `${1 + ticks + bytes} 2 3\n`,
      [`proc/${pid}/wchan`]: '0',
      [`proc/${pid}/cgroup`]: cgroup,
    });
  }

  close(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

interface ProcessValues {
  readonly comm?: string;
  /** CPU time, ticks of 1/100 s. */
  readonly ticks?: number;
  /** Bytes written to disk. */
  readonly bytes?: number;
  readonly flags?: number;
  readonly startTicks?: number;
  readonly cgroup?: string;
}
