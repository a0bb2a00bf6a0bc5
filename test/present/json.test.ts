// The JSON form: what the schema promises is what is printed, whatever the names.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
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
});
