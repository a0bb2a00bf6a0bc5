// The fleet as text: how it is now, its episodes, and what separates the hosts that stall from the others.

import {
  clockText,
  count as thousands,
  counted,
  duration,
  figure,
  harmless,
  percent,
  several,
} from '../base/format.js';
import { addTo } from '../base/maps.js';
import type {
  FleetDemo,
  FleetEpisode,
  FleetEpisodes,
  FleetExport,
  FleetGroup,
  FleetHost,
  FleetInit,
  FleetStatus,
  FleetWhy,
} from '../model/fleet.js';
import { TerminalPage, type TextOptions } from './terminal-page.js';
import { columns, wrap } from './text-layout.js';

/** Of each kind of host, and of causes, so many are shown; `--json` has all. */
const MOST_SHOWN = 20;
/** Hosts that are named in a sentence; more than so many are a figure. */
const MOST_NAMED = 5;

export function renderFleetInit({ store, version, steps, dryRun }: FleetInit): string {
  if (steps.length === 0) return `${store} (${version}) has everything already.`;
  const head = dryRun ? `Nothing is changed at ${store} (${version}). It would:` : `Done at ${store} (${version}):`;
  const lines = steps.flatMap(({ what, statement }) => [`  ${what}`, ...(dryRun ? [`    ${statement};`] : [])]);
  return [head, ...lines].map(harmless).join('\n');
}

export function renderFleetExport({ folder, host, tables }: FleetExport): string {
  const rows = tables.map(({ table, rows: count }) => [`  ${table}.parquet`, counted(count, 'row')]);
  return [`Written to ${harmless(`${folder.replace(/\/$/, '')}/${host}`)}:`, ...columns(rows)].join('\n');
}

export function renderFleetDemo({ store, hosts, days, planted }: FleetDemo): string {
  const rows = planted.map(({ cause, fact, having, stalling }) => [
    `  ${cause}`,
    fact ? `${fact.name} is ${fact.value}` : 'no fact is behind it',
    fact ? `${counted(having, 'host')} have it` : '',
    `${counted(stalling, 'host')} stalled`,
  ]);
  return [
    `${counted(hosts, 'host')} were simulated over ${days} days in ${store}. What was planted:`,
    ...columns(rows),
    '',
    'What the fleet makes of it:',
    `  iowitness fleet status --store ${store}`,
    ...planted.map(({ cause }) => `  iowitness fleet why ${cause} --store ${store}`),
  ].join('\n');
}

function more(page: TerminalPage, all: number): string[] {
  return all > MOST_SHOWN ? [page.paint('dim', `and ${thousands(all - MOST_SHOWN)} more: see --json`)] : [];
}

function hostLines(page: TerminalPage, hosts: readonly FleetHost[], cells: (host: FleetHost) => string[]): string[] {
  const rows = hosts.slice(0, MOST_SHOWN).map((host) => [harmless(host.host), ...cells(host).map(harmless)]);
  return [...columns(rows), ...more(page, hosts.length)];
}

/** '500 hosts: 4 stall now, 1 is silent' */
export function statusHead({ hosts, stalling, silent }: FleetStatus): string {
  if (hosts === 0) return 'No host has been heard of: iowitness watch --push sends';
  const verb = (many: number, ofOne: string, ofMany: string) => `${thousands(many)} ${many === 1 ? ofOne : ofMany}`;
  return `${counted(hosts, 'host')}: ${verb(stalling.length, 'stalls', 'stall')} now, ${verb(silent.length, 'is', 'are')} silent`;
}

/** Where hosts fell silent together, what to look at first. */
export function togetherText({ count, from, to, names }: NonNullable<FleetStatus['silentTogether']>): string {
  return `${thousands(count)} of them were last heard of between ${clockText(from)} and ${clockText(to)} (${several(names, MOST_NAMED, count)}): look for what they share, the relay and the network first.`;
}

/** Of more hosts than are listed, how many stall by which cause. */
function causesNow(page: TerminalPage, stalling: readonly FleetHost[]): string[] {
  if (stalling.length <= MOST_SHOWN) return [];
  const counts = new Map<string, number>();
  for (const { cause } of stalling) addTo(counts, cause ?? 'no verdict yet', 1);
  const told = [...counts].sort((a, b) => b[1] - a[1]).map(([cause, hosts]) => `${cause} ${thousands(hosts)}`);
  return wrap(harmless(`By cause: ${several(told, MOST_SHOWN)}.`), page.width - 2);
}

