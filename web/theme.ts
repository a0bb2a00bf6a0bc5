// Light or dark: as the reader's system has it, or as the reader chose here. Paper is light, whatever the screen is.

import { isDark } from './colours.js';

/** `redraw` is called whenever colours have changed, `chosen` when the reader changed them. */
export function bindTheme(redraw: () => void, chosen: () => void): void {
  const root = document.documentElement;
  const button = document.querySelector<HTMLButtonElement>('#theme');
  const show = () => {
    if (button) button.textContent = isDark() ? 'Light' : 'Dark';
    redraw();
  };
  button?.addEventListener('click', () => {
    root.dataset['theme'] = isDark() ? 'light' : 'dark';
    show();
    chosen();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
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
  show();
}
