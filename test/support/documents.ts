// The JSON documents that commands print, held against their schemas.

import assert from 'node:assert/strict';
import * as v from 'valibot';
import { DOCUMENTS } from '../../src/model/documents.js';

export type DocumentName = keyof typeof DOCUMENTS;

/** Asserts that a text is one JSON document that keeps to the schema of that name and has no property that the schema does not name. */
export function assertDocument(name: DocumentName, text: string): void {
  const value: unknown = JSON.parse(text);
  // What the schema does not name is left out of what parsing gives back.
  assert.deepEqual(v.parse(DOCUMENTS[name].schema, value), value);
}
