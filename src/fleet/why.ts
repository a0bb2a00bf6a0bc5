// What separates the hosts that stall from the others: the document that `fleet why` prints, from what the store answers.

import { count as thousands, figure, isoMoment, percent } from '../base/format.js';
import { kernelOfText } from '../base/kernel-version.js';
import { addTo, entry } from '../base/maps.js';
import { company, dividing, odds } from '../differences/answer.js';
import { fits } from '../known/fits.js';
import type { HostState } from '../model/fleet-rows.js';
import type { FleetGroup, FleetWhy } from '../model/fleet.js';
import type { Known, KnownFit } from '../model/known.js';
import { factTable, type FactColumn, type FactTable } from './fact-table.js';
import { DIFFERENCES } from '../model/thresholds/differences.js';
import type { FleetStore, HostFacts, HostLoad, Period } from './port.js';
import { leastChance, separateHosts, type FleetSeparation, type Separating } from './separate.js';
import { sidesOf, type Sides } from './sides.js';

const EVERY_CAUSE =
  'Stalls of every cause are taken together: `iowitness fleet why CAUSE` asks for one, and `fleet status` lists them.';
const HOSTS = { slow: ['stalling host', 'stalling hosts'], fast: ['other', 'others'] } as const;
/** Hosts that are named of those that stand against a fact. */
const MOST_NAMES = 20;

export interface WhyOptions {
  readonly tool: string;
  readonly period: Period;
  readonly cause: string | undefined;
  readonly known: readonly Known[];
}

/** What is the same whichever cause is asked about. */
export interface FleetAsked {
  readonly hosts: readonly HostState[];
  readonly loads: readonly HostLoad[];
  readonly facts: HostFacts;
}

export async function askFleet(store: FleetStore, period: Period): Promise<FleetAsked> {
  const [hosts, loads, facts] = await Promise.all([store.hosts(), store.loads(period), store.facts(period)]);
  return { hosts, loads, facts };
}

/** `asked`: where several causes are asked about. */
export async function whyOf(
  store: FleetStore,
  options: WhyOptions,
  asked?: FleetAsked | Promise<FleetAsked>,
): Promise<FleetWhy> {
  const { sides, table } = await sidedFacts(store, options.period, options.cause, asked);
  return explained(store.name, sides, table, options);
}

/** All hosts on their sides, with their facts. */
export async function sidedFacts(
  store: FleetStore,
  period: Period,
  cause: string | undefined,
  asked: FleetAsked | Promise<FleetAsked> = askFleet(store, period),
): Promise<{ readonly sides: Sides; readonly table: FactTable }> {
  const [{ hosts, loads, facts }, stalls] = await Promise.all([asked, store.stalls(period, cause)]);
  const sides = sidesOf({ hosts, stalls, loads }, period, cause);
  return { sides, table: factTable(sides.hosts, facts) };
}

/** The same from what is known already. */
function explained(
  store: string,
  sides: Sides,
  table: FactTable,
  { tool, period, cause, known }: WhyOptions,
): FleetWhy {
  const stalling = table.hosts.filter(({ stalls }) => stalls).length;
  const isTwoSided = stalling > 1 && stalling < table.hosts.length;
  const least = isTwoSided ? leastChance(table) : 1;
  const canTell = least <= DIFFERENCES.falseDiscovery;
  const separation = canTell ? separateHosts(table) : { groups: [], nearest: undefined, tried: 0 };
  const without = sides.hosts.length - table.hosts.length;
  return {
    schema: 'iowitness.fleet-why/1',
    tool,
    store,
    cause: cause ?? null,
    from: isoMoment(period.fromMs),
    to: isoMoment(period.toMs),
    hosts: { stalling, others: table.hosts.length - stalling, unknown: sides.unknown + without },
    canTell,
    loads: sides.strata,
    answer: canTell || !isTwoSided ? answerOf(separation, table, cause) : tooFew(table, least, cause),
    groups: separation.groups.map((group) => told(group, table)),
    compared: table.all.length,
    tried: separation.tried,
    leads: leadsOf(table, known, cause),
    notes: [...(cause === undefined && stalling > 0 ? [EVERY_CAUSE] : []), ...notesOf(sides, table, without)],
  };
}

/** 'kernel is 5 in all 20 stalling hosts and in none of the 80 others; 3 more facts come with it (…)' */
function groupWords(first: Separating, group: readonly Separating[]): string {
  return `${dividing(first, HOSTS)}${company({ facts: group.map(({ column }) => column) })}`;
}

/** How many times as often hosts on the stalling side stall as the others; null where none of the others does. */
function ratioOf({ test }: Separating): number | null {
  const ratio = test.z >= 0 ? test.ratio : 1 / test.ratio;
  return Number.isFinite(ratio) ? ratio : null;
}

const byCause = (cause?: string): string => (cause === undefined ? '' : ` by ${cause}`);

function tooFew({ hosts }: FactTable, least: number, cause?: string): string {
  const [stalling, others] = [hosts.filter(({ stalls }) => stalls), hosts.filter(({ stalls }) => !stalls)];
  const compare = `iowitness fleet compare ${stalling[0]?.host ?? ''} ${others[0]?.host ?? ''}`;
  return `${thousands(stalling.length)} hosts stalled${byCause(cause)} and ${thousands(others.length)} did not: too few to tell what separates them, as even a fact that all of the former have and none of the latter would be such by accident in ${percent(least)} of cases. \`${compare}\` lists what differs between two.`;
}

