// The script of a page that a watch serves: the report's, and what is seen now, asked for every two seconds while somebody looks.

import './report.js';

const EVERY_MS = 2000;

function show(lines: readonly string[]): void {
  const items = lines.map((line) => {
    const item = document.createElement('li');
    item.textContent = line;
    return item;
  });
  document.getElementById('now')?.replaceChildren(...items);
}

async function ask(): Promise<void> {
  try {
    const lines: unknown = document.hidden ? undefined : await (await fetch('now')).json();
    if (Array.isArray(lines)) show(lines.map(String));
  } catch {
    show(['The watch does not answer: it has ended, or is held up itself.']);
  }
  setTimeout(() => void ask(), EVERY_MS);
}

// One that was saved has nobody to ask.
if (location.protocol === 'http:') setTimeout(() => void ask(), EVERY_MS);
