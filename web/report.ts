// The report's script: puts charts that can be zoomed in the place of the drawings, binds keys and buttons to the one view of time
// that they share, and lets the reader choose the theme. The page is whole without it.

import type uPlot from 'uplot';
import { drawChart } from './charts.js';
import { forgetColours, isDark } from './colours.js';
import { bindButtons, bindKeys, bindWheel, tellMoment } from './controls.js';
import { readEmbedded, unpack } from './data.js';
import { drawHeatmap } from './heatmap.js';
import { drawLane } from './lane.js';
import { View } from './view.js';

const LEAST_BINS = 8;

function drawAll(): uPlot[] {
  const embedded = readEmbedded();
  const t = Array.from(unpack(embedded.t));
  const view = new View({ from: 0, to: t.length * embedded.binMs }, LEAST_BINS * embedded.binMs);
  const plots: uPlot[] = [];
  const add = (plot: uPlot | undefined) => {
    if (plot) plots.push(plot);
  };
  const lane = document.querySelector<HTMLElement>('.lane');
  if (lane) add(drawLane(lane, view, embedded.bands, t));
  for (const element of document.querySelectorAll<HTMLElement>('[data-chart]')) {
    const chart = embedded.charts[Number(element.dataset['chart'])];
    if (chart) add(drawChart(element, chart, t, view, embedded.bands));
  }
  for (const element of document.querySelectorAll<HTMLElement>('[data-heatmap]')) {
    const heatmap = embedded.heatmaps[Number(element.dataset['heatmap'])];
    if (heatmap) add(drawHeatmap(element, heatmap, view));
  }
  // The charts' cursors are one: the first that has bins tells for all.
  plots[0]?.hooks.setCursor?.push((plot) => tellMoment(embedded.startedAt, t, plot.cursor.idx ?? null));
  bindButtons(view);
  bindKeys(view);
  for (const plot of plots) bindWheel(view, plot);
  return plots;
}

function bindTheme(redraw: () => void): void {
  const root = document.documentElement;
  const button = document.querySelector<HTMLButtonElement>('#theme');
  const label = () => {
    if (button) button.textContent = isDark() ? 'Light' : 'Dark';
  };
  const show = () => {
    label();
    redraw();
  };
  if (button) {
    button.hidden = false;
    button.addEventListener('click', () => {
      root.dataset['theme'] = isDark() ? 'light' : 'dark';
      show();
    });
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
  // Paper is light, whatever the screen is.
  let before: string | undefined;
  addEventListener('beforeprint', () => {
    before = root.dataset['theme'];
    root.dataset['theme'] = 'light';
    redraw();
  });
  addEventListener('afterprint', () => {
    if (before === undefined) delete root.dataset['theme'];
    else root.dataset['theme'] = before;
    redraw();
  });
  label();
}

const plots = drawAll();
bindTheme(() => {
  forgetColours();
  for (const plot of plots) plot.redraw();
});
