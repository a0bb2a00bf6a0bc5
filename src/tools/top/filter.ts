// Which rows are shown: 'postgres' by what stands in the command, 'user:backup', 'cgroup:', 'unit:', 'device:' and 'pid:' by the others; several words
// have to hold together.

import type { Row } from './rows.js';

type Test = (row: Row) => boolean;

const contains = (text: string | null | undefined, part: string): boolean =>
  text?.toLowerCase().includes(part.toLowerCase()) === true;

const BY: Readonly<Record<string, (row: Row, value: string) => boolean>> = {
  name: ({ name }, value) => contains(name, value),
  user: ({ process }, value) => process?.user === value,
  cgroup: ({ process }, value) => contains(process?.cgroup, value),
  unit: ({ process }, value) => contains(process?.unit, value),
  device: ({ caused }, value) => caused.some(({ device }) => device === value.replace(/^\/dev\//, '')),
  pid: ({ process }, value) =>
    value.split(',').some((one) => Number(one) === process?.pid || Number(one) === process?.tid),
};

/** What a filter can be made of, for whoever types one. */
export const FILTER_WORDS = Object.keys(BY).map((word) => `${word}:`);

export function parseFilter(text: string): Test {
  const tests = text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word): Test => {
      const [, name = '', value = ''] = /^(\w+):(.*)$/s.exec(word) ?? [];
      const by = Object.hasOwn(BY, name) ? BY[name] : undefined;
      return by ? (row) => by(row, value) : (row) => contains(row.name, word);
    });
  return (row) => tests.every((test) => test(row));
}
