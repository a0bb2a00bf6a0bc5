// What stands on the page, as links: a rail beside it where there is room, one line to scroll where there is not.

import { html, type Markup } from './markup.js';
import { Section, type Part } from './parts.js';

export function contents(parts: readonly Part[]): Markup {
  const sections = parts.filter((part) => part instanceof Section);
  return html`<nav class="contents" aria-label="Contents">
    <ul>
      <li><a href="#verdict">Verdict</a></li>
      ${sections.map(({ id, short }) => html`<li><a href="#${id}">${short}</a></li> `)}
    </ul>
  </nav>`;
}
