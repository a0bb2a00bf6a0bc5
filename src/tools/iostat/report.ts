// What all forms of the report share: the machine that it is about, one sample of it, and the four moments at which a form prints.

import type { DiskInterval } from '../../model/disk-interval.js';
import type { Row } from './device-list.js';

export interface Machine {
  readonly system: string;
  readonly release: string;
  readonly host: string;
  readonly architecture: string;
  readonly cpus: number;
}

/** The figures of one report. */
export interface Shown {
  readonly at: Date;
  /** Hundredths of a second since the sample before; since boot in the first report. */
  readonly centiseconds: number;
  readonly isSinceBoot: boolean;
  /** In the order of CPU_SHARES. */
  readonly cpu: readonly number[];
  readonly rows: readonly Row[];
  /** What events tell, by the kernel's name of a disk; absent where they were not asked for, can't be read, or tell nothing of that time. */
  readonly events?: ReadonlyMap<string, DiskInterval>;
}

export interface Report {
  begin(machine: Machine, now: Date): string;
  sample(shown: Shown): string;
  /** Behind each sample, when it is known whether another one follows; a sample may have been left out. */
  between(wasShown: boolean, isLast: boolean): string;
  end(): string;
}
