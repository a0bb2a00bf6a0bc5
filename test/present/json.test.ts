// The JSON form: what the schema promises is what is printed, and docs/diagnosis.schema.json is that schema.

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { DiagnosisSchema } from '../../src/model/diagnosis.js';
import { ComparisonSchema } from '../../src/model/comparison.js';
import { renderJson } from '../../src/present/json.js';
import {
  aDiagnosis,
  aHealthyDiagnosis,
  aHostileDiagnosis,
  HOSTILE_NAMES,
  TERMINAL_CONTROLS,
} from '../support/diagnosis.js';
import { aComparison } from '../support/comparison.js';
import { assertGolden } from '../support/golden.js';

// This file runs as dist/test/present/json.test.js.
const docs = path.join(fileURLToPath(import.meta.url), '../../../../docs');

describe('the JSON of a diagnosis', () => {
  it('keeps to the schema and gives back what went in, whatever the names', () => {
    for (const diagnosis of [aDiagnosis(), aHealthyDiagnosis(), ...HOSTILE_NAMES.map(aHostileDiagnosis)]) {
      const parsed: unknown = JSON.parse(renderJson(diagnosis));
      assert.deepEqual(v.parse(DiagnosisSchema, parsed), diagnosis);
    }
  });

  it('is safe on a terminal', () => {
    for (const name of HOSTILE_NAMES) {
      assert.doesNotMatch(renderJson(aHostileDiagnosis(name)), TERMINAL_CONTROLS);
    }
  });

  it('has its schema in docs/diagnosis.schema.json (npm run schema)', () => {
    const schema = {
      title: 'Diagnosis',
      description: 'What `iowitness diagnose --json` and `iowitness check --json` print.',
      ...toJsonSchema(DiagnosisSchema),
    };
    assertGolden('diagnosis.schema.json', `${JSON.stringify(schema, null, 2)}\n`, { folder: docs });
  });
});

describe('the JSON of a comparison', () => {
  it('keeps to the schema and gives back what went in, whatever the names', () => {
    for (const name of [undefined, ...HOSTILE_NAMES]) {
      const comparison = aComparison(name);
      const parsed: unknown = JSON.parse(renderJson(comparison));
      assert.deepEqual(v.parse(ComparisonSchema, parsed), comparison);
      assert.doesNotMatch(renderJson(comparison), TERMINAL_CONTROLS);
    }
  });

  it('has its schema in docs/comparison.schema.json (npm run schema)', () => {
    const schema = {
      title: 'Comparison',
      description: 'What `iowitness report BEFORE AFTER --format json` prints.',
      ...toJsonSchema(ComparisonSchema),
    };
    assertGolden('comparison.schema.json', `${JSON.stringify(schema, null, 2)}\n`, { folder: docs });
  });
});
