// The charts of the page. Each is a figure that stands without the script: title, legend with minimum, median and maximum, a drawing,
// and its figures as a short table. The script puts a chart that can be zoomed in the drawing's place.

import { duration, figure, harmless } from '../../base/format.js';
import type { Chart, Charts, Heatmap } from '../../model/charts.js';
import { stateOf } from '../words.js';
import { colourClass, drawChart } from './drawing.js';
import { html, type Markup } from './markup.js';
import { section, table, type Column } from './parts.js';
import { latenciesOf, meanOf, slices, spreadOf, spreadText } from './statistics.js';

const MOST_ROWS = 20;

/** A line of the victim's chart goes by its state's name: the sentences stand in the table of the accounting. */
function shortName(chart: Chart, name: string): string {
  return (chart.stacked === true ? stateOf(name) : undefined) ?? name;
}

function legend(chart: Chart, classes: readonly string[]): Markup {
  return html`<ul class="legend">
    ${chart.lines.map(({ name, values }, at) => {
      const spread = spreadOf(values);
      const rest = spread ? `median ${figure(spread.median)}, max ${figure(spread.max)}` : 'no value';
      return html`<li>
        <i class="key ${classes[at]}"></i><span>${shortName(chart, name)}</span> <b data-rest="${rest}">${rest}</b>
      </li> `;
    })}
  </ul>`;
}

function figuresTable(chart: Chart, charts: Charts): Markup {
  const rows = slices(charts.t.length, MOST_ROWS).map(([from, to]) => [
    duration(from * charts.binMs),
    ...chart.lines.map(({ values }) => {
      const mean = meanOf(values, from, to);
      return Number.isNaN(mean) ? '–' : figure(mean);
    }),
  ]);
  const columns: Column[] = [
    { title: 'from', kind: 'name' },
    ...chart.lines.map(({ name }): Column => ({ title: shortName(chart, name), kind: 'figures' })),
  ];
  return html`<details>
    <summary>As a table<span class="hidden">: ${chart.title}</span></summary>
    ${table(`${chart.title}, ${chart.unit}: means over slices of time`, columns, rows)}
  </details>`;
}

function chartFigure(chart: Chart, charts: Charts, at: number): Markup {
  const stacked = chart.stacked === true;
  const classes = chart.lines.map((line, index) => colourClass(index, stacked ? stateOf(line.name) : undefined));
  const said = chart.lines.map((line) => spreadText({ ...line, name: shortName(chart, line.name) }, chart.unit));
  return html`<figure class="chart" data-chart="${at}">
    <figcaption>
      <span><b>${chart.title}</b>, ${chart.unit}</span> ${legend(chart, classes)}
    </figcaption>
    <div class="plot${stacked ? ' tall' : ''}" role="img" aria-label="${`${chart.title}. ${said.join('; ')}.`}">
      ${drawChart(chart, charts, classes)}
    </div>
    ${figuresTable(chart, charts)}
  </figure>`;
}

const CONTROLS = html`<div class="controls" hidden>
  <span class="buttons">
    <button type="button" data-view="in" aria-label="zoom in">+</button>
    <button type="button" data-view="out" aria-label="zoom out">−</button>
    <button type="button" data-view="left" aria-label="earlier">←</button>
    <button type="button" data-view="right" aria-label="later">→</button>
    <button type="button" data-view="all">All</button>
  </span>
  <output class="range" aria-live="polite"></output>
  <span class="at" aria-hidden="true"></span>
  <span class="hint">drag to zoom, double-click for all; keys ← → + − 0; Ctrl + wheel</span>
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
  return html`<div class="lane rows-${kinds.length}" role="img" aria-label="${`Bands: ${words.join('; ')}.`}">
    <p class="bands">${kinds.map((kind) => html`<span><i class="key band-${kind}"></i>${kind}</span> `)}</p>
  </div>`;
}

export function timeline(charts: Charts): Markup | undefined {
  if (charts.charts.length === 0) return undefined;
  return section(
    'timeline',
    'Timeline',
    CONTROLS,
    zoomable(
      'Charts over time',
      lane(charts) ?? html``,
      html`${charts.charts.map((chart, at) => chartFigure(chart, charts, at))}`,
    ),
    html`<p class="note">
      0 s to ${duration(charts.t.length * charts.binMs)}; each point stands for ${duration(charts.binMs)}.
    </p>`,
  );
}

function heatmapFigure(heatmap: Heatmap, at: number): Markup {
  const { tEdges } = heatmap;
  const columns = tEdges.length - 1;
  const time = (us: number | undefined) => (us === undefined ? '–' : duration(us / 1000));
  const all = latenciesOf(heatmap, 0, columns);
  const said = `${figure(all.requests)} requests: half of them within ${time(all.quantile(0.5))}, 99 % within ${time(all.quantile(0.99))}, all within ${time(all.quantile(1))}`;
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
    ...['requests', 'median', '99 % within', 'slowest'].map((title): Column => ({ title, kind: 'figures' })),
  ];
  const title = `${heatmap.device}: ${heatmap.title}`;
  return html`<figure class="chart" data-heatmap="${at}">
    <figcaption>
      <span><b>${title}</b></span> <span class="scale" hidden></span>
    </figcaption>
    <p class="said">${said}.</p>
    <div class="plot tall" role="img" aria-label="${`${title}. ${said}.`}"></div>
    <details>
      <summary>As a table<span class="hidden">: ${title}</span></summary>
      ${table(`${title}, by slices of time`, head, rows)}
    </details>
  </figure>`;
}

export function heatmaps(charts: Charts): Markup | undefined {
  if (charts.heatmaps.length === 0) return undefined;
  return section('latency', 'Latency', zoomable('Latency over time', html`${charts.heatmaps.map(heatmapFigure)}`));
}
