// One host of the fleet as text, and two side by side. The page has the same words.

import { binary, clockText, counted, duration, figure, harmless, percent, rate, several } from '../base/format.js';
import { shellWord } from '../base/shell.js';
import type { FleetCompare, FleetEpisode, FleetFetch, FleetShow, KnownHost } from '../model/fleet.js';
import { EPISODE_HEAD, episodeCells } from './fleet.js';
import { TerminalPage, type TextOptions } from './terminal-page.js';
import { columns, wrap } from './text-layout.js';

export interface ShowOptions extends TextOptions {
  /** All facts and changes. */
  readonly verbose: boolean;
  readonly way?: FetchWay;
}

/** How whoever looks reaches a relay that passes recordings on, as far as they have said so. */
export interface FetchWay {
  readonly relay?: string | undefined;
  readonly certificate?: string | undefined;
  readonly authority?: string | undefined;
}

const MOST_SHOWN = 20;

/** How it is now, in a few words. */
export function stateOf({ isSilent, heardAt, since, cause }: KnownHost): string {
  if (isSilent) return `silent since ${clockText(heardAt)}`;
  // An episode is told a moment after the host says that it stalls.
  if (since !== null) return `stalls since ${clockText(since)}${cause === null ? '' : `: ${cause}`}`;
  return 'no stall now';
}

/** '120 requests a second in its median hour, more than 83 % of the hosts' */
export function loadOf({ requestsPerSecond, busierThan }: KnownHost): string {
  if (requestsPerSecond === null || busierThan === null) return 'not known';
  return `${figure(requestsPerSecond)} requests a second in its median hour, more than ${percent(busierThan)} of the hosts`;
}

function causesText({ causes }: KnownHost): string {
  if (causes.length === 0) return 'none';
  return causes
    .map(
      ({ cause, episodes, lostMs }) =>
        `${cause} ${episodes === 1 ? 'once' : episodes === 2 ? 'twice' : `${episodes} times`}, ${duration(lostMs)} lost`,
    )
    .join('; ');
}

export const DEVICE_HEAD = ['device', 'requests', 'bytes', 'busy', 'median wait', '99 % within', 'of'] as const;

export function deviceCells(one: KnownHost['devices'][number]): string[] {
  const wait = (us: number | null) => (us === null ? '–' : duration((us === 0 ? 1 : us * 2) / 1000));
  return [
    one.device,
    `${figure(one.requestsPerSecond)}/s`,
    rate(one.bytesPerSecond),
    percent(one.busy),
    wait(one.medianWaitUs),
    wait(one.wait99Us),
    duration(one.minutes * 60_000),
  ];
}

export const DEVICE_NOTE =
  'A wait is the mean of a second, told by the upper end of its power of two; means over the minutes of which there are figures.';

function valueText(value: string | null): string {
  if (value === null) return 'not known';
  return value === '' ? 'nothing' : value;
}

export function changeText({ before, after }: FleetShow['changes'][number]): string {
  return `${valueText(before)} → ${valueText(after)}`;
}

/** Where the recording lies, as far as that is known. */
export function recordingText({ recording, host, number }: FleetEpisode): string {
  if (recording === null) return 'No recording of it is kept.';
  return `${recording} lies on ${host}; there \`iowitness episodes show ${number}\` opens it. If its watch shares recordings, this brings it here:`;
}

/** The command that brings it here, in capitals what is not known of the way; undefined where none is kept. */
export function fetchCommand({ recording, host, number }: FleetEpisode, way: FetchWay = {}): string | undefined {
  if (recording === null) return undefined;
  const { relay = 'relay://RELAY:9471', certificate = 'YOURS.pem', authority = 'AUTHORITY.pem' } = way;
  const words = ['iowitness', 'fleet', 'fetch', host, String(number), '--relay', relay];
  return [...words, '--certificate', certificate, '--authority', authority].map(shellWord).join(' ');
}

export function renderFleetFetch({ host, number, share, bytes, path }: FleetFetch): string {
  return harmless(
    `${host}’s recording of stall ${number} is in ${path} (${binary(bytes)}, ${share}): \`iowitness diagnose ${path}\` opens it.`,
  );
}

