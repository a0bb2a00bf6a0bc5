// HTML by a tagged template: whatever is put into html`…` is escaped unless it is markup that html`…` made. There is no other way to
// make markup but raw(), which takes text of our own only. Control and bidirectional characters go the way they go on a terminal.

import { harmless } from '../../base/format.js';

/** Markup that is safe to put into a page as it is. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: text and figures are escaped; undefined, null and false are nothing. */
export type Content = Markup | string | number | undefined | null | false | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text from anywhere as HTML text or attribute value. */
export function escapeHtml(text: string): string {
  return harmless(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

function textOf(content: Content): string {
  if (content === undefined || content === null || content === false) return '';
  if (content instanceof Markup) return content.text;
  if (typeof content === 'object') return content.map(textOf).join('');
  return escapeHtml(String(content));
}

export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(strings.reduce((text, part, at) => text + textOf(values[at - 1]) + part));
}

/** Text of our own (a bundled script, drawn SVG paths) that is markup already. Never for anything that a machine said. */
export function raw(text: string): Markup {
  return new Markup(text);
}

/** A value as JSON inside a script element: no `<` is left that could end the element or begin a comment. */
export function jsonScript(id: string, value: unknown): Markup {
  const json = JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return html`<script type="application/json" id="${id}">
    ${raw(json)}
  </script>`;
}
