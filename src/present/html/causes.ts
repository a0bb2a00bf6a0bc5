// The causes' own pages, inside the report, so that a colleague without the program can read what a cause means: each cause that the page
// names is a link to its page at the end. A browser opens a closed details element when something inside it is the link's target.

import type { Diagnosis } from '../../model/diagnosis.js';
import { html, raw, type Markup } from './markup.js';
import { code, disclosed, section } from './parts.js';

/** The pages' HTML by the cause's id: text of our own, made from docs/causes when the program was built. */
export type CausePages = Readonly<Record<string, string>>;

function anchorOf(cause: string): string {
  return `cause-${cause.replace(/[^\w-]/g, '-')}`;
}

/** A cause's id as a link to its page. */
export function causeLink(cause: string): Markup {
  return html`<a class="cause" href="#${anchorOf(cause)}">${code(cause)}</a>`;
}

/** Pages of all causes that the diagnosis names; 'inconclusive' is no cause. */
export function causePages(
  { verdict, also, ruledOut, notChecked }: Pick<Diagnosis, 'verdict' | 'also' | 'ruledOut' | 'notChecked'>,
  pages: CausePages,
): Markup {
  return pagesOf(
    [verdict, ...also, ...ruledOut, ...notChecked].map(({ cause }) => cause),
    pages,
  );
}

/** Pages of causes by their ids. */
export function pagesOf(named: readonly string[], pages: CausePages): Markup {
  const known = [...new Set(named)].filter((cause) => cause !== 'inconclusive');
  return section(
    'causes',
    'What the causes mean',
    ...known.map((cause) =>
      disclosed(
        code(cause),
        html`<div class="page" id="${anchorOf(cause)}">
          ${pages[cause] === undefined ? html`<p>This version has no page for it.</p>` : raw(pages[cause])}
        </div>`,
      ),
    ),
  );
}
