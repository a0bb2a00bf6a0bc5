// The view in the page's address, so that a link shows what its sender saw: the stretch of time, hidden lines, the clock and the theme, as
// #t=2.1-4.6&hide=throughput.1&clock=UTC&theme=dark. An address that names a part of the page is left to the browser.

import { CLOCKS, type ClockName } from './clock.js';

export interface Address {
  /** ms since the recording's start. */
  readonly stretch?: { readonly from: number; readonly to: number };
  /** 'CHART.LINE' */
  readonly hidden: readonly string[];
  readonly clock?: ClockName;
  readonly theme?: 'dark' | 'light';
}

/** What is not understood is left out: the address may be anybody's. */
export function readAddress(hash: string): Address {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const [, from, to] = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(parts.get('t') ?? '') ?? [];
  const [fromMs, toMs] = [Number(from) * 1000, Number(to) * 1000];
  const clock = CLOCKS.find((name) => name === parts.get('clock'));
  const theme = parts.get('theme');
  return {
    ...(toMs > fromMs && { stretch: { from: fromMs, to: toMs } }),
    hidden: (parts.get('hide') ?? '').split(',').filter((name) => /^[\w-]+\.\d+$/.test(name)),
    ...(clock !== undefined && { clock }),
    ...((theme === 'dark' || theme === 'light') && { theme }),
  };
}

/** '' where everything is as the page begins. */
export function writeAddress({ stretch, hidden, clock, theme }: Address): string {
  const seconds = (ms: number) => String(Number((ms / 1000).toFixed(4)));
  const parts = [
    stretch && `t=${seconds(stretch.from)}-${seconds(stretch.to)}`,
    hidden.length > 0 && `hide=${hidden.join(',')}`,
    clock && `clock=${encodeURIComponent(clock)}`,
    theme && `theme=${theme}`,
  ].filter((part) => typeof part === 'string');
  return parts.length === 0 ? '' : `#${parts.join('&')}`;
}
