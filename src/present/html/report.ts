// A diagnosis and its charts as one page: text, tables and drawings from the verdict down to what it stands on.

import { basename } from 'node:path';
import { clockText, duration } from '../../base/format.js';
import type { BlockStats } from '../../model/block-stats.js';
import type { Charts } from '../../model/charts.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import { renderMarkdown } from '../markdown.js';
import { KIND_WORDS, outcomeOf } from '../words.js';
import { also, evidence, limits, remedy, tiles, verdictOf } from './argument.js';
import { blockLayer } from './block-layer.js';
import { causePages } from './causes.js';
import { accounting, changes, losses, machine, notChecked, phases, ruledOut, writers } from './details.js';
import { paletteOf } from './colours.js';
import { guide } from './guide.js';
import { html, jsonScript, type Content, type Markup } from './markup.js';
import { aboutOnset } from './onset.js';
import { renderPage, type ReportAssets } from './page.js';
import type { Part } from './parts.js';
import { embed } from './payload.js';
import { stacks } from './stacks.js';
import { threads } from './threads.js';
import { latency, proof, timeline } from './timeline.js';

function startTime(startedAt: string | null): Content {
  return startedAt === null ? 'time unknown' : html`<time datetime="${startedAt}">${clockText(startedAt)}</time>`;
}

function top({ recording }: Diagnosis): Markup {
  return html`<p>
    <b>${recording.host ?? 'Unknown host'}</b>
    ${recording.kind !== 'recording' && html`<span>${KIND_WORDS[recording.kind]}</span>`}
    <span>${recording.kernel === null ? 'kernel unknown' : `Linux ${recording.kernel}`}</span>
    <span>${startTime(recording.startedAt)}</span>
    <span>${duration(recording.durationMs)} recorded${recording.complete ? '' : ', incomplete'}</span>
  </p>`;
}

/** ', 2026-11-28 18:46' for the title. */
function whenText(startedAt: string | null): string {
  return startedAt === null ? '' : `, ${clockText(startedAt).slice(0, 16)}`;
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
    aboutOnset(diagnosis),
    timeline(charts, palette),
    threads(diagnosis, charts),
    accounting(diagnosis),
    phases(diagnosis),
    latency(charts),
    blockLayer(blockStats),
    writers(diagnosis),
    stacks(charts, diagnosis),
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
  const { verdict, recording, tool } = diagnosis;
  return renderPage(
    {
      title: `${verdict.cause} on ${recording.host ?? basename(recording.path)}${whenText(recording.startedAt)}`,
      description: verdict.sentence,
      tool,
      outcome: outcomeOf(verdict),
      header: top(diagnosis),
      hasVerdict: true,
      parts: partsOf(diagnosis, charts, blockStats, assets),
      data: [
        jsonScript('charts', embed(charts, recording.startedAt)),
        jsonScript('ticket', renderMarkdown(diagnosis)),
        jsonScript('diagnosis', diagnosis),
      ],
      saved: 'diagnosis',
    },
    assets,
  );
}
