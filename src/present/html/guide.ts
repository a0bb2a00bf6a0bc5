// 'How to read this page': the words that the page uses, for a colleague who sees such a report for the first time.

import { STATES } from '../../model/states.js';
import { VIA_WORDS } from '../words.js';
import { html, type Markup } from './markup.js';
import { code, disclosed, section, terms } from './parts.js';

export function guide(): Markup {
  return section(
    'guide',
    'How to read this page',
    html`<p>
        The <b>victim</b> is the process that was watched. Its wall time is split into states that exclude each other
        and add up to all of it; a cause is judged by the share of that time that it explains, never by a single figure.
        What no rule explains is shown as ${code('unexplained')}. The <b>confidence</b> says how often such a verdict
        was right where the truth is known, in a hundred: sure, likely or possible; it is lower where something was lost
        or could only be sampled.
      </p>
      <p>
        All charts share one time axis, counted from the recording’s start. Shaded are the times in which the victim
        lost time to the verdict’s cause (<i class="key band-stall"></i>stall), bursts of the largest other user of its
        disk (<i class="key band-burst"></i>burst), and the probe’s phases (<i class="key band-phase"></i>phase). In the
        latency charts a cell’s colour is the number of requests that took so long at that time.
      </p>
      ${disclosed('The states of a process’s time', meanings(STATES))}
      ${disclosed('How a process comes to stand beside a device’s bytes', meanings(VIA_WORDS))}`,
  );
}

function meanings(words: Readonly<Record<string, string>>): Markup {
  return terms(
    'reasons',
    Object.entries(words).map(([word, meaning]) => [code(word), meaning] as const),
  );
}
