// The first page of the fleet: how it is now, which hosts lost how much when and by which causes, what separates them, and the newest stalls. Every host,
// stall and cause leads to what is known of it.

import { clockText, count as thousands, counted, duration } from '../../../base/format.js';
import type { Charts } from '../../../model/charts.js';
import type { FleetHost, FleetStatus } from '../../../model/fleet.js';
import { OTHER_CAUSES, type FleetOverview } from '../../../model/fleet-overview.js';
import { renderFleetStatus, statusHead, togetherText } from '../../fleet.js';
import { paletteOf } from '../colours.js';
import { html, type Content, type Markup } from '../markup.js';
import type { ReportAssets } from '../page.js';
import { section, table, tied, type Column, type Part } from '../parts.js';
import { timeline } from '../timeline.js';
import { mapPart } from './map.js';
import { causeLink, fleetPage, hostLink, stallTable, type FleetFrame, type Up } from './parts.js';
import { whyShort } from './why.js';

const FEW = 8;
/** Where the pages are that the first one leads to. */
const NOW_PAGE = 'now';
const STATUS_DOCUMENT = 'status';

function chartsOf({ bins, binMs, causes }: FleetOverview): Charts {
  const lines = causes.map(({ cause, lostMs }) => ({
    name: cause,
    values: lostMs.map((ms) => ms / 1000),
    ...(cause === OTHER_CAUSES && { role: 'rest' as const }),
  }));
  return {
    t: Float64Array.from({ length: bins }, (_, bin) => (bin + 0.5) * binMs),
    binMs,
    proof: [],
    charts: [{ id: 'causes', title: 'Time lost by cause', unit: 's', lines, stacked: true }],
    bands: [],
    heatmaps: [],
    slowest: [],
    stacks: [],
  };
}

function tile(term: string, said: Content, small: Content, name = ''): Markup {
  return html`<div class="${name}">
    <dt>${term}</dt>
    <dd><b>${said}</b><small>${small}</small></dd>
  </div> `;
}

function tiles({ status: { hosts, stalling, silent, skewed, dropped } }: FleetOverview): Markup {
  const lost = dropped.episodes + dropped.minutes;
  return html`<dl class="tiles">
    ${tile('hosts', thousands(hosts), 'ever heard of')}
    ${tile('stall now', thousands(stalling.length), 'as they say themselves', 'lost')}
    ${tile('silent', thousands(silent.length), 'a host that stalls as a whole says nothing')}
    ${tile('clocks off', thousands(skewed.length), lost > 0 ? `${thousands(lost)} rows dropped by full queues` : 'no host dropped anything')}
  </dl>`;
}

const NAMES: readonly Column[] = [
  { title: 'cause', kind: 'name' },
  { title: 'unit', kind: 'name' },
  { title: 'since' },
];

interface HostList {
  readonly id: string;
  readonly title: string;
  readonly columns: readonly Column[];
  /** What stands above it. */
  readonly note?: string | undefined;
}

interface Listed {
  readonly up: Up;
  readonly most: number;
}

/** A list of hosts that may be all of them: so many are shown, the others have a page. */
function hostsPart(
  { id, title, columns, note }: HostList,
  hosts: readonly FleetHost[],
  { up, most }: Listed,
  cells: (host: FleetHost) => readonly Content[],
): Part {
  if (hosts.length === 0) return undefined;
  const rows = hosts.slice(0, most).map((host) => [hostLink(up, host.host), ...cells(host)]);
  return section(
    id,
    title,
    note !== undefined && html`<p>${tied(note)}</p>`,
    table(counted(hosts.length, 'host'), [{ title: 'host', kind: 'name' }, ...columns], rows),
    hosts.length > rows.length &&
      html`<p class="note"><a href="${NOW_PAGE}">All ${thousands(hosts.length)}</a>, each with its page.</p>`,
  );
}

function nowParts({ stalling, silent, silentTogether, skewed }: FleetStatus, listed: Listed): Part[] {
  const cause = ({ cause: of }: FleetHost, none: string) => (of === null ? none : causeLink(listed.up, of));
  return [
    hostsPart({ id: 'stalling', title: 'Stall now', columns: NAMES }, stalling, listed, (one) => [
      cause(one, 'no verdict yet'),
      one.unit ?? '–',
      one.since === null ? '–' : clockText(one.since),
    ]),
    hostsPart(
      {
        id: 'silent',
        title: 'Silent',
        columns: [{ title: 'last heard of', kind: 'name' }, { title: 'in a stall then' }],
        note: silentTogether ? togetherText(silentTogether) : undefined,
      },
      silent,
      listed,
      (one) => [clockText(one.heardAt), cause(one, '–')],
    ),
    hostsPart(
      { id: 'skewed', title: 'Clocks that are off', columns: [{ title: 'by' }] },
      skewed,
      listed,
      ({ skewMs }) => [tied(`${duration(Math.abs(skewMs ?? 0))} ${(skewMs ?? 0) > 0 ? 'ahead' : 'behind'}`)],
    ),
  ];
}

function agentsPart({ status: { agents } }: FleetOverview): Part {
  return section(
    'agents',
    'Agents',
    table(
      'Versions',
      [
        { title: 'agent', kind: 'name' },
        { title: 'hosts', kind: 'figures' },
      ],
      agents.map(({ agent, hosts }) => [agent, thousands(hosts)]),
    ),
  );
}

/** How it is now, above whatever tells more. */
function frameOf(status: FleetStatus): Omit<FleetFrame, 'parts'> {
  const { hosts, stalling, silent, at, tool, store } = status;
  return {
    title: 'The fleet',
    answer: `${statusHead(status)}.`,
    outcome: stalling.length > 0 ? 'stall' : hosts === 0 || silent.length > 0 ? 'inconclusive' : 'healthy',
    word: `At ${clockText(at)}`,
    tool,
    store,
    up: '',
    ticket: renderFleetStatus(status, { colour: false, width: 120 }),
    // It may tell of ten thousand hosts, and is asked for by who wants it.
    saved: { name: 'fleet-status-document', from: STATUS_DOCUMENT },
  };
}

export function renderFleetOverview(overview: FleetOverview, assets: ReportAssets): string {
  const { status, from, newest } = overview;
  const charts = chartsOf(overview);
  return fleetPage(
    {
      ...frameOf(status),
      parts: [
        tiles(overview),
        mapPart(overview),
        whyShort(overview.comparable),
        newest.length > 0 && timeline(charts, paletteOf(charts), 'What all hosts lost, by the cause of the stall.'),
        ...nowParts(status, { up: '', most: FEW }),
        newest.length > 0 &&
          section(
            'newest',
            { long: 'Newest stalls', short: 'Stalls' },
            stallTable('', 'Of all hosts, the newest first', newest, true),
          ),
        agentsPart(overview),
      ],
      charts,
      startedAt: from,
    },
    assets,
  );
}

/** All hosts that stall, are silent, or whose clocks are off. */
export function renderFleetNow(status: FleetStatus, assets: ReportAssets): string {
  return fleetPage({ ...frameOf(status), up: './', parts: nowParts(status, { up: './', most: Infinity }) }, assets);
}