export function renderFleetStatus(status: FleetStatus, options: TextOptions): string {
  const { hosts, stalling, silent, silentTogether, skewed, agents, causes, dropped, at } = status;
  const page = new TerminalPage(options);
  page.line(page.paint('bold', hosts === 0 ? `${statusHead(status)}.` : `${statusHead(status)} (${clockText(at)}).`));
  page.section('Stall now', [
    ...causesNow(page, stalling),
    ...hostLines(page, stalling, ({ cause, unit, since }) => [
      cause ?? 'no verdict yet',
      unit ?? '',
      since === null ? '' : `since ${clockText(since)}`,
    ]),
  ]);
  page.section('Silent: a host that stalls as a whole says nothing', [
    ...(silentTogether ? wrap(harmless(togetherText(silentTogether)), page.width - 2) : []),
    ...hostLines(page, silent, ({ heardAt, cause }) => [
      `last heard of ${clockText(heardAt)}`,
      `${duration(Date.parse(at) - Date.parse(heardAt))} ago`,
      cause === null ? '' : `in ${cause} then`,
    ]),
  ]);
  page.section(
    'Clocks that are off',
    hostLines(page, skewed, ({ skewMs }) => [
      `${duration(Math.abs(skewMs ?? 0))} ${(skewMs ?? 0) > 0 ? 'ahead' : 'behind'}`,
    ]),
  );
  page.section('Last day, by cause', [
    ...columns(
      causes
        .slice(0, MOST_SHOWN)
        .map(({ cause, episodes, hosts: of, lostMs }) => [
          harmless(cause),
          counted(episodes, 'stall'),
          `of ${counted(of, 'host')}`,
          `${duration(lostMs)} lost`,
        ]),
    ),
    ...more(page, causes.length),
  ]);
  page.section('Agents', columns(agents.map(({ agent, hosts: of }) => [harmless(agent), counted(of, 'host')])));
  if (dropped.episodes + dropped.minutes > 0)
    page.section('Dropped by hosts whose queue was full', [
      `${thousands(dropped.episodes)} episodes, ${thousands(dropped.minutes)} minutes of figures`,
    ]);
  return page.toString();
}

export const EPISODE_HEAD = ['host', 'no.', 'began', 'lasted', 'lost', 'cause', 'unit', 'culprit'];

/** A stall as a line of a list. */
export function episodeCells(one: FleetEpisode): string[] {
  return [
    one.host,
    String(one.number),
    clockText(one.startedAt),
    one.endedAt === null ? 'no end told' : duration(Date.parse(one.endedAt) - Date.parse(one.startedAt)),
    duration(one.lostMs),
    one.cause ?? 'no verdict',
    one.unit ?? '',
    one.culprit ?? one.culpritClass ?? '',
  ].map(harmless);
}

export function renderFleetEpisodes({ episodes, found, from, to }: FleetEpisodes): string {
  if (found === 0) return `No stall began between ${clockText(from)} and ${clockText(to)}.`;
  const rows = [EPISODE_HEAD, ...episodes.toReversed().map(episodeCells)];
  const rest = found - episodes.length;
  return [...columns(rows), ...(rest > 0 ? [`and ${thousands(rest)} before these: see --limit`] : [])].join('\n');
}

function groupLines(page: TerminalPage, group: FleetGroup, verbose: boolean): string[] {
  const { facts, ratio, falseDiscovery, stallingWithout, othersWith } = group;
  const shown = verbose ? facts : facts.slice(0, 3);
  const left = facts.length - shown.length;
  const namesText = ({ count, names }: FleetGroup['othersWith']) =>
    several(names, verbose ? Infinity : MOST_NAMED, count);
  const rows: (readonly [string, string])[] = shown.map(({ name, value }) => [name, value]);
  if (ratio !== null) rows.push(['at the same load', `${figure(ratio)} times as many of them stall`]);
  if (verbose) rows.push(['by accident', `at most ${percent(falseDiscovery)} of findings that are as sure`]);
  if (stallingWithout.count > 0) rows.push(['stall all the same', namesText(stallingWithout)]);
  if (othersWith.count > 0) rows.push(['have it and don’t stall', namesText(othersWith)]);
  return [
    ...wrap(harmless(group.sentence), page.width - 2),
    ...page.pairs(rows),
    ...(left > 0 ? [page.paint('dim', `and ${left} more facts that come with it: see --verbose`)] : []),
  ];
}

/** Who was compared with whom, by what. */
export function comparedText({
  hosts: { stalling, others, unknown },
  loads,
  from,
  to,
  compared,
  tried,
}: FleetWhy): string {
  return `${counted(stalling, 'host')} that stalled, ${thousands(others)} others, ${thousands(unknown)} not known, in ${counted(loads, 'class', 'classes')} of load, from ${clockText(from)} to ${clockText(to)}; ${counted(compared, 'fact')}, ${counted(tried, 'division')}.`;
}

export function renderFleetWhy(why: FleetWhy, options: TextOptions & { readonly verbose: boolean }): string {
  const page = new TerminalPage(options);
  for (const line of wrap(harmless(why.answer), page.width)) page.line(page.paint('bold', line));
  why.groups.forEach((group, at) =>
    page.section(at === 0 ? 'What separates them' : 'Beside it', groupLines(page, group, options.verbose)),
  );
  page.section(
    'Known regressions of these kernels with this symptom: leads, no verdicts',
    columns(why.leads.map(({ id, title }) => [id, title])),
  );
  page.section('Compared', [
    ...wrap(comparedText(why), page.width - 2),
    ...why.notes.flatMap((note) => wrap(harmless(note), page.width - 2)),
  ]);
  return page.toString();
}
