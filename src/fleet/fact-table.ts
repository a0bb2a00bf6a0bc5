// Hosts and their sets of facts → a column a fact, with the value that each host had at its moment. Ten thousand hosts have three million facts, so a column is
// numbers, and what is the same everywhere is told apart.

import { entry, grouped } from '../base/maps.js';
import { absentValue, AREAS, type Area } from '../differences/facts.js';
import type { FactSet, HostFacts } from './port.js';
import type { SidedHost } from './sides.js';

export interface FactColumn {
  readonly name: string;
  readonly area: Area;
  readonly values: readonly string[];
  /** By host, the place of its value in `values`; -1 where it is not known. */
  readonly of: Int32Array;
}

export interface FactTable {
  /** Those of the hosts that have facts, as given. */
  readonly hosts: readonly SidedHost[];
  readonly all: readonly FactColumn[];
  /** Facts that are not the same everywhere. */
  readonly columns: readonly FactColumn[];
}

/** The set that held then: the last that began before, else the first of all. */
export function setAt(sets: readonly FactSet[], atMs: number): FactSet | undefined {
  const newestFirst = sets.toSorted((a, b) => b.firstMs - a.firstMs);
  return newestFirst.find(({ firstMs }) => firstMs <= atMs) ?? newestFirst.at(-1);
}

class Column {
  readonly name: string;
  readonly area: Area;
  readonly values: string[] = [];
  readonly of: Int32Array;
  private readonly places = new Map<string, number>();

  constructor(name: string, area: Area, hosts: number) {
    this.name = name;
    this.area = area;
    this.of = new Int32Array(hosts).fill(-1);
  }

  placeOf(value: string): number {
    const known = this.places.get(value);
    if (known !== undefined) return known;
    this.places.set(value, this.values.length);
    return this.values.push(value) - 1;
  }

  /** Tells of hosts that list others of its area that it is not there. */
  fillAbsent(lists: (host: number, area: Area) => boolean): void {
    // Of most facts it is not known what a host has that does not tell them.
    if (absentValue(this.name, () => true) === undefined) return;
    this.of.forEach((place, host) => {
      if (place >= 0) return;
      const absent = absentValue(this.name, (area) => lists(host, area));
      if (absent !== undefined) this.of[host] = this.placeOf(absent);
    });
  }

  get differs(): boolean {
    let first = -1;
    for (const place of this.of) {
      if (place < 0 || place === first) continue;
      if (first >= 0) return true;
      first = place;
    }
    return false;
  }
}

export function factTable(sided: readonly SidedHost[], { facts, sets }: HostFacts): FactTable {
  const byHost = grouped(sets, ({ host }) => host);
  const having = sided.flatMap((host) => {
    const set = setAt(byHost.get(host.host) ?? [], host.atMs);
    return set ? [{ host, set }] : [];
  });
  const columns = new Map<string, Column>();
  // By fact: the column's values by host, the place of this one, and a bit for its area.
  const cells = facts.map(({ name, area, value }) => {
    const column = entry(columns, `${area}\0${name}`, () => new Column(name, area, having.length));
    return { of: column.of, place: column.placeOf(value), area: 1 << AREAS.indexOf(area) };
  });
  const areas = new Int32Array(having.length);
  having.forEach(({ set }, host) => {
    let listed = 0;
    for (let at = 0; at < set.facts.length; at += 1) {
      const cell = cells[set.facts[at] ?? -1];
      if (!cell) continue;
      cell.of[host] = cell.place;
      listed |= cell.area;
    }
    areas[host] = listed;
  });
  for (const column of columns.values())
    column.fillAbsent((host, area) => ((areas[host] ?? 0) & (1 << AREAS.indexOf(area))) !== 0);
  return {
    hosts: having.map(({ host }) => host),
    all: [...columns.values()],
    columns: [...columns.values()].filter((column) => column.differs),
  };
}
