// All numbers of src/model/thresholds as one list: each with its id, its value, and the means to change it in this process. The tables are
// found by the folder's listing, so that a new file needs no entry anywhere.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadedThresholds, type Threshold, type Unit } from '../../src/model/thresholds/threshold.js';

/** One number, or one part of a number in parts. */
export interface Figure {
  /** GROUP.NAME or GROUP.NAME.PART, as the markers of the pages have it. */
  readonly id: string;
  readonly unit: Unit;
  readonly of: Threshold;
  /** The object that code reads it from, and its name there. */
  readonly holder: object;
  readonly key: string;
}

/** Loads every table and returns the groups by name. */
export async function allThresholds() {
  // This file runs as dist/test/support/thresholds.js.
  const folder = path.join(import.meta.dirname, '../../src/model/thresholds');
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.js')))
    await import(pathToFileURL(path.join(folder, name)).href);
  return loadedThresholds();
}

/** Every number of every table, in the order of the tables. */
export async function allFigures(): Promise<Figure[]> {
  return (await allThresholds()).flatMap(({ group, table, values }) =>
    Object.entries(table).flatMap(([name, of]): Figure[] => {
      const { value, unit } = of;
      const unitOf = (part: string) => (typeof unit === 'string' ? unit : unit[part]) ?? 'count';
      const parts = values[name];
      if (typeof value === 'number' || typeof parts !== 'object')
        return [{ id: `${group}.${name}`, unit: unitOf(name), of, holder: values, key: name }];
      return Object.keys(value).map((part) => ({
        id: `${group}.${name}.${part}`,
        unit: unitOf(part),
        of,
        holder: parts,
        key: part,
      }));
    }),
  );
}

export function valueOf({ holder, key }: Figure): number {
  return Number(Reflect.get(holder, key));
}

/** Changes the number for whatever reads it from now on in this process. */
export function change({ holder, key }: Figure, value: number): void {
  Reflect.set(holder, key, value);
}

/** Notes which numbers are read from now on, by id, until `stop` is called. */
export function watchReads(figures: readonly Figure[]): {
  readonly ids: ReadonlySet<string>;
  readonly stop: () => void;
} {
  const ids = new Set<string>();
  const values = figures.map(valueOf);
  figures.forEach(({ id, holder, key }, index) =>
    Object.defineProperty(holder, key, {
      configurable: true,
      enumerable: true,
      get: () => (ids.add(id), values[index]),
    }),
  );
  const stop = () =>
    figures.forEach(({ holder, key }, index) =>
      Object.defineProperty(holder, key, {
        configurable: true,
        enumerable: true,
        writable: true,
        value: values[index],
      }),
    );
  return { ids, stop };
}