function answerOf({ groups, nearest, tried }: FleetSeparation, { hosts, all }: FactTable, cause?: string): string {
  const stalling = hosts.filter(({ stalls }) => stalls);
  const by = byCause(cause);
  const others = hosts.length - stalling.length;
  if (stalling.length === 0) return `No host stalled${by} in this time of which facts are known.`;
  if (stalling.length === 1)
    return `One host alone stalled${by} (${stalling[0]?.host ?? ''}): of what it alone has nobody can tell what matters. \`iowitness fleet compare ${stalling[0]?.host ?? ''} OTHER\` lists it.`;
  if (others === 0)
    return `All ${thousands(stalling.length)} hosts stalled${by}: there is nobody to hold them against.`;
  const [best, ...more] = groups;
  const [first] = best ?? [];
  if (!best || !first) {
    const near = nearest
      ? ` The nearest, ${nearest.column.name}, ${dividing(nearest, HOSTS)}: by accident one of ${thousands(tried)} divisions is as telling ${odds(Math.min(1, nearest.test.p * tried))}.`
      : '';
    return `No fact separates the ${thousands(stalling.length)} hosts that stalled${by} from the ${thousands(others)} others at the same load, of ${thousands(all.length)} that were compared.${near}`;
  }
  const ratio = ratioOf(first);
  const often =
    ratio === null
      ? 'none without it stalls at the same load'
      : `at the same load a host on that side stalls ${figure(ratio)} times as often`;
  const next = more[0]?.[0];
  const beside = next
    ? ` Beside it ${more.length === 1 ? 'one more group of facts does' : `${more.length} more groups of facts do`}: ${next.column.name}.`
    : '';
  return `${first.column.name} separates the hosts that stall${by}: it ${groupWords(first, best)}; ${often}.${beside}`;
}

/** Hosts that stand against a division, by name. */
function against({ hosts }: FactTable, { stallingSide }: Separating, stalls: boolean): FleetGroup['othersWith'] {
  const names = hosts.filter((one, at) => one.stalls === stalls && stallingSide[at] === (stalls ? 0 : 1));
  return { count: names.length, names: names.slice(0, MOST_NAMES).map(({ host }) => host) };
}

function told(group: readonly Separating[], table: FactTable): FleetGroup {
  const [first] = group;
  if (!first) throw new Error('a group of facts is empty');
  return {
    sentence: `${first.column.name} ${groupWords(first, group)}.`,
    facts: group.map(({ column: { name, area }, value }) => ({ name, area, value })),
    division: first.division,
    ratio: ratioOf(first),
    falseDiscovery: first.falseDiscovery,
    stallingWithout: against(table, first, true),
    othersWith: against(table, first, false),
  };
}

/** The values of a fact that stalling hosts have, those that most have first. */
function ofStalling(column: FactColumn, { hosts }: FactTable): string[] {
  const counts = new Map<number, number>();
  hosts.forEach(({ stalls }, at) => {
    const place = column.of[at] ?? -1;
    if (stalls && place >= 0) addTo(counts, place, 1);
  });
  return [...counts].sort((a, b) => b[1] - a[1]).map(([place]) => column.values[place] ?? '');
}

/** Kernels are looked up, those that most stalling hosts have. */
const MOST_KERNELS = 3;

/** What is known of the stalling hosts' kernels and has this symptom. */
function leadsOf(table: FactTable, known: readonly Known[], cause: string | undefined): KnownFit[] {
  if (cause === undefined) return [];
  const withSymptom = known.filter(({ symptom }) => symptom.causes.includes(cause));
  const column = table.all.find(({ name }) => name === 'kernel');
  const kernels = column ? ofStalling(column, table).slice(0, MOST_KERNELS) : [];
  const mounts = table.all
    .filter(({ name }) => name.startsWith('filesystem of /'))
    .map((one) => ({ type: ofStalling(one, table)[0] ?? '', options: '' }));
  const found = kernels.flatMap((text) => {
    const kernel = kernelOfText(text);
    return kernel ? fits(withSymptom, { kernel, mounts, devices: [] }) : [];
  });
  return found.filter((one, at) => found.findIndex(({ id }) => id === one.id) === at);
}

function notesOf(sides: Sides, table: FactTable, without: number): string[] {
  const notes: string[] = [];
  if (sides.unknown > 0)
    notes.push(
      `${thousands(sides.unknown)} hosts are on neither side: nobody heard of them in this time, or their stalls have no verdict.`,
    );
  if (without > 0) notes.push(`${thousands(without)} hosts have told no facts and are not compared.`);
  const classes = new Map<number, { stalling: number; others: number }>();
  for (const { stalls, stratum } of table.hosts) {
    entry(classes, stratum, () => ({ stalling: 0, others: 0 }))[stalls ? 'stalling' : 'others'] += 1;
  }
  const alone = [...classes.values()].reduce((sum, { stalling, others }) => sum + (others === 0 ? stalling : 0), 0);
  const stalling = table.hosts.filter(({ stalls }) => stalls).length;
  if (alone > 0 && alone < stalling)
    notes.push(`${percent(alone / stalling)} of the stalling hosts have no other host of their load, and say nothing.`);
  return notes;
}
