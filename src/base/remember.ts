// Results that are asked for again and again of the same object, kept as long as the object lives.

/** The same function, which computes once for each object and key. */
export function remembered<Subject extends object, Rest extends readonly unknown[], Result>(
  compute: (subject: Subject, ...rest: Rest) => Result,
  keyOf: (...rest: Rest) => string,
): (subject: Subject, ...rest: Rest) => Result {
  const known = new WeakMap<Subject, Map<string, { readonly result: Result }>>();
  return (subject, ...rest) => {
    let results = known.get(subject);
    if (!results) known.set(subject, (results = new Map()));
    const key = keyOf(...rest);
    let entry = results.get(key);
    if (!entry) results.set(key, (entry = { result: compute(subject, ...rest) }));
    return entry.result;
  };
}
