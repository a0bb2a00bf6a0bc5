// fio, as the load that is watched or as somebody else's.

import { join } from 'node:path';

export interface FioOptions {
  readonly engine: 'psync' | 'libaio' | 'io_uring';
  readonly rw: 'write' | 'randwrite' | 'read' | 'randread';
  readonly blockBytes: number;
  readonly depth?: number;
  readonly direct?: boolean;
  /** fsync after every so many writes. */
  readonly fsync?: number;
  /** Bytes a second that it asks for. */
  readonly rate?: number;
  /** Operations a second that it asks for. */
  readonly rateIops?: number;
  readonly sizeMiB?: number;
  readonly name?: string;
}

/** Its command line on a file in a folder, for longer than is recorded. */
export function fioArgv(folder: string, options: FioOptions): readonly string[] {
  const { engine, rw, blockBytes, depth = 1, direct = true, sizeMiB = 64, name = 'load' } = options;
  return [
    'fio',
    `--name=${name}`,
    `--filename=${join(folder, name)}`,
    `--ioengine=${engine}`,
    `--rw=${rw}`,
    `--bs=${blockBytes}`,
    `--iodepth=${depth}`,
    `--direct=${direct ? 1 : 0}`,
    `--size=${sizeMiB}m`,
    '--time_based',
    '--runtime=60',
    // One process: its threads are its own.
    '--thread',
    '--output=/dev/null',
    ...(options.fsync === undefined ? [] : [`--fsync=${options.fsync}`]),
    ...(options.rate === undefined ? [] : [`--rate=${options.rate}`]),
    ...(options.rateIops === undefined ? [] : [`--rate_iops=${options.rateIops}`]),
  ];
}
