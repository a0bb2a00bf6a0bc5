// Everything that moves the view but the mouse's drag: buttons, keys, the wheel; and the line that says what is shown.

import type uPlot from 'uplot';
import type { Clock } from './clock.js';
import type { View } from './view.js';

const ZOOM = 2;
const MOVE = 0.25;

const ACTIONS: Readonly<Record<string, (view: View) => void>> = {
  in: (view) => view.zoom(1 / ZOOM),
  out: (view) => view.zoom(ZOOM),
  left: (view) => view.move(-MOVE),
  right: (view) => view.move(MOVE),
  all: (view) => view.all(),
};

const KEYS: Readonly<Record<string, string>> = {
  '+': 'in',
  '=': 'in',
  '-': 'out',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  '0': 'all',
};

export function bindButtons(view: View, clock: Clock): () => void {
  const tellers: (() => void)[] = [];
  for (const controls of document.querySelectorAll<HTMLElement>('.controls')) {
    controls.hidden = false;
    controls.addEventListener('click', (event) => {
      if (event.target instanceof HTMLElement) ACTIONS[event.target.dataset['view'] ?? '']?.(view);
    });
    const range = controls.querySelector('.range');
    const tell = () => {
      const { from, to } = view.now;
      if (range) range.textContent = `${clock.end(from, to - from)} to ${clock.end(to, to - from)}`;
    };
    view.onChange(tell);
    tellers.push(tell);
    tell();
  }
  return () => tellers.forEach((tell) => tell());
}

export function bindKeys(view: View): void {
  for (const group of document.querySelectorAll<HTMLElement>('.zoomable')) {
    group.addEventListener('keydown', (event) => {
      // Inside the group the tables scroll with the same keys.
      if (event.target !== group || event.ctrlKey || event.metaKey || event.altKey) return;
      const action = ACTIONS[KEYS[event.key] ?? ''];
      if (!action) return;
      event.preventDefault();
      action(view);
    });
  }
}

/** Ctrl + wheel, which is also what a pinch on a touchpad sends; a plain wheel goes on scrolling the page. */
export function bindWheel(view: View, plot: uPlot): void {
  plot.over.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const at = plot.posToVal(event.clientX - plot.over.getBoundingClientRect().left, 'x');
      view.zoom(2 ** (Math.sign(event.deltaY) * 0.4), at);
    },
    { passive: false },
  );
}

/** Says the moment under the cursor, from the recording's start and by the clock. */
export function tellMoment(clock: Clock, t: readonly number[], bin: number | null): void {
  const ms = bin === null ? undefined : t[bin];
  for (const at of document.querySelectorAll('.at')) at.textContent = ms === undefined ? '' : clock.full(ms);
}
