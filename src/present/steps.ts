// A piece of advice as what is to be read and what is to be typed, one after the other: a command is never wrapped or cut, wherever it is shown.

import type { Advice } from '../model/diagnosis.js';

export type Command = Advice['commands'][number];

export type Step =
  | { readonly kind: 'words'; readonly text: string }
  /** A name in the words, of a file or an option, that is no command to type. */
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'command'; readonly command: Command };

/** Words without what only joined them to a command that now stands by itself. */
function words(text: string): Step[] {
  return /^[\s.,;:]*$/.test(text) ? [] : [{ kind: 'words', text: text.replace(/^[.,;] */, '') }];
}

/** The sentence, with each of its commands where it stands between backquotes. */
export function stepsOf({ text, commands }: Advice): Step[] {
  const left = [...commands];
  const pieces = text.split('`');
  return pieces.flatMap((piece, at): Step[] => {
    const isCode = at % 2 === 1 && at < pieces.length - 1;
    if (!isCode) return words(piece);
    const index = left.findIndex(({ command }) => command === piece);
    const [command] = index < 0 ? [] : left.splice(index, 1);
    return [command ? { kind: 'command', command } : { kind: 'code', text: piece }];
  });
}
