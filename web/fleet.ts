// The script of the fleet's pages: the report's, and on the first page what separates the hosts of each cause, asked for when the rest is there to be seen.

import './report.js';

const places = [...document.querySelectorAll<HTMLElement>('[data-separates]')];

function isAnswer(one: unknown): one is { readonly cause: string; readonly answer: string } {
  return typeof one === 'object' && one !== null && 'cause' in one && 'answer' in one;
}

function say(words: (cause: string) => string): void {
  for (const place of places) place.textContent = words(place.dataset['separates'] ?? '');
}

async function ask(): Promise<void> {
  try {
    const answer = await fetch('separates');
    if (!answer.ok) throw new Error(await answer.text());
    const all: unknown = await answer.json();
    const found = Array.isArray(all) ? all.filter(isAnswer) : [];
    say((cause) => found.find((one) => one.cause === cause)?.answer ?? 'its page tells');
  } catch {
    say(() => 'no answer: its page asks again');
  }
}

// A page that was saved has nobody to ask.
if (places.length > 0 && location.protocol === 'http:') {
  say(() => 'asking …');
  void ask();
}
