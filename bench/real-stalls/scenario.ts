// What a scenario of the real-stalls harness is: one stall, or one healthy load, of a real application, and the truth that the verdict is
// held against. The files of scenarios/ hold them by mechanism; all.ts lists those files.

import type { Site } from './site.js';

/** What is right to say of a scenario. Names are regular expressions over a culprit's name, pid and file. */
export interface Truth {
  /** What happens, one sentence. */
  readonly of: string;
  /** Causes that are right at first place. */
  readonly verdicts: readonly string[];
  /** Causes that are as true of the machine, or an honest half of the truth. A verdict below 60 % and `inconclusive` are always that. */
  readonly acceptable: readonly string[];
  /** Who or what may be named beside a right cause; empty where nobody has to be. */
  readonly culprits: readonly string[];
  /** Who must not be named, neither first nor beside it. */
  readonly wrongNames: readonly string[];
  /** What a right verdict's sentence says; a regular expression. */
  readonly says?: string;
  /** What is different where counters alone are recorded. */
  readonly counted?: Partial<Omit<Truth, 'counted'>>;
}

/** Whom the recorder is told to watch. */
export type Victim =
  | { readonly pid: number }
  /** A command that `record` starts itself. */
  | { readonly argv: readonly string[] }
  /** The folder that `check` is asked about. */
  | { readonly check: string }
  /** Nobody: the recorder takes the busiest. */
  | 'busiest';

export interface Plan {
  readonly victim: Victim;
  readonly truth: Truth;
}

export interface Scenario {
  /** 'application.what-happens'. */
  readonly id: string;
  /** Programs that it runs. A missing one means that it is not counted. */
  readonly needs: readonly Program[];
  /** Sets everything up, through the site. Throws a UserError where the machine lacks something. */
  setUp(site: Site): Promise<Plan>;
}

/** Programs, and the Debian package that has them. */
export const PACKAGES = {
  postgres: 'postgresql',
  pgbench: 'postgresql',
  mariadbd: 'mariadb-server',
  'redis-server': 'redis-server',
  'redis-benchmark': 'redis-tools',
  sqlite3: 'sqlite3',
  javac: 'default-jdk-headless',
  rsync: 'rsync',
  git: 'git',
  make: 'make',
  'clickhouse-server': 'clickhouse-server',
  curl: 'curl',
  chattr: 'e2fsprogs',
  tar: 'tar',
  fio: 'fio',
  'stress-ng': 'stress-ng',
  strace: 'strace',
  python3: 'python3',
  'mkfs.xfs': 'xfsprogs',
  'mkfs.btrfs': 'btrfs-progs',
  flock: 'util-linux',
  /** For napfs.c. */
  gcc: 'gcc',
  'pkg-config': 'pkg-config',
  fusermount3: 'fuse3 libfuse3-dev',
} as const;

export type Program = keyof typeof PACKAGES;

/** What napfs.c needs to be built and run. */
export const NAPFS: readonly Program[] = ['gcc', 'pkg-config', 'fusermount3'];
