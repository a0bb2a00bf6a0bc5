// The pages that repeat numbers of src/model/thresholds agree with it, and each number says where it comes from.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { thresholds } from '../src/model/thresholds/threshold.js';
import { assertGolden } from './support/golden.js';
import { bareFigures, pageOf, withFigures } from './support/threshold-pages.js';
import { allFigures, allThresholds } from './support/thresholds.js';

// This file runs as dist/test/thresholds.test.js.
const DOCS = path.join(import.meta.dirname, '../../docs');
const CAUSES = path.join(DOCS, 'causes');
const pages = readdirSync(CAUSES).filter((name) => name.endsWith('.md'));
const groups = await allThresholds();
const figures = await allFigures();
const pageText = (name: string) => readFileSync(path.join(CAUSES, name), 'utf8');

describe('thresholds', () => {
  test('are all found', () => {
    assert.ok(figures.length >= 200, `only ${figures.length} numbers`);
    assert.equal(new Set(figures.map(({ id }) => id)).size, figures.length, 'two numbers with one id');
  });

  for (const { group, table } of groups) {
    test(`of ${group} have a unit, a meaning in one sentence and a basis`, () => {
      for (const [name, { value, unit, means, basis }] of Object.entries(table)) {
        assert.match(means, /^[A-Z“].*[^.]\.$/, name);
        const [kind, ...more] = Object.entries(basis);
        assert.ok(kind && more.length === 0 && kind[1].length > 8, `${name} has one basis with a reason`);
        if (kind[0] === 'measured') assert.match(kind[1], /^bench\/results\/\S+, \d{4}-\d\d-\d\d: /, name);
        if (typeof unit !== 'string') assert.deepEqual(Object.keys(unit).sort(), Object.keys(value).sort(), name);
      }
    });
  }

  for (const name of pages) {
    test(`are shown on docs/causes/${name} as they are`, () => {
      const page = pageText(name);
      assertGolden(name, withFigures(page, figures), { folder: CAUSES });
      assert.deepEqual(bareFigures(page), [], 'figures without a marker');
      // A comment at a line's start would make the line HTML, in which Markdown is not read.
      assert.doesNotMatch(page, /^\s*(- )?<!--t:/m);
    });
  }

  test('are shown on docs/baseline.md as they are', () => {
    const page = readFileSync(path.join(DOCS, 'baseline.md'), 'utf8');
    assertGolden('baseline.md', withFigures(page, figures), { folder: DOCS });
  });

  test('are all on docs/thresholds.md', () => {
    assertGolden('thresholds.md', pageOf(groups, figures), { folder: DOCS });
  });

  test('leave no comment in the pages that reports embed', () => {
    const embedded = readFileSync(path.join(import.meta.dirname, '../web/causes.json'), 'utf8');
    assert.doesNotMatch(embedded, /<!--/);
  });

  test('of one name are refused twice', () => {
    assert.throws(() => thresholds('norm', {}), /two groups of thresholds named norm/);
  });

  test('on a page that differs from the table are told, and so is a marker that names nothing', () => {
    const page = 'At least <!--t:judging.noticeable-->12 %<!--/t--> of it.';
    assert.equal(withFigures(page, figures), 'At least <!--t:judging.noticeable-->10 %<!--/t--> of it.');
    assert.throws(
      () => withFigures('<!--t:judging.nothing-->1<!--/t-->', figures),
      /t:judging.nothing names no number/,
    );
    assert.deepEqual(bareFigures('At least 12 % of it, `sysctl 5 %`, <!--t:judging.noticeable-->10 %<!--/t-->'), [
      '12 %',
    ]);
  });
});
