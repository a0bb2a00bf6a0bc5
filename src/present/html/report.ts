// A diagnosis and its charts as one HTML file that asks no host for anything: text, tables and drawings are in the markup, readable
// without JavaScript; the embedded script only makes the charts move. A content security policy lets exactly that script and that
// style sheet run, by their hashes, so that even markup that slipped through the escaping could do nothing.

import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { duration } from '../../base/format.js';
import type { BlockStats } from '../../model/block-stats.js';
import type { Charts } from '../../model/charts.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import { clockText, KIND_WORDS } from '../words.js';
import { argument, limits, verdictOf } from './argument.js';
import { blockLayer } from './block-layer.js';
import { causePages, type CausePages } from './causes.js';
import { accounting, changes, losses, machine, notChecked, phases, ruledOut, writers } from './details.js';
import { guide } from './guide.js';
import { html, jsonScript, raw, type Content, type Markup } from './markup.js';
import { embed } from './payload.js';
import { heatmaps, timeline } from './timeline.js';

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
    <button type="button" id="theme" hidden>Dark</button>
  </header>`;
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
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${raw(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="${tool}" />
        <title>${verdict.cause} on ${recording.host ?? basename(recording.path)} – iowitness</title>
        ${raw(`<style>${css}</style>`)}
      </head>
      <body>
        ${top(diagnosis)}
        <main>
          ${verdictOf(diagnosis)} ${limits(diagnosis)} ${argument(diagnosis)} ${timeline(charts)}
          ${accounting(diagnosis)} ${phases(diagnosis)} ${heatmaps(charts)} ${blockLayer(blockStats)}
          ${writers(diagnosis)} ${ruledOut(diagnosis)} ${notChecked(diagnosis)} ${losses(diagnosis)}
          ${changes(diagnosis)} ${machine(diagnosis)} ${causePages(diagnosis, assets.causes)} ${guide()}
        </main>
        <footer><p>Made by ${tool}. This file is complete: it loads nothing from anywhere.</p></footer>
        ${jsonScript('charts', embed(charts, recording.startedAt))} ${raw(`<script>${js}</script>`)}
      </body>
    </html> `.text;
}
