// A diagnosis and its charts as one HTML file that asks no host for anything: text, tables and drawings are in the markup, readable
// without JavaScript; the embedded script only makes the charts move. A content security policy lets exactly that script and that
// style sheet run, by their hashes, so that even markup that slipped through the escaping could do nothing.

import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { duration } from '../../base/format.js';
import type { BlockStats } from '../../model/block-stats.js';
import type { Charts } from '../../model/charts.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import { renderMarkdown } from '../markdown.js';
import { clockText, KIND_WORDS, OUTCOME_LOOK, outcomeOf, type Outcome } from '../words.js';
import { also, evidence, limits, remedy, tiles, verdictOf } from './argument.js';
import { blockLayer } from './block-layer.js';
import { causePages, type CausePages } from './causes.js';
import { accounting, changes, losses, machine, notChecked, phases, ruledOut, writers } from './details.js';
import { paletteOf } from './colours.js';
import { contents } from './contents.js';
import { guide } from './guide.js';
import { html, jsonScript, raw, type Content, type Markup } from './markup.js';
import type { Part } from './parts.js';
import { embed } from './payload.js';
import { stacks } from './stacks.js';
import { heatmaps, proof, timeline } from './timeline.js';

/** The built browser code: dist/web/report.js and dist/web/report.css. */
export interface ReportAssets {
  readonly js: string;
  readonly css: string;
  readonly causes: CausePages;
}

/** Text that can stand inside <script> or <style>: nothing in it ends the element or begins a comment. */
function inline(text: string): string {
  return text.trim().replace(/<(\/script|\/style|!--)/gi, '\\x3c$1');
}

function sha256(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function startTime(startedAt: string | null): Content {
  return startedAt === null ? 'time unknown' : html`<time datetime="${startedAt}">${clockText(startedAt)}</time>`;
}

function top({ recording }: Diagnosis): Markup {
  return html`<header>
    <p>
      <b>${recording.host ?? 'Unknown host'}</b>
      ${recording.kind !== 'recording' && html`<span>${KIND_WORDS[recording.kind]}</span>`}
      <span>${recording.kernel === null ? 'kernel unknown' : `Linux ${recording.kernel}`}</span>
      <span>${startTime(recording.startedAt)}</span>
      <span>${duration(recording.durationMs)} recorded${recording.complete ? '' : ', incomplete'}</span>
    </p>
    <p class="buttons" hidden>
      <button type="button" id="copy-ticket">Copy for a ticket</button>
      <button type="button" id="save-data">Save the data</button>
      <button type="button" id="theme">Dark</button>
    </p>
  </header>`;
}

/** ', 2026-11-28 18:46' for the title. */
function whenText(startedAt: string | null): string {
  return startedAt === null ? '' : `, ${clockText(startedAt).slice(0, 16)}`;
}

/** The outcome as the tab's picture. */
function favicon(outcome: Outcome): string {
  const { sign, paper } = OUTCOME_LOOK[outcome];
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><text x='8' y='13' font-size='15' text-anchor='middle' fill='${paper}'>${sign}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** The page from top to bottom: the verdict and what shows it, what to do, then for a doubter everything that it stands on. */
function partsOf(
  diagnosis: Diagnosis,
  charts: Charts,
  blockStats: BlockStats | undefined,
  assets: ReportAssets,
): readonly Part[] {
  const palette = paletteOf(charts);
  return [
    verdictOf(diagnosis),
    tiles(diagnosis),
    limits(diagnosis),
    proof(charts, palette),
    remedy(diagnosis),
    evidence(diagnosis),
    also(diagnosis),
    timeline(charts, palette),
    accounting(diagnosis),
    phases(diagnosis),
    heatmaps(charts),
    blockLayer(blockStats),
    writers(diagnosis),
    stacks(charts),
    ruledOut(diagnosis),
    notChecked(diagnosis),
    losses(diagnosis),
    changes(diagnosis),
    machine(diagnosis),
    causePages(diagnosis, assets.causes),
    guide(),
  ];
}

/** The whole page. */
export function renderHtml(
  diagnosis: Diagnosis,
  charts: Charts,
  blockStats: BlockStats | undefined,
  assets: ReportAssets,
): string {
  const js = inline(assets.js);
  const css = inline(assets.css);
  const policy = [
    "default-src 'none'",
    `script-src ${sha256(js)}`,
    `style-src ${sha256(css)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const { verdict, recording, tool } = diagnosis;
  const parts = partsOf(diagnosis, charts, blockStats, assets);
  const title = `${verdict.cause} on ${recording.host ?? basename(recording.path)}${whenText(recording.startedAt)}`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${raw(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="${tool}" />
        <title>${title} – iowitness</title>
        <meta name="description" content="${verdict.sentence}" />
        <meta property="og:title" content="${title}" />
        <meta property="og:description" content="${verdict.sentence}" />
        <link rel="icon" href="${raw(favicon(outcomeOf(verdict)))}" />
        ${raw(`<style>${css}</style>`)}
      </head>
      <body>
        ${top(diagnosis)}
        <div class="page-grid">
          ${contents(parts)}
          <main>${parts}</main>
        </div>
        <footer><p>Made by ${tool}. This file is complete: it loads nothing from anywhere.</p></footer>
        ${jsonScript('charts', embed(charts, recording.startedAt))} ${jsonScript('ticket', renderMarkdown(diagnosis))}
        ${jsonScript('diagnosis', diagnosis)} ${raw(`<script>${js}</script>`)}
      </body>
    </html> `.text;
}