function aboutText({ about }: FleetShow): string | undefined {
  if (!about) return undefined;
  if (about.count === 0) return 'No other host began to stall by this cause within ten minutes of it.';
  return `${counted(about.count, 'other host')} began to stall by this cause within ten minutes of it: ${several(about.names, MOST_SHOWN, about.count)}.`;
}

function changeLines(page: TerminalPage, { changes }: FleetShow, verbose: boolean): string[] {
  const rows = changes.map((one) => [`${clockText(one.at)}  ${one.name}`, changeText(one)] as const);
  return page.pairs(rows, verbose ? Infinity : MOST_SHOWN);
}

function deviceLines({ devices }: KnownHost, page: TerminalPage): string[] {
  if (devices.length === 0) return [];
  const rows = columns([DEVICE_HEAD, ...devices.map((one) => deviceCells(one).map(harmless))], [1, 2, 3, 4, 5, 6]);
  return [...rows, ...wrap(DEVICE_NOTE, page.width - 2).map((line) => page.paint('dim', line))];
}

function stallLines(episodes: readonly FleetEpisode[]): string[] {
  if (episodes.length === 0) return [];
  return columns([EPISODE_HEAD, ...episodes.map(episodeCells)].map((cells) => cells.slice(1)));
}

export function renderFleetShow(show: FleetShow, options: ShowOptions): string {
  const { host, number, episodes, facts } = show;
  const page = new TerminalPage(options);
  const [one] = episodes;
  page.line(page.paint('bold', harmless(`${host.host}: ${stateOf(host)}.`)));
  page.section(
    'Host',
    page.pairs([
      ['heard of', clockText(host.heardAt)],
      ['agent', host.agent],
      ['load', loadOf(host)],
      ['stalls', causesText(host)],
      ...(host.skewMs === null
        ? []
        : [['clock', `${duration(Math.abs(host.skewMs))} ${host.skewMs > 0 ? 'ahead' : 'behind'}`] as const]),
      ...(host.droppedEpisodes === 0 ? [] : [['dropped', counted(host.droppedEpisodes, 'episode')] as const]),
    ]),
  );
  page.section('Disks', deviceLines(host, page));
  page.section('Stalls', [
    ...stallLines(episodes.slice(0, MOST_SHOWN)),
    ...(episodes.length > MOST_SHOWN ? [`and ${episodes.length - MOST_SHOWN} before these: see --json`] : []),
  ]);
  if (one && number !== null) {
    const sentences = [aboutText(show), recordingText(one)].filter((sentence) => sentence !== undefined);
    const command = fetchCommand(one, options.way);
    page.section('About this one', [
      ...sentences.flatMap((sentence) => wrap(harmless(sentence), page.width - 2)),
      // In one line, to be copied.
      ...(command === undefined ? [] : [`  ${harmless(command)}`]),
    ]);
  }
  page.section('Facts that became others', changeLines(page, show, options.verbose));
  if (options.verbose) page.section('Facts', page.pairs(facts.map(({ name, value }) => [name, value] as const)));
  return page.toString();
}

export function renderFleetCompare(compare: FleetCompare, options: ShowOptions): string {
  const { hosts, answer, facts, fleet } = compare;
  const page = new TerminalPage(options);
  for (const line of wrap(harmless(answer), page.width)) page.line(page.paint('bold', line));
  for (const host of hosts) {
    page.section(harmless(host.host), [
      ...page.pairs([
        ['now', stateOf(host)],
        ['load', loadOf(host)],
        ['stalls', causesText(host)],
      ]),
      ...deviceLines(host, page),
    ]);
  }
  const isTelling = (name: string) => fleet?.separating.includes(name) === true;
  const telling = facts.filter(({ name }) => isTelling(name));
  const [a, b] = hosts;
  const pairs = (some: FleetCompare['facts']) =>
    some.map(({ name, values: [of, other] }) => [name, `${valueText(of)} · ${valueText(other)}`] as const);
  page.section(
    `Facts that differ and separate hosts in the whole fleet: ${harmless(a.host)} · ${harmless(b.host)}`,
    page.pairs(pairs(telling)),
  );
  page.section(
    `${telling.length > 0 ? 'Other facts' : 'Facts'} that differ: ${harmless(a.host)} · ${harmless(b.host)}`,
    page.pairs(pairs(facts.filter(({ name }) => !isTelling(name))), options.verbose ? Infinity : MOST_SHOWN),
  );
  return page.toString();
}
