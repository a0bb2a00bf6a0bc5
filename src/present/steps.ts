// A piece of advice as what is to be read and what is to be typed, one after the other: a command is never wrapped or cut, wherever it is shown.

import type { Advice } from '../model/diagnosis.js';

export type Command = Advice['commands'][number];

export type Step =
  | { readonly kind: 'words'; readonly text: string }
  /** A name in the words, of a file or an option, that is no command to type. */
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'command'; readonly command: Command };

/** Words behind a command stand by themselves, without what joined them to it. */
function wordsBehind(text: string, isBehindCommand: boolean): Step[] {
  const own = isBehindCommand ? text.replace(/^[\s.,;:]+/, '') : text;
  return own === '' ? [] : [{ kind: 'words', text: own }];
}

/** The sentence, with each of its commands where it stands between backquotes. */
export function stepsOf({ text, commands }: Advice): Step[] {
  const left = [...commands];
  const steps: Step[] = [];
  const pieces = text.split('`');
  pieces.forEach((piece, at) => {
    const isCode = at % 2 === 1 && at < pieces.length - 1;
    if (!isCode) {
      steps.push(...wordsBehind(piece, steps.at(-1)?.kind === 'command'));
      return;
    }
    const index = left.findIndex(({ command }) => command === piece);
    const [command] = index < 0 ? [] : left.splice(index, 1);
    steps.push(command ? { kind: 'command', command } : { kind: 'code', text: piece });
  });
  return steps;
}
