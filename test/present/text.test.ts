// The terminal's text: the whole of it against golden files, and what must hold for any diagnosis.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { renderText } from '../../src/present/text.js';
import {
  aDiagnosis,
  aTraceDiagnosis,
  aHealthyDiagnosis,
  aHostileDiagnosis,
  HOSTILE_NAMES,
  TERMINAL_CONTROLS,
} from '../support/diagnosis.js';
import { assertGolden } from '../support/golden.js';

describe('the text of a diagnosis', () => {
  it('tells the dirty-limit story', () => {
    assertGolden('present/dirty-limit.txt', `${renderText(aDiagnosis(), { colour: false, width: 120 })}\n`);
  });

  it('tells it on a narrow terminal', () => {
    assertGolden('present/dirty-limit-80.txt', `${renderText(aDiagnosis(), { colour: false, width: 80 })}\n`);
  });

  it('tells that nothing is wrong', () => {
    assertGolden('present/healthy.txt', `${renderText(aHealthyDiagnosis(), { colour: false, width: 120 })}\n`);
  });

  it('is one screen and a bit, begins with the verdict, and has what to do within three lines of a pipe', () => {
    const lines = renderText(aDiagnosis(), { colour: false, width: 120 }).split('\n');
    assert.ok(lines.length <= 60, `${lines.length} lines`);
    const [first = '', second = '', third = ''] = renderText(aDiagnosis(), { colour: false }).split('\n');
    assert.match(
      first,
      /mem\.dirty-limit, sure \(97 in 100\): The page cache’s dirty limit is too low .* not to blame\.$/,
    );
    assert.match(
      second,
      /culprit vm\.dirty_bytes=8192 · victim iowitness-probe \(4711\) · since 2026-03-14 02:12:09 UTC/,
    );
    assert.match(third, /→ Put the limit back/);
  });

  it('keeps to the width, but for the path in the last line', () => {
    for (const width of [80, 100, 132]) {
      for (const line of renderText(aDiagnosis(), { colour: false, width }).split('\n').slice(0, -1))
        assert.ok(Array.from(line).length <= width, `${Array.from(line).length} > ${width}: ${line}`);
    }
  });

  it('says the same with and without colour, and colours only when asked', () => {
    const coloured = renderText(aDiagnosis(), { colour: true, width: 100 });
    const plain = renderText(aDiagnosis(), { colour: false, width: 100 });
    assert.notEqual(coloured, plain);
    assert.equal(stripVTControlCharacters(coloured), plain);
    assert.doesNotMatch(plain, TERMINAL_CONTROLS);
  });

  it('lets no name reach the terminal as a control', () => {
    for (const name of HOSTILE_NAMES) {
      const text = renderText(aHostileDiagnosis(name), { colour: false, width: 100 });
      assert.doesNotMatch(text, TERMINAL_CONTROLS);
      const lines = text.split('\n').length;
      assert.ok(lines < 150, `${lines} lines from ${JSON.stringify(name)}`);
    }
  });

  it('says of a block trace what it can’t tell, and when without a time of day', () => {
    const lines = renderText(aTraceDiagnosis(), { colour: false, width: 100 }).split('\n');
    const below = lines.indexOf('From a block trace alone');
    assert.equal(lines[below + 1], '  Nobody was watched: the victim is chosen.');
    assert.ok(below < lines.indexOf('Evidence'));
    assert.ok(lines.some((line) => line.includes('since 4.10 s into the recording')));
    assert.ok(lines.includes('Where the time of iowitness-probe (4711) went, by its requests alone'));
    assert.equal(lines.at(-1), 'Block trace: /var/tmp/sda (60 s, host unknown)');
  });

  it('stands without anything to tell', () => {
    const { verdict } = aDiagnosis();
    const empty = aDiagnosis({
      verdict: {
        ...verdict,
        cause: 'inconclusive',
        sureness: null,
        victim: null,
        culprit: null,
        since: null,
        sinceMs: null,
        evidence: [],
        advice: [],
        sentence: 'There is no verdict: no victim.',
      },
      also: [],
      changes: [],
      accounting: [],
      accountingFrom: 'none',
      ruledOut: [],
      notChecked: [],
      losses: [],
      phases: [],
      writers: [],
      machine: [],
    });
    const text = renderText(empty, { colour: false, width: 100 });
    assert.equal(
      text,
      '? inconclusive: There is no verdict: no victim.\n\n' +
        'Recording: /var/tmp/iowitness-check-db-7-20260314-021205.iow (60 s on db-7.example.net)',
    );
  });
});
