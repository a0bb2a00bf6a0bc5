// Pictures as PNG: of the card's size, and with letters for everything that our own sentences say, on machines that have no fonts.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { painter, reportAssets } from '../../src/cli/conclude.js';
import { renderCard } from '../../src/present/card.js';
import { paintPng } from '../../src/present/png.js';
import { storyCharts } from '../support/charts.js';
import { aDiagnosis } from '../support/diagnosis.js';

/** Portable Network Graphics, third edition, 5.2 and 11.2.1: the signature, then IHDR with width and height. */
function sizeOf(png: Uint8Array): readonly [width: number, height: number] {
  const bytes = Buffer.from(png);
  assert.equal(bytes.subarray(0, 8).toString('latin1'), '\u0089PNG\r\n\u001a\n');
  assert.equal(bytes.toString('latin1', 12, 16), 'IHDR');
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

function word(text: string, weight = 400): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"><text x="4" y="30" font-size="30" font-weight="${weight}" style="font-family:system-ui,sans-serif">${text}</text></svg>`;
}

async function painted(text: string, weight?: number): Promise<string> {
  return Buffer.from(await paintPng(word(text, weight), painter())).toString('base64');
}

describe('a picture', () => {
  it('of a verdict has the card’s size, and its words', async () => {
    const svg = renderCard(aDiagnosis(), storyCharts(), reportAssets().css);
    const png = await paintPng(svg, painter());
    assert.deepEqual(sizeOf(png), [1200, 630]);
    const wordless = await paintPng(svg.replace(/<text[^]*?<\/text>/g, ''), painter());
    assert.ok(png.length > wordless.length + 10_000, `${png.length} bytes, ${wordless.length} without a word`);
  });

  it('has letters for all that our own sentences are written with, also in bold', async () => {
    const blank = await painted('');
    // Nothing draws it: what a font lacks looks like this.
    const missing = await painted('\ue000');
    for (const character of 'aZ09µ’–−×÷→…·≥≤✗✓ßéжΩ')
      for (const weight of [400, 700]) {
        const drawn = await painted(character, weight);
        assert.ok(drawn !== blank && drawn !== missing, `${character} in ${weight}`);
      }
    assert.notEqual(await painted('a', 700), await painted('a', 400));
  });
});
