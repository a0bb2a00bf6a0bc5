// Shapes that several schemas have: lists whose type can't be changed, as what is in them is made once and handed on (JSON Schema has no word
// for that and gets a plain array), and the keys of a closed table.

import * as v from 'valibot';

// oxlint-disable-next-line typescript/explicit-function-return-type -- The type is valibot's own, and long.
export const list = <Item extends v.GenericSchema>(item: Item) => v.pipe(v.array(item), v.readonly());

export function keysOf<Table extends object>(table: Table): Extract<keyof Table, string>[] {
  const keys: Extract<keyof Table, string>[] = [];
  for (const key in table) keys.push(key);
  return keys;
}
