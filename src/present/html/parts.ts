// The few building blocks that every part of the page uses: a section, a table in its own scrolling box, a share as a bar.

import { percent } from '../../base/format.js';
import { html, Markup, type Content } from './markup.js';

/** A part of the page with a heading of its own, which the contents link to. */
export class Section extends Markup {
  readonly id: string;
  /** Its title, shortened for the contents. */
  readonly short: string;
  constructor(id: string, short: string, text: string) {
    super(text);
    this.id = id;
    this.short = short;
  }
}

/** What the page is made of, one below the other; undefined and false are nothing. */
export type Part = Markup | undefined | false;

/** A section; `title` may be longer than what the contents show. */
export function section(
  id: string,
  title: string | { long: string; short: string },
  ...content: readonly Content[]
): Section {
  const { long, short } = typeof title === 'string' ? { long: title, short: title } : title;
  const { text } = html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${long} <a class="anchor" href="#${id}" aria-label="${`link to ${short}`}">¶</a></h2>
    ${content}
  </section> `;
  return new Section(id, short, text);
}

export interface Column {
  readonly title: string;
  /**
   * Figures stand on the right; names stay on one line; labels have one width in tables below each other. Other text wraps. Words
   * stand below the rest of their row where the screen is narrow.
   */
  readonly kind?: 'figures' | 'name' | 'label' | 'words';
}

/** A table with a caption, in a box that scrolls by itself where the screen is narrow. The first cell of a row is its heading. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Content[])[]): Markup {
  const side = (column: number) => {
    const kind = columns[column]?.kind;
    return kind && html` class="${kind}"`;
  };
  const isWordy = columns.some(({ kind }) => kind === 'words');
  // Where the head is out of sight, each figure says what it is.
  const said = (column: number) =>
    isWordy && columns[column]?.kind === 'figures' && html` data-title="${columns[column].title}"`;
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table ${isWordy && html` class="wordy"`}>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ title }, at) =>
            title === '' ? html`<td></td>` : html`<th scope="col" ${side(at)}>${title}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([first, ...rest]) =>
            html`<tr>
              <th scope="row" ${side(0)} ${said(0)}>${first}</th>
              ${rest.map((cell, at) => html`<td ${side(at + 1)} ${said(at + 1)}>${cell}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** What is folded until somebody asks for it. */
export function disclosed(summary: Content, ...content: readonly Content[]): Markup {
  return html`<details>
    <summary>${summary}</summary>
    ${content}
  </details>`;
}

/** What a chart's figures are folded behind; its title is for those who hear it. */
export function asTable(title: string): Markup {
  return html`As a table<span class="hidden">: ${title}</span>`;
}

/** A table whose rows behind the first `most` are folded; `more` says what they are, of their number. */
export function foldedTable(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Content[])[],
  { most, more = (number) => `${number} more` }: { readonly most: number; readonly more?: (number: number) => string },
): Markup {
  const rest = rows.slice(most);
  return html`${table(caption, columns, rows.slice(0, most))}
  ${rest.length > 0 && disclosed(more(rest.length), table(`${caption}: the rest`, columns, rest))}`;
}

/** Terms and what is to be said of each. */
export function terms(name: string, pairs: readonly (readonly [term: Content, said: Content])[]): Markup {
  return html`<dl class="${name}">
    ${pairs.map(
      ([term, said]) =>
        html`<div>
          <dt>${term}</dt>
          <dd>${said}</dd>
        </div> `,
    )}
  </dl>`;
}

export function code(text: string): Markup {
  return html`<code>${text}</code>`;
}

/** The text with each figure tied to its unit, so that no line begins with a bare '%'. */
export function tied(text: string): string {
  return text.replace(/(\d) (%|[kMGT]?B(?:\/s)?|µs|ms|s|min)(?![\w/])/g, '$1\u00a0$2');
}

/** Text with `commands` between backquotes, as advice and reasons are written. */
export function prose(text: string): Content {
  return text.split('`').map((part, at) => (at % 2 === 1 ? code(part) : tied(part)));
}

/** A share between 0 and 1 as a bar with its figure. Its length is an SVG attribute, so that the page needs no inline style. */
export function shareBar(share: number, colour = 'bar'): Markup {
  const width = (Math.min(1, Math.max(0, share)) * 100).toFixed(2);
  return html`<span class="share"
    ><svg class="${colour}" aria-hidden="true"><rect width="${width}%" height="100%" /></svg>
    <span>${percent(share)}</span></span
  >`;
}
