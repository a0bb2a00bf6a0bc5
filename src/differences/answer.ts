// What the facts amount to, in one line: which fact separates slow from fast recordings, or that none does, or that so few recordings can't tell.

import { count as thousands, counted, percent } from '../base/format.js';
import type { Area } from './facts.js';
import { separates, type Differing, type FactGroup, type Separation, type Side } from './separate.js';

/** A value that is longer is cut where a sentence has it. */
const MOST_VALUE = 60;

function cut(value: string | undefined): string {
  const text = value === undefined || value === '' ? 'nothing' : value;
  return text.length > MOST_VALUE ? `${text.slice(0, MOST_VALUE)}…` : text;
}

/** 'by accident once in 3,000 cases' */
export function odds(p: number): string {
  if (p > 0.01) return `in ${percent(p)} of cases`;
  return p < 1e-9 ? 'in less than one case of a billion' : `once in ${thousands(Math.round(1 / p))} cases`;
}

const AREA_WORDS: Readonly<Record<Area, string | readonly [one: string, more: string]>> = {
  instance: 'of the instance',
  kernel: 'of the kernel',
  hardware: 'of the hardware',
  system: 'of the system',
  setting: ['setting', 'settings'],
  disk: 'of the disk',
  filesystem: 'of filesystems',
  limit: ['limit', 'limits'],
  daemon: ['daemon', 'daemons'],
};

function areaText(area: Area, many: number): string {
  const words = AREA_WORDS[area];
  return typeof words === 'string' ? `${many} ${words}` : counted(many, ...words);
}

/** Facts that divide in the same way, as sentences have them. */
interface ToldGroup {
  readonly facts: readonly Pick<Differing, 'name' | 'area'>[];
}

/** '; 12 more come with it (9 of the kernel, 3 settings)' */
export function company({ facts }: ToldGroup): string {
  if (facts.length === 1) return '';
  const areas = new Map<Area, number>();
  for (const { area } of facts.slice(1)) areas.set(area, (areas.get(area) ?? 0) + 1);
  const told = [...areas].sort((a, b) => b[1] - a[1]).map(([area, many]) => areaText(area, many));
  return facts.length === 2
    ? `; ${facts[1]?.name} comes with it`
    : `; ${facts.length - 1} more facts come with it (${told.join(', ')})`;
}

/** What is divided, as sentences have it: one of them, and several. */
interface Sides {
  readonly slow: readonly [one: string, several: string];
  readonly fast: readonly [one: string, several: string];
}

const RECORDINGS: Sides = { slow: ['slow one', 'slow ones'], fast: ['fast one', 'fast ones'] };

/** 'is 5 in all 20 slow ones and in none of the 20 fast ones' */
export function dividing({ division }: Pick<FactGroup, 'division'>, sides = RECORDINGS): string {
  if (!division) return '';
  const part = (some: number, all: number, [one, several]: readonly [string, string]) => {
    if (all === 1) return `${some === 0 ? 'not ' : ''}in the ${one}`;
    if (some === 0) return `in none of the ${thousands(all)} ${several}`;
    return some === all
      ? `in all ${thousands(all)} ${several}`
      : `in ${thousands(some)} of ${thousands(all)} ${several}`;
  };
  return `${cut(division.words)} ${part(division.slowWith, division.slow, sides.slow)} and ${part(division.fastWith, division.fast, sides.fast)}`;
}

/** 'kernel: 6.1.0-13 … against 6.12.9 …' */
function against({ name, values }: Differing): string {
  const distinct = [...new Set(values.filter((value) => value !== undefined))].map(cut);
  const told = distinct.length > 3 ? [...distinct.slice(0, 3), `${distinct.length - 3} others`] : distinct;
  return `${name}: ${told.join(' against ')}`;
}

/** What is said of a group. */
export function sentenceOf(group: FactGroup): string {
  if (!group.division) return `${against(group.first)}${company(group)}.`;
  return `${group.first.name} ${dividing(group)}${company(group)}.`;
}

/** How far two differ, and in what first. */
export function ofTwo(separation: Separation): string {
  const { groups } = separation;
  const facts = groups.reduce((sum, one) => sum + one.facts.length, 0);
  const [first] = groups;
  if (!first) return '';
  const rest =
    groups.length > 1 ? `, and ${groups.length - 1} more ${groups.length === 2 ? 'difference' : 'differences'}` : '';
  return `They differ in ${thousands(facts)} of ${thousands(separation.compared)} facts, the most telling ${against(first.first)}${company(first)}${rest}.`;
}

/** `sides` as they stand in the recordings that have facts. */
export function answerOf(separation: Separation, sides: readonly Side[]): string {
  const { groups, compared, tried, perfectByAccident } = separation;
  const many = thousands(compared);
  if (sides.length < 2) return 'There are no two recordings with facts to be compared.';
  if (compared === 0) return 'There is no fact that more than one of them tells.';
  const [slow, fast] = [sides.filter((side) => side === 'slow').length, sides.filter((side) => side === 'fast').length];
  const [best, next] = groups;
  if (!best) return `No fact separates them: all ${many} facts that were compared are the same.`;
  if (sides.length === 2)
    return `${ofTwo(separation)} With one recording a side it can’t be told which of them matters.`;
  if (slow === 0 || fast === 0)
    return `${ofTwo(separation)} None separates: ${slow + fast === 0 ? 'which are slow and which fast is not known' : slow === 0 ? 'none of them is slow' : 'none of them is fast'} (--slow and --fast say it).`;
  if (separates(best)) {
    const others = groups.filter(separates).length - 1;
    const more =
      others > 0 && next
        ? ` ${others} other ${others === 1 ? 'group of facts does' : 'groups of facts do'} so as well, less well: ${next.first.name}.`
        : '';
    return `${best.first.name} separates them: it ${dividing(best)}${company(best)}. By accident one of the ${thousands(tried)} divisions that were tried does so ${odds(best.p)}.${more}`;
  }
  const isPerfect = best.division?.agree === slow + fast;
  const why = isPerfect
    ? `${slow} slow and ${fast} fast recordings are divided so by one of ${thousands(tried)} divisions by accident ${odds(Math.min(1, perfectByAccident))}`
    : 'as good a division comes about by accident';
  return `No fact separates slow from fast. The nearest, ${best.first.name}, ${dividing(best)}${company(best)}; ${why}.`;
}
