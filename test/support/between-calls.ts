// A race that is certain: something is done right behind each call of node:fs that the code under test makes, as a process would that is
// always quick enough. The functions are exchanged in node:fs itself, so imports that are there already see it too.

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const SYNC = ['mkdirSync', 'openSync', 'lstatSync', 'readdirSync', 'renameSync', 'unlinkSync'] as const;
const ASYNC = ['mkdir', 'open', 'rename', 'unlink'] as const;

/** Runs `work`; after each call `between` is told its name, and may use node:fs itself. Returns how many calls there were. */
export async function withRival(work: () => unknown, between: (call: string) => void): Promise<number> {
  let calls = 0;
  let isOurTurn = false;
  const rival = (call: string): void => {
    if (isOurTurn) return;
    isOurTurn = true;
    calls += 1;
    try {
      between(call);
    } finally {
      isOurTurn = false;
    }
  };
  const undo = [
    ...SYNC.map((name) => exchange(fs, name, () => rival(name))),
    ...ASYNC.map((name) => exchange(fs.promises, name, () => rival(name))),
  ];
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    for (const restore of undo) restore();
    syncBuiltinESMExports();
  }
  return calls;
}

/** Has a function of an object call `after` when it has done its work; returns what puts it back. */
function exchange(target: object, name: string, after: () => void): () => void {
  const act: unknown = Reflect.get(target, name);
  if (typeof act !== 'function') throw new TypeError(`${name} is no function`);
  Reflect.set(target, name, (...args: unknown[]): unknown => {
    const result: unknown = Reflect.apply(act, target, args);
    if (result instanceof Promise) return result.finally(after);
    after();
    return result;
  });
  return () => Reflect.set(target, name, act);
}
