// What stands on the page, as links: a rail beside it where there is room, one line to scroll where there is not.

import { html, type Markup } from './markup.js';
import { Section, type Part } from './parts.js';

/** `hasVerdict`: the page begins with one. */
export function contents(parts: readonly Part[], hasVerdict: boolean): Markup {
  const sections = parts.filter((part) => part instanceof Section);
  return html`<nav class="contents" aria-label="Contents">
    <ul>
      ${hasVerdict && html`<li><a href="#verdict">Verdict</a></li>`}
      ${sections.map(({ id, short }) => html`<li><a href="#${id}">${short}</a></li> `)}
    </ul>
  </nav>`;
}
