// Escaping: no text becomes markup, whatever it is, and none is lost that can be shown.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { harmless } from '../../../src/base/format.js';
import { escapeHtml, html, jsonScript, raw } from '../../../src/present/html/markup.js';

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function unescape(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? '');
}

describe('html`…`', () => {
  it('escapes what is put in, in text and in attributes', () => {
    const name = `<b class="x">&'</b>`;
    assert.equal(
      html`<p title="${name}">${name}</p>`.text,
      '<p title="&lt;b class=&quot;x&quot;&gt;&amp;&#39;&lt;/b&gt;">&lt;b class=&quot;x&quot;&gt;&amp;&#39;&lt;/b&gt;</p>',
    );
  });

  it('takes markup, lists, figures, and leaves out what is not there', () => {
    const items = ['a', '<b>'].map((item) => html`<i>${item}</i>`);
    assert.equal(html`<p>${items}</p>`.text, '<p><i>a</i><i>&lt;b&gt;</i></p>');
    assert.equal(html`${0}|${undefined}|${null}|${false}|${[]}|${raw('<i>')}`.text, '0|||||<i>');
  });

  it('lets no character through that is markup, and loses none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeHtml(text);
        assert.doesNotMatch(escaped, /[<>"']/);
        assert.equal(unescape(escaped), harmless(text));
      }),
    );
  });
});

describe('JSON in a script element', () => {
  it('cannot end the element and gives back what went in', () => {
    const hostile = fc.oneof(fc.string(), fc.constantFrom('</script>', '<!--<script>', ']]>', '\u2028'));
    fc.assert(
      fc.property(fc.array(hostile), (value) => {
        const [, json = ''] =
          /^<script type="application\/json" id="x">(.*)<\/script>$/s.exec(jsonScript('x', value).text) ?? [];
        assert.doesNotMatch(json, /[<>\u2028\u2029]/);
        assert.deepEqual(JSON.parse(json), value);
      }),
    );
  });
});
