// Results that are asked for again and again of the same object, kept as long as the object lives.

/** The same function, which computes once for each object and key. */
export function remembered<Subject extends object, Rest extends readonly unknown[], Result>(
  compute: (subject: Subject, ...rest: Rest) => Result,
  keyOf: (...rest: Rest) => string,
): (subject: Subject, ...rest: Rest) => Result {
  const known = new WeakMap<Subject, Map<string, Result>>();
  return (subject, ...rest) => {
    let results = known.get(subject);
    if (!results) known.set(subject, (results = new Map()));
    const key = keyOf(...rest);
    if (!results.has(key)) results.set(key, compute(subject, ...rest));
    // It was put there just now, if not before.
    return results.get(key) as Result;
  };
}
