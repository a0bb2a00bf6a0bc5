// One chart as a figure that stands without the script: title, drawing, legend with median and maximum, and its figures as a short table.
// The script puts a chart that can be zoomed in the drawing's place and makes switches of the legend's lines.

import { duration, figure } from '../../base/format.js';
import type { Chart, Charts } from '../../model/charts.js';
import { stateOf } from '../words.js';
import { drawAxes, drawChart } from './drawing.js';
import type { Palette } from './colours.js';
import { html, type Markup } from './markup.js';
import { asTable, disclosed, table, type Column } from './parts.js';
import { meanOf, slices, spreadOf, spreadText } from './statistics.js';

const MOST_ROWS = 20;

/** A line of the victim's chart goes by its state's name: the sentences stand in the table of the accounting. */
function shortName(chart: Chart, name: string): string {
  return (chart.stacked === true ? stateOf(name) : undefined) ?? name;
}

function legendLine(chart: Chart, at: number, classes: string): Markup {
  const line = chart.lines[at];
  const spread = line && spreadOf(line.values);
  const key = chart.stacked === true ? 'key' : 'key stroke';
  const cells = spread ? [figure(spread.median), figure(spread.max)] : ['–', '–'];
  return html`<li>
    <button type="button" disabled data-line="${at}">
      <i class="${key} ${classes}"></i><span>${shortName(chart, line?.name ?? '')}</span>
    </button>
    ${cells.map((text) => html`<b data-rest="${text}">${text}</b>`)}
  </li> `;
}

function legend(chart: Chart, classes: readonly string[]): Markup {
  const { ticks } = chart;
  return html`<ul class="legend">
    <li class="head" aria-hidden="true">
      <span>${chart.unit}</span><b data-rest="median">median</b><b data-rest="max">max</b>
    </li>
    ${chart.lines.map((_, at) => legendLine(chart, at, classes[at] ?? ''))}
    ${
      ticks &&
      html`<li class="ticks">
        <span><i class="key tick"></i>${ticks.name}</span> <b></b><b>${ticks.t.length}</b>
      </li>`
    }
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
  return disclosed(
    asTable(chart.title),
    table(`${chart.title}, ${chart.unit}: means over slices of time`, columns, rows),
  );
}

export interface FigureLook {
  readonly palette: Palette;
  readonly size?: 'high' | 'low';
  /** False where the chart below shows the time. */
  readonly timeAxis: boolean;
}

/** `number`: its place among the charts that the page embeds. */
export function chartFigure(
  chart: Chart,
  charts: Charts,
  number: number,
  { palette, size, timeAxis }: FigureLook,
): Markup {
  const classes = chart.lines.map((_, line) => palette(chart, line));
  const said = chart.lines.map((line) => spreadText({ ...line, name: shortName(chart, line.name) }, chart.unit));
  return html`<figure class="chart" data-chart="${number}" data-id="${chart.id}">
    <figcaption><b>${chart.title}</b>, ${chart.unit}</figcaption>
    <div class="beside">
      <div
        class="plot ${size}"
        ${timeAxis ? '' : html`data-time="none"`}
        role="img"
        aria-label="${`${chart.title}. ${said.join('; ')}.`}"
      >
        ${drawChart(chart, charts, classes)} ${drawAxes(chart, charts, timeAxis)}
      </div>
      ${legend(chart, classes)}
    </div>
    ${figuresTable(chart, charts)}
  </figure>`;
}
