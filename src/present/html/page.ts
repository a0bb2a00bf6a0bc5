// The frame of every page: one HTML file that asks no host for anything, readable without JavaScript; the embedded script only makes the charts move. A
// content security policy lets exactly that script and that style sheet run, by their hashes, so that even markup that slipped through the
// escaping could do nothing.

import { createHash } from 'node:crypto';
import { OUTCOME_LOOK, type Outcome } from '../words.js';
import type { CausePages } from './causes.js';
import { contents } from './contents.js';
import { html, raw, type Markup } from './markup.js';
import type { Part } from './parts.js';

/** The built browser code: dist/web/report.js and dist/web/report.css. */
export interface ReportAssets {
  readonly js: string;
  readonly css: string;
  readonly causes: CausePages;
}

export interface PageContent {
  readonly title: string;
  readonly description: string;
  readonly tool: string;
  /** Its colour and sign in the tab. */
  readonly outcome: Outcome;
  /** What the page is of, on its first line. */
  readonly header: Markup;
  readonly parts: readonly Part[];
  /** True where the first part has a verdict, at #verdict. */
  readonly hasVerdict: boolean;
  /** What the page's script reads and hands on: 'charts', 'ticket', and what is saved, by its name. */
  readonly data: readonly Markup[];
  /** The name of what is saved. */
  readonly saved: string;
  /** Where a page that is served has it from, when it is too much to be in it. */
  readonly savedFrom?: string | undefined;
  /** It is served, and its script may ask whoever serves it for what is new. */
  readonly isLive?: true;
}

/** Text that can stand inside <script> or <style>: nothing in it ends the element or begins a comment. */
function inline(text: string): string {
  return text.trim().replace(/<(\/script|\/style|!--)/gi, '\\x3c$1');
}

function sha256(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** The outcome as the tab's picture. */
function favicon(outcome: Outcome): string {
  const { sign, paper } = OUTCOME_LOOK[outcome];
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><text x='8' y='13' font-size='15' text-anchor='middle' fill='${paper}'>${sign}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** The whole page. */
export function renderPage(page: PageContent, assets: ReportAssets): string {
  const js = inline(assets.js);
  const css = inline(assets.css);
  const policy = [
    "default-src 'none'",
    `script-src ${sha256(js)}`,
    `style-src ${sha256(css)}`,
    'img-src data:',
    ...(page.isLive ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const { title, description, tool, outcome, header, parts, data, saved, savedFrom, hasVerdict, isLive } = page;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${raw(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="${tool}" />
        <title>${title} – iowitness</title>
        <meta name="description" content="${description}" />
        <meta property="og:title" content="${title}" />
        <meta property="og:description" content="${description}" />
        <link rel="icon" href="${raw(favicon(outcome))}" />
        ${raw(`<style>${css}</style>`)}
      </head>
      <body>
        <header>
          ${header}
          <p class="buttons" hidden>
            <button type="button" id="copy-ticket">Copy for a ticket</button>
            <button
              type="button"
              id="save-data"
              data-of="${saved}"
              ${savedFrom !== undefined && html`data-from="${savedFrom}"`}
            >
              Save the data
            </button>
            <button type="button" id="theme">Dark</button>
          </p>
        </header>
        <div class="page-grid">
          ${contents(parts, hasVerdict)}
          <main>${parts}</main>
        </div>
        <footer>
          <p>
            Made by ${tool}.
            ${isLive ? 'Served to this machine alone; nothing can be changed here.' : 'This file is complete: it loads nothing from anywhere.'}
          </p>
        </footer>
        ${data} ${raw(`<script>${js}</script>`)}
      </body>
    </html> `.text;
}
