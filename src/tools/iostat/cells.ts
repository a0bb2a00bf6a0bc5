// One figure of a report with its width, decimals, unit and colour, as the cprintf functions of sysstat's common.c print it.

import { fixed } from '../fixed.js';
import type { Colours } from './colours.js';

export interface Style {
  readonly human: boolean;
  /** --dec. */
  readonly decimals: number | undefined;
  readonly colours: Colours;
}

const LETTERS = ['s', 'B', 'k', 'M', 'G', 'T', 'P', '?'];
/** Where a figure with a unit begins in LETTERS. */
const SECTORS = 0;
const KILOBYTES = 2;
/** From here on a percentage is high, or in the middle. */
const HIGH = 75;
const MIDDLE = 50;

/** Below this a figure has the colour of nothing: what would be printed as 0. */
const leastShown = (places: number): number => 0.5 * 10 ** -places;

const isNothing = (value: number, places: number): boolean =>
  places === 0 ? value <= 0.5 : value < leastShown(places);

/** A figure is absent where NaN. */
const digits = (value: number, places: number): string => (Number.isNaN(value) ? '-' : fixed(value, places));

function withUnit(value: number, unit: number, width: number, { decimals, colours }: Style): string {
  let [size, letter] = unit === SECTORS ? [value / 2, KILOBYTES] : [value, unit];
  for (; size >= 1024; letter += 1) size /= 1024;
  const text = fixed(size, decimals === 0 ? 0 : 1).padStart(Math.max(width, 4) - 1);
  return ` ${text}${colours.end}${LETTERS[Math.min(letter, LETTERS.length - 1)]}`;
}

/** Decimals of a column that has two unless another number is asked for; three are for times. */
const placesOf = (style: Style, isTime: boolean): number => {
  const { decimals = 2 } = style;
  return isTime ? decimals : Math.min(decimals, 2);
};

export function plainCell(value: number, width: number, style: Style, isTime = false): string {
  const { colours } = style;
  const places = placesOf(style, isTime);
  const colour = isNothing(Math.abs(value), places) ? colours.zero : colours.figure;
  return `${colour} ${digits(value, places).padStart(width)}${colours.end}`;
}

/** Sectors, or kB, with the letter of their unit. */
export function sizeCell(value: number, width: number, style: Style, isInSectors: boolean): string {
  const { colours } = style;
  const colour = isNothing(Math.abs(value), placesOf(style, false)) ? colours.zero : colours.figure;
  return colour + withUnit(value, isInSectors ? SECTORS : KILOBYTES, width, style);
}

/** A whole number of sectors, or of the unit that is asked for. */
export function totalCell(value: number, width: number, style: Style): string {
  const { colours } = style;
  const colour = value === 0 ? colours.zero : colours.figure;
  if (style.human) return colour + withUnit(value, SECTORS, width, style);
  return `${colour} ${fixed(value, 0).padStart(width)}${colours.end}`;
}

export function percentCell(value: number, width: number, style: Style): string {
  const { colours, human } = style;
  const asked = placesOf(style, false);
  const places = human ? Math.min(asked, 1) : asked;
  let colour = colours.figure;
  if (value >= HIGH) colour = colours.high;
  else if (value >= MIDDLE) colour = colours.middle;
  else if (isNothing(value, places)) colour = colours.zero;
  const text = digits(value, places).padStart(human ? Math.max(width, 4) - 1 : width);
  return `${colour} ${text}${colours.end}${human ? '%' : ''}`;
}

export function nameCell(text: string, { colours }: Style): string {
  return `${colours.name}${text}${colours.end}`;
}
