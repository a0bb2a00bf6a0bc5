// Maps that are filled while somebody walks over what belongs in them.

/** The value of a key, made where there is none yet. */
export function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/** Puts a value at the end of a key's list. */
export function addToList<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Adds to the sum of a key. */
export function addTo<K>(sums: Map<K, number>, key: K, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}

/** Everything by its key, each in the order in which it came. */
export function grouped<T, K>(all: Iterable<T>, keyOf: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const one of all) addToList(groups, keyOf(one), one);
  return groups;
}

/** A sum over members, with the one that has most of it. */
export interface Shared {
  readonly sum: number;
  readonly most: number;
  readonly members: readonly number[];
}

/** Of amounts by member, such as the processes of one program; undefined where there are none. */
export function sharedBy(amounts: ReadonlyMap<number, number>): Shared | undefined {
  const [most] = [...amounts].sort((a, b) => b[1] - a[1]);
  if (!most) return undefined;
  return { sum: [...amounts.values()].reduce((a, b) => a + b, 0), most: most[0], members: [...amounts.keys()] };
}
