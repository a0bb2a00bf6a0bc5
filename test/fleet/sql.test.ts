// Values in statements: whatever a name holds, it stays one literal. The server's own reading of them is held in test/e2e/fleet.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { demoAddress, parseAddress } from '../../src/fleet/clickhouse/http.js';
import { identifier, sql } from '../../src/fleet/clickhouse/sql.js';

/** Reads a literal as ClickHouse's reference has it: up to the first quote that no backslash escapes. */
function readLiteral(text: string): { readonly value: string; readonly rest: string } {
  assert.equal(text[0], "'");
  let value = '';
  for (let at = 1; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    if (letter === "'") return { value, rest: text.slice(at + 1) };
    if (letter === '\\') {
      at += 1;
      value += text[at] === '0' ? '\0' : (text[at] ?? '');
    } else value += letter;
  }
  return assert.fail(`${text} does not end`);
}

test('a text stays one literal, whatever is in it', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("'", '\\', '\0', '\n', ';', '-', 'a', '\u2028', '0', 'x') }),
      (value) => {
        const { text } = sql`SELECT ${value} AS x`;
        const read = readLiteral(text.slice('SELECT '.length));
        assert.deepEqual(read, { value, rest: ' AS x' });
      },
    ),
  );
});

test('a number that is none makes no statement', () => {
  assert.equal(sql`LIMIT ${12}`.text, 'LIMIT 12');
  for (const value of [NaN, Infinity]) assert.throws(() => sql`LIMIT ${value}`, RangeError);
});

test('a name of a table is letters and digits, or refused', () => {
  assert.equal(identifier('fleet_2').text, 'fleet_2');
  for (const name of ['a b', 'a;DROP', '', '1a', 'a.b', '`a`', 'ä']) assert.throws(() => identifier(name), RangeError);
});

test('an address is shown without its password, and names a database or is refused', () => {
  const { shown, database, url } = parseAddress('https://me:se%27cret@db.example:8443/fleet');
  assert.equal(shown, 'https://db.example:8443/fleet');
  assert.equal(database, 'fleet');
  assert.equal(url.password, 'se%27cret');
  assert.equal(parseAddress('http://127.0.0.1:8123').database, 'iowitness');
  for (const bad of ['nonsense', 'ftp://x/', 'http://x/a%20b', 'http://x/a/b', "http://x/a'b"])
    assert.throws(() => parseAddress(bad), /URL|http|no name of a database/, bad);
});

test('simulated hosts have a database of their own', () => {
  assert.equal(demoAddress('http://me:x@h:1/fleet'), 'http://me:x@h:1/fleet_demo');
  assert.equal(parseAddress(demoAddress('http://h:1/')).database, 'iowitness_demo');
});
