// The colours of sysstat's reports (init_colors in common.c, iostat(1) under ENVIRONMENT): S_COLORS says whether, S_COLORS_SGR which.

export interface Colours {
  readonly high: string;
  readonly middle: string;
  readonly zero: string;
  readonly figure: string;
  readonly name: string;
  /** Ends each of them. */
  readonly end: string;
}

const ESCAPE = '\u001b[';
const NONE: Colours = { high: '', middle: '', zero: '', figure: '', name: '', end: '' };
const USUAL: Colours = {
  high: `${ESCAPE}31;1m`,
  middle: `${ESCAPE}35;1m`,
  zero: `${ESCAPE}34;22m`,
  figure: `${ESCAPE}34;1m`,
  name: `${ESCAPE}32;22m`,
  end: `${ESCAPE}0m`,
};

const LETTERS: Readonly<Record<string, keyof Colours>> = {
  H: 'high',
  M: 'middle',
  Z: 'zero',
  N: 'figure',
  I: 'name',
};

/** `when` is S_COLORS, `which` S_COLORS_SGR: 'H=31;1:I=32;22'. A part in another form is passed over. */
export function coloursOf(isTerminal: boolean, when: string | undefined, which = ''): Colours {
  if (when === 'never' || (when !== 'always' && !isTerminal)) return NONE;
  const chosen: Partial<Record<keyof Colours, string>> = {};
  for (const part of which.split(':')) {
    const [, letter = '', codes] = /^(.)=([;\d]{1,5})$/.exec(part) ?? [];
    const colour = LETTERS[letter];
    if (colour) chosen[colour] = `${ESCAPE}${codes}m`;
  }
  return { ...USUAL, ...chosen };
}
