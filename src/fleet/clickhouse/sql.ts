// Statements with values in them: the one place where a value becomes SQL. Names of processes, units and hosts come from machines that anybody may
// have taken over. Parameters of the protocol ({x:String}) would do the same, but servers before 19 have none. Literals after ClickHouse's
// reference, “String literals”: a backslash escapes, and so it and the quote are escaped by it.

/** A statement, or a part of one, that was made here. */
export class Sql {
  readonly text: string;

  /** Of text that is written in the program; `sql` and `identifier` make everything else. */
  constructor(text: string) {
    this.text = text;
  }
}

export type Value = string | number | Sql;

/** A statement whose values are literals: sql`SELECT 1 FROM hosts WHERE host = ${name}`. Throws a RangeError for a number that is none. */
export function sql(parts: TemplateStringsArray, ...values: readonly Value[]): Sql {
  return new Sql(parts.map((part, at) => part + (at < values.length ? literal(values[at] ?? '') : '')).join(''));
}

function literal(value: Value): string {
  if (value instanceof Sql) return value.text;
  if (typeof value === 'string') return `'${value.replace(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`;
  if (!Number.isFinite(value)) throw new RangeError(`${value} is no number of a statement`);
  return String(value);
}

/** Whether a text can be the name of a database, table, column or cluster. */
export function isIdentifier(text: string): boolean {
  return /^[A-Za-z_]\w{0,63}$/.test(text);
}

/** Such a name as a part of a statement. Throws a RangeError where it could be anything else. */
export function identifier(name: string): Sql {
  if (!isIdentifier(name)) throw new RangeError(`${name} is no name of a database, table or cluster`);
  return new Sql(name);
}

/** 'host IN ('a', 'b')'; true of nothing where there are none. */
export function isOneOf(column: string, values: readonly string[]): Sql {
  if (values.length === 0) return sql`0`;
  return sql`${identifier(column)} IN (${new Sql(values.map(literal).join(', '))})`;
}
