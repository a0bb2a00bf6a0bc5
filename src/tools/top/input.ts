// What a terminal sends → keys and clicks. Sequences are those of xterm and what follows it: CSI and SS3 for keys, SGR (1006) for the mouse.
// Source: xterm's Control Sequences (ctlseqs), “PC-Style Function Keys” and “Extended coordinates”.

export type Input =
  | { readonly kind: 'key'; readonly key: string }
  /** Lines and columns from 0. */
  | { readonly kind: 'click'; readonly line: number; readonly column: number }
  | { readonly kind: 'wheel'; readonly by: number };

const NAMED: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  '1~': 'home',
  '7~': 'home',
  '4~': 'end',
  '8~': 'end',
  '5~': 'page-up',
  '6~': 'page-down',
};

const CONTROL: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\u001b': 'escape',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u0003': 'interrupt',
  '\u001a': 'suspend',
  '\u0014': 'delays',
  '\u000c': 'redraw',
};

// eslint-disable-next-line no-control-regex
const SEQUENCE = /^\u001b(?:\[<(\d+);(\d+);(\d+)([Mm])|\[([0-9;]*[~A-Za-z])|O([A-Za-z]))/;
const WHEEL_LINES = 3;

/** All that one piece of input holds. A sequence that is not known says nothing. */
export function parseInput(text: string): Input[] {
  const found: Input[] = [];
  for (let rest = text; rest !== '';) {
    const match = SEQUENCE.exec(rest);
    if (match) {
      rest = rest.slice(match[0].length);
      const [, button, column, line, press, csi, ss3] = match;
      if (button !== undefined) mouse(found, Number(button), Number(column) - 1, Number(line) - 1, press === 'M');
      else {
        const key = NAMED[csi ?? ss3 ?? ''];
        if (key !== undefined) found.push({ kind: 'key', key });
      }
      continue;
    }
    const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
    rest = rest.slice(character.length);
    const key = CONTROL[character] ?? character;
    if (key.length > 1 || character >= ' ') found.push({ kind: 'key', key });
  }
  return found;
}

function mouse(found: Input[], button: number, column: number, line: number, isPress: boolean): void {
  if (button === 64) found.push({ kind: 'wheel', by: -WHEEL_LINES });
  else if (button === 65) found.push({ kind: 'wheel', by: WHEEL_LINES });
  else if (button === 0 && isPress) found.push({ kind: 'click', line, column });
}
