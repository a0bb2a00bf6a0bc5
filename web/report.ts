// The report's script: puts charts that can be zoomed in the place of the drawings, binds keys and buttons to the one view of time that they
// share, and keeps what the reader chose in the page's address. The page is whole without it.

import type uPlot from 'uplot';
import { readAddress, writeAddress } from './address.js';
import { LineChart } from './charts.js';
import { Clock } from './clock.js';
import { forgetColours } from './colours.js';
import { bindButtons, bindKeys, bindWheel, tellMoment } from './controls.js';
import { bindCopying } from './copying.js';
import { readEmbedded, unpack } from './data.js';
import { drawHeatmap } from './heatmap.js';
import { drawLane } from './lane.js';
import type { Shared } from './plot.js';
import { bindTheme } from './theme.js';
import { View } from './view.js';

const LEAST_BINS = 8;

class Page {
  private readonly embedded = readEmbedded();
  private readonly t = Array.from(unpack(this.embedded.t));
  private readonly whole = { from: 0, to: this.t.length * this.embedded.binMs };
  private readonly view = new View(this.whole, LEAST_BINS * this.embedded.binMs);
  private readonly clock = new Clock(this.embedded.startedAt, this.whole.to);
  private readonly charts: LineChart[] = [];
  private readonly plots: uPlot[] = [];

  start(): void {
    const shared: Shared = {
      view: this.view,
      clock: this.clock,
      bands: this.embedded.bands,
      changed: () => this.keep(),
    };
    this.draw(shared);
    // The charts' cursors are one: the first that has bins tells for all.
    this.plots[0]?.hooks.setCursor?.push((plot) => tellMoment(this.clock, this.t, plot.cursor.idx ?? null));
    const tell = bindButtons(this.view, this.clock);
    bindKeys(this.view);
    for (const plot of this.plots) bindWheel(this.view, plot);
    bindCopying();
    this.bindClock(tell);
    this.restore();
    bindTheme(
      () => this.redraw(),
      () => this.keep(),
    );
    this.view.onChange(() => this.keep());
    addEventListener('hashchange', () => this.restore());
  }

  private draw(shared: Shared): void {
    const lane = document.querySelector<HTMLElement>('.lane');
    if (lane) this.plots.push(drawLane(lane, shared, this.t));
    for (const element of document.querySelectorAll<HTMLElement>('[data-chart]')) {
      const chart = this.embedded.charts[Number(element.dataset['chart'])];
      const host = element.querySelector<HTMLElement>('.plot');
      if (chart && host) this.charts.push(new LineChart(element, host, chart, this.t, shared));
    }
    this.plots.push(...this.charts.map(({ plot }) => plot));
    for (const element of document.querySelectorAll<HTMLElement>('[data-heatmap]')) {
      const heatmap = this.embedded.heatmaps[Number(element.dataset['heatmap'])];
      const plot = heatmap && drawHeatmap(element, heatmap, shared);
      if (plot) this.plots.push(plot);
    }
  }

  private bindClock(tell: () => void): void {
    const button = document.querySelector<HTMLButtonElement>('#clock');
    if (!button) return;
    button.hidden = this.clock.choices.length < 2;
    button.textContent = this.clock.name;
    button.addEventListener('click', () => {
      this.clock.next();
      button.textContent = this.clock.name;
      tell();
      this.redraw();
      this.keep();
    });
  }

  private redraw(): void {
    forgetColours();
    for (const plot of this.plots) plot.redraw(false, true);
  }

  /** What the page's address says is shown. */
  private restore(): void {
    // A name of a part of the page says nothing of the view.
    if (!location.hash.includes('=')) return;
    const { stretch, hidden, clock, theme } = readAddress(location.hash);
    if (theme) document.documentElement.dataset['theme'] = theme;
    if (clock && this.clock.choices.includes(clock)) this.clock.name = clock;
    const button = document.querySelector('#clock');
    if (button) button.textContent = this.clock.name;
    for (const chart of this.charts) chart.hide(hidden);
    if (stretch) this.view.show(stretch.from, stretch.to);
    else this.view.all();
    this.redraw();
  }

  /** What is shown goes into the page's address, without a step in the browser's history. */
  private keep(): void {
    const { from, to } = this.view.now;
    const isWhole = from <= this.whole.from && to >= this.whole.to;
    const theme = document.documentElement.dataset['theme'];
    const address = writeAddress({
      ...(!isWhole && { stretch: { from, to } }),
      hidden: this.charts.flatMap((chart) => chart.hiddenLines),
      ...(this.clock.name !== this.clock.usual && { clock: this.clock.name }),
      ...((theme === 'dark' || theme === 'light') && { theme }),
    });
    history.replaceState(null, '', address === '' ? location.pathname + location.search : address);
  }
}

new Page().start();
