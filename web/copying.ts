// What the reader takes away from the page: commands, the verdict for a ticket, the figures as a file, a link to what is shown.

const SAID_MS = 1500;

/** Puts text on the clipboard; a page that was opened as a file may have to do it the old way. */
async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}

/** The button says for a moment that it was done. */
function bind(button: HTMLButtonElement, text: () => string): void {
  const label = button.textContent ?? '';
  button.hidden = false;
  button.addEventListener('click', () => {
    void copy(text()).then(() => {
      button.textContent = 'Copied';
      setTimeout(() => (button.textContent = label), SAID_MS);
    });
  });
}

function embeddedText(id: string): string {
  return document.getElementById(id)?.textContent ?? '';
}

function save(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** The page has it, or whoever serves the page. */
async function saved(of: string, from: string): Promise<string> {
  if (from === '') return embeddedText(of).trim();
  const answer = await fetch(from);
  if (!answer.ok) throw new Error(answer.statusText);
  return await answer.text();
}

export function bindCopying(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('.command .copy'))
    bind(button, () => button.parentElement?.querySelector('code')?.textContent ?? '');
  const ticket = document.querySelector<HTMLButtonElement>('#copy-ticket');
  if (ticket) bind(ticket, () => String(JSON.parse(embeddedText('ticket'))));
  const link = document.querySelector<HTMLButtonElement>('#link');
  if (link) bind(link, () => location.href);
  const saving = document.querySelector<HTMLButtonElement>('#save-data');
  const of = saving?.dataset['of'] ?? '';
  const from = saving?.dataset['from'] ?? '';
  saving?.addEventListener('click', () => {
    void saved(of, from).then(
      (text) => save(`${of}.json`, text),
      () => (saving.textContent = 'Nobody answers'),
    );
  });
  for (const buttons of document.querySelectorAll<HTMLElement>('header .buttons')) buttons.hidden = false;
}
