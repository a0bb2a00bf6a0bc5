// What a run of iostat has shown as a picture of 1200 × 630 for a ticket: its four charts, a line a disk, an SVG that stands alone; and as a page.

import { clockText, duration, harmless } from '../../base/format.js';
import type { Charts } from '../../model/charts.js';
import { chartAt, framePicture, HEIGHT, INNER, MARGIN, text } from '../picture.js';
import { paletteOf } from '../html/colours.js';
import { html, jsonScript } from '../html/markup.js';
import { renderPage, type ReportAssets } from '../html/page.js';
import { embed } from '../html/payload.js';
import { timeline } from '../html/timeline.js';

export interface Seen {
  readonly charts: Charts;
  readonly host: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** 'iowitness VERSION'. */
  readonly tool: string;
  /** The command as it was typed, for whoever wants the same. */
  readonly command: string;
}

const GAP = 36;
const TOP = 96;
const FOOT = 40;

function titleOf({ charts, host, startedAt }: Seen): string {
  const length = duration(charts.t.length * charts.binMs);
  return `${harmless(host)}, ${clockText(startedAt)}, ${length}; each point is ${duration(charts.binMs)}`;
}

/** `css` is the page's style sheet. */
export function drawSeen(seen: Seen, css: string): string {
  const { charts, tool, command } = seen;
  const palette = paletteOf(charts);
  const width = (INNER - GAP) / 2;
  const height = (HEIGHT - TOP - FOOT - GAP) / 2;
  const parts = charts.charts.map((chart, at) =>
    chartAt(chart, charts, palette, {
      x: MARGIN + (at % 2) * (width + GAP),
      top: TOP + Math.floor(at / 2) * (height + GAP),
      width,
      height,
    }),
  );
  return framePicture(
    'What the disks did',
    html`${text(MARGIN, 50, 24, 'What the disks did', 'strong')} ${text(MARGIN, 74, 15, titleOf(seen), 'quiet')}
    ${parts} ${text(MARGIN, HEIGHT - 14, 14, harmless(`${command} · ${tool}`), 'quiet')}`,
    css,
  );
}

export function renderSeen(seen: Seen, assets: ReportAssets): string {
  const { charts, host, startedAt, tool, command } = seen;
  const palette = paletteOf(charts);
  return renderPage(
    {
      title: `What the disks of ${harmless(host)} did`,
      description: titleOf(seen),
      tool,
      outcome: 'inconclusive',
      header: html`<p>
        <b>${harmless(host)}</b> <span>${clockText(startedAt)}</span> <span>${harmless(command)}</span>
      </p>`,
      hasVerdict: false,
      parts: [timeline(charts, palette, '')],
      data: [
        jsonScript('charts', embed(charts, startedAt)),
        jsonScript('ticket', `${titleOf(seen)}\n\n    ${command}\n`),
        jsonScript('iostat', {
          tool,
          host,
          startedAt,
          command,
          binMs: charts.binMs,
          charts: charts.charts.map(({ id, unit, lines }) => ({
            id,
            unit,
            lines: lines.map(({ name, values }) => ({
              name,
              values: Array.from(values, (value) => (Number.isNaN(value) ? null : value)),
            })),
          })),
        }),
      ],
      saved: 'iostat',
    },
    assets,
  );
}
