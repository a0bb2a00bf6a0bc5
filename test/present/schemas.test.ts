// docs/schemas/ holds the schema of each document that a command prints, and nothing else (npm run schema).

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import { DOCUMENTS } from '../../src/model/documents.js';
import { assertGolden } from '../support/golden.js';

// This file runs as dist/test/present/schemas.test.js.
const folder = path.join(fileURLToPath(import.meta.url), '../../../../docs/schemas');

for (const [name, { schema, printedBy }] of Object.entries(DOCUMENTS)) {
  test(`${name}: its schema is the published one`, () => {
    const { $schema, ...shape } = toJsonSchema(schema, { ignoreActions: ['readonly'] });
    const version = schema.entries.schema.literal;
    assert.ok(version.startsWith(`iowitness.${name}/`), version);
    const published = {
      $schema,
      $id: `urn:${version.replace(/[./]/g, ':')}`,
      title: version,
      description: `What \`iowitness ${printedBy.join('`, `iowitness ')}\` prints.`,
      ...shape,
    };
    assertGolden(`${name}.schema.json`, `${JSON.stringify(published, null, 2)}\n`, { folder });
  });
}

test('there is no schema of what nothing prints', () => {
  assert.deepEqual(
    readdirSync(folder).toSorted((a, b) => a.localeCompare(b)),
    Object.keys(DOCUMENTS)
      .map((name) => `${name}.schema.json`)
      .toSorted((a, b) => a.localeCompare(b)),
  );
});
