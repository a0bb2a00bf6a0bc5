// Who used which device, as people ask for it: by device, the programs behind its bytes with their unit or container, each with how many
// processes and files that were. For a diagnosis, and for the figures of the block layer.

import { grouped } from '../base/maps.js';
import { bytes, harmless, percent } from '../base/format.js';
import type { Writer } from '../model/diagnosis.js';
import { columns, wrap } from './text-layout.js';
import { fileText, viaText } from './words.js';

/** Below this share of a device's bytes a program is not worth a line. */
const LEAST_SHARE = 0.005;

/** The rows of one program on one device that came there in the same way. */
export interface Program {
  readonly name: string;
  readonly unit: string | null;
  /** Of the rows that name a process, each once. */
  readonly pids: readonly number[];
  /** What its files are called, each once, the one with most bytes first. */
  readonly files: readonly string[];
  readonly share: number;
  readonly writeBytes: number;
  readonly readBytes: number;
  readonly via: Writer['via'];
  readonly through: string | null;
}

export interface DeviceUse {
  readonly device: string;
  readonly layer: string;
  readonly bytes: number;
  /** Most bytes first. */
  readonly programs: readonly Program[];
}

function sumOf(rows: readonly Writer[], of: (row: Writer) => number): number {
  return rows.reduce((sum, row) => sum + of(row), 0);
}

function programOf(rows: readonly Writer[]): Program[] {
  const [first] = rows;
  if (!first) return [];
  const ranked = rows.toSorted((a, b) => b.share - a.share);
  return [
    {
      name: first.process,
      unit: first.unit,
      pids: [...new Set(rows.flatMap(({ pid }) => (pid === null ? [] : [pid])))],
      files: [...new Set(ranked.map(fileText).filter((file) => file !== ''))],
      share: Math.min(
        1,
        sumOf(rows, ({ share }) => share),
      ),
      writeBytes: sumOf(rows, ({ writeBytes }) => writeBytes),
      readBytes: sumOf(rows, ({ readBytes }) => readBytes),
      via: first.via,
      through: first.through,
    },
  ];
}

/** The devices in order of the bytes that they moved. */
export function useOfDevices(all: readonly Writer[]): DeviceUse[] {
  return [...grouped(all, ({ device }) => device).values()]
    .map((rows): DeviceUse => {
      const programs = grouped(rows, ({ process, unit, via, through }) =>
        JSON.stringify([process, unit, via, through]),
      );
      return {
        device: rows[0]?.device ?? '',
        layer: rows[0]?.layer ?? '',
        bytes: sumOf(rows, ({ writeBytes, readBytes }) => writeBytes + readBytes),
        programs: [...programs.values()].flatMap(programOf).sort((a, b) => b.share - a.share),
      };
    })
    .sort((a, b) => b.bytes - a.bytes);
}

/** 'dd (4711)', 'dd × 12'. */
export function programText({ name, pids }: Pick<Program, 'name' | 'pids'>): string {
  const [only] = pids;
  if (only === undefined) return name;
  return pids.length === 1 ? `${name} (${only})` : `${name} × ${pids.length}`;
}

/** The file, or the one with most bytes and how many more. */
export function filesText({ files: [first, ...more] }: Program): string {
  if (first === undefined) return '';
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}

/** The busiest devices, each with the programs that moved most, in so many columns; `left` is how many devices are not shown. */
export function writerLines(
  all: readonly Writer[],
  most: { readonly devices: number; readonly programs: number },
  width: number,
): { readonly lines: string[]; readonly left: number } {
  const devices = useOfDevices(all);
  const lines = devices.slice(0, most.devices).flatMap(({ device, layer, bytes: moved, programs }) => {
    const shown = programs.filter(({ share }) => share >= LEAST_SHARE).slice(0, most.programs);
    const cells = shown.map((one) => [
      percent(one.share),
      one.writeBytes > 0 ? `${bytes(one.writeBytes)} written` : '',
      one.readBytes > 0 ? `${bytes(one.readBytes)} read` : '',
      harmless(programText(one)),
      harmless(viaText(one)),
      harmless([one.unit ?? '', filesText(one)].filter((part) => part !== '').join(', ')),
    ]);
    return [
      ...wrap(harmless(`${device}, ${layer}: ${bytes(moved)}`), width, '  '),
      ...columns(cells, [0, 1, 2], width - 2).map((line) => `  ${line}`),
    ];
  });
  return { lines, left: Math.max(0, devices.length - most.devices) };
}
