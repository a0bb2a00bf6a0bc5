// The shape of one number on which the diagnosis decides, and the builder that makes a group of them. What enters is a table with the value,
// the unit, the meaning and the basis of each; what leaves is an object of bare values that code reads where it decides, never earlier, so
// that a number can be changed in a running process and its effect seen (`npm run thresholds`). A file of its own because all tables need it.

/** What a number counts in. 'ratio' is one amount over another and may be above 1; a 'share' is a part of a whole. */
export type Unit =
  | 'share'
  | 'confidence'
  | 'ratio'
  | 'ms'
  | 'B'
  | 'B/ms'
  | 'count'
  | 'per second'
  | 'requests'
  | 'bins'
  | 'windows'
  | '%';

/** Why the number is this one. `measured` names the file of bench/results and the day; `prior` says why it is of this order. */
export type Basis =
  | { readonly cited: string }
  | { readonly derived: string }
  | { readonly measured: string }
  | { readonly prior: string };

/** Several numbers that are one decision, such as the ends of a ramp. */
type Parts = Readonly<Record<string, number>>;

/** One line of a table. Numbers in parts have one unit for all of them, or one for each. */
export interface Threshold {
  readonly value: number | Parts;
  readonly unit: Unit | Readonly<Record<string, Unit>>;
  /** One plain sentence. */
  readonly means: string;
  readonly basis: Basis;
}

type Table = Readonly<Record<string, Threshold>>;

type Values<T extends Table> = {
  readonly [Name in keyof T]: T[Name]['value'] extends Parts
    ? { readonly [Part in keyof T[Name]['value']]: number }
    : number;
};

/** A table with the object that code reads. */
export interface ThresholdGroup {
  readonly group: string;
  readonly table: Table;
  readonly values: Readonly<Record<string, number | Parts>>;
}

const GROUPS = new Map<string, ThresholdGroup>();

/** Makes a group. `group` is unique; a cause's group has the cause's id. Throws where it is taken. */
export function thresholds<T extends Table>(group: string, table: T): Values<T> {
  if (GROUPS.has(group)) throw new Error(`there are two groups of thresholds named ${group}`);
  const copied = Object.entries(table).map(([name, { value }]) => [
    name,
    typeof value === 'number' ? value : { ...value },
  ]);
  const values: Values<T> = Object.fromEntries(copied);
  GROUPS.set(group, { group, table, values });
  return values;
}

/** The groups of all tables that were loaded so far, by name. */
export function loadedThresholds(): ThresholdGroup[] {
  return [...GROUPS.values()].sort((a, b) => (a.group < b.group ? -1 : 1));
}
