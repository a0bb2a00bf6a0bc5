// The charts of the page in their groups: the proof below the verdict, the timeline, and requests by time and latency. All share one axis of
// time.

import { duration, figure, harmless } from '../../base/format.js';
import { HUNG, rowsOf, type Charts, type Heatmap } from '../../model/charts.js';
import type { Palette } from './colours.js';
import { chartFigure } from './figure.js';
import { html, type Markup } from './markup.js';
import { asTable, disclosed, section, table, tied, type Column } from './parts.js';
import { slowest } from './slowest.js';
import { latenciesOf, slices } from './statistics.js';

const MOST_ROWS = 20;

const CONTROLS = html`<div class="controls" hidden>
  <span class="buttons">
    <button type="button" data-view="in" aria-label="zoom in">+</button>
    <button type="button" data-view="out" aria-label="zoom out">−</button>
    <button type="button" data-view="left" aria-label="earlier">←</button>
    <button type="button" data-view="right" aria-label="later">→</button>
    <button type="button" data-view="all">All</button>
  </span>
  <span class="buttons">
    <button type="button" id="clock" title="time axis: from the start, UTC or local time">+s</button>
    <button type="button" id="link">Copy link to this view</button>
  </span>
  <output class="range" aria-live="polite"></output>
  <span class="at" aria-hidden="true"></span>
  <span class="hint">drag to zoom, double-click for all; keys ← → + − 0; Ctrl + wheel; a line’s name hides it</span>
</div>`;

/** What the charts share: the keys act while the focus is anywhere inside. */
function zoomable(name: string, ...content: readonly Markup[]): Markup {
  return html`<div
    class="zoomable"
    role="group"
    tabindex="0"
    aria-label="${`${name}. Keys: left and right move, plus and minus zoom, 0 shows all.`}"
  >
    ${content}
  </div>`;
}

/** The bands as a lane of their own: what the shading of the charts below it means. */
function lane(charts: Charts): Markup | undefined {
  if (charts.bands.length === 0) return undefined;
  const kinds = [...new Set(charts.bands.map((band) => band.kind))];
  const words = charts.bands
    .slice(0, MOST_ROWS)
    .map(({ kind, label, fromMs, toMs }) => `${kind} ${harmless(label)} from ${duration(fromMs)} to ${duration(toMs)}`);
  const more = charts.bands.length - words.length;
  if (more > 0) words.push(`and ${more} more`);
  return html`<div class="beside">
    <div class="lane rows-${rowsOf(charts.bands).length}" role="img" aria-label="${`Bands: ${words.join('; ')}.`}">
      <p class="bands">${kinds.map((kind) => html`<span><i class="key band-${kind}"></i>${kind}</span> `)}</p>
    </div>
  </div>`;
}

/** The picture that shows the verdict, below it. */
export function proof(charts: Charts, palette: Palette, title = 'What shows it'): Markup | undefined {
  if (charts.proof.length === 0) return undefined;
  return section(
    'proof',
    title,
    zoomable(
      title,
      html`${charts.proof.map((chart, at) =>
        chartFigure(chart, charts, at, {
          palette,
          size: chart.id === 'lost' ? 'low' : 'high',
          timeAxis: at === charts.proof.length - 1,
        }),
      )}`,
    ),
  );
}

/** What the shaded stretches are, where there are any. */
function greyMeans({ bands }: Charts): string {
  const stalls = bands.filter(({ kind }) => kind === 'stall');
  if (stalls.length === 0) return '';
  return stalls.some(({ label }) => label === HUNG)
    ? 'Grey is when operations hung.'
    : 'Grey is when the victim lost its time to the verdict’s cause.';
}

/** `note`: what grey stands for. */
export function timeline(charts: Charts, palette: Palette, note = greyMeans(charts)): Markup | undefined {
  if (charts.charts.length === 0) return undefined;
  return section(
    'timeline',
    'Timeline',
    CONTROLS,
    zoomable(
      'Charts over time',
      lane(charts) ?? html``,
      html`${charts.charts.map((chart, at) =>
        chartFigure(chart, charts, charts.proof.length + at, {
          palette,
          timeAxis: at === charts.charts.length - 1,
        }),
      )}`,
    ),
    html`<p class="note">
      0 s to ${duration(charts.t.length * charts.binMs)}; each point stands for ${duration(charts.binMs)}. ${note}
    </p>`,
  );
}

/** A picture of fewer shows no more than the sentence. */
const FEWEST_DRAWN = 10;

function heatmapFigure(heatmap: Heatmap, at: number): Markup {
  const { tEdges } = heatmap;
  const columns = tEdges.length - 1;
  const time = (us: number | undefined) => (us === undefined ? '–' : duration(us / 1000));
  const all = latenciesOf(heatmap, 0, columns);
  const said = `${figure(all.requests)} requests: half of them within ${time(all.quantile(0.5))}, 99 % within ${time(all.quantile(0.99))}, all within ${time(all.quantile(1))}`;
  const title = `${heatmap.device}: ${heatmap.title}`;
  if (all.requests < FEWEST_DRAWN) return html`<p class="note"><b>${title}</b>: ${tied(said)}; too few to draw.</p>`;
  const rows = slices(columns, MOST_ROWS).map(([from, to]) => {
    const { requests, quantile } = latenciesOf(heatmap, from, to);
    return [
      duration(tEdges[from] ?? NaN),
      figure(requests),
      time(quantile(0.5)),
      time(quantile(0.99)),
      time(quantile(1)),
    ];
  });
  const head: Column[] = [
    { title: 'from', kind: 'name' },
    ...['requests', 'median', '99 % within', 'slowest'].map((one): Column => ({ title: one, kind: 'figures' })),
  ];
  return html`<figure class="chart" data-heatmap="${at}">
    <figcaption><b>${title}</b></figcaption>
    <div class="beside">
      <div class="plot tall" role="img" aria-label="${`${title}. ${said}.`}"></div>
      <p class="said">${tied(said)}. <span class="scale" hidden></span></p>
    </div>
    ${disclosed(asTable(title), table(`${title}, by slices of time`, head, rows))}
  </figure>`;
}

/** Requests by time and latency, and the slowest ones by themselves. */
export function latency({ heatmaps, slowest: all }: Charts): Markup | undefined {
  if (heatmaps.length + all.length === 0) return undefined;
  return section(
    'latency',
    'Latency',
    heatmaps.length > 0 && zoomable('Latency over time', html`${heatmaps.map(heatmapFigure)}`),
    slowest(all),
  );
}
