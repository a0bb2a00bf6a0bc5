// The first page of the fleet: how it is now, which hosts lost how much when and by which causes, what separates them, and the newest stalls. Every host,
// stall and cause leads to what is known of it.

import { clockText, count as thousands, counted, duration } from '../../../base/format.js';
import type { Charts } from '../../../model/charts.js';
import { OTHER_CAUSES, type FleetHost, type FleetOverview } from '../../../model/fleet.js';
import { renderFleetStatus, statusHead } from '../../fleet.js';
import { paletteOf } from '../colours.js';
import { html, type Content, type Markup } from '../markup.js';
import type { ReportAssets } from '../page.js';
import { foldedTable, section, table, tied, type Column, type Part } from '../parts.js';
import { timeline } from '../timeline.js';
import { mapPart } from './map.js';
import { causeLink, fleetPage, hostLink, stallTable } from './parts.js';
import { whyShort } from './why.js';

const FEW = { most: 8 };

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

function hostsPart(
  id: string,
  title: string,
  columns: readonly Column[],
  hosts: readonly FleetHost[],
  cells: (host: FleetHost) => readonly Content[],
): Part {
  if (hosts.length === 0) return undefined;
  const rows = hosts.map((host) => [hostLink('', host.host), ...cells(host)]);
  return section(
    id,
    title,
    foldedTable(counted(hosts.length, 'host'), [{ title: 'host', kind: 'name' }, ...columns], rows, FEW),
  );
}

const NAMES: readonly Column[] = [
  { title: 'cause', kind: 'name' },
  { title: 'unit', kind: 'name' },
  { title: 'since' },
];

function nowParts({ status: { stalling, silent, skewed } }: FleetOverview): Part[] {
  const cause = (one: FleetHost) => (one.cause === null ? 'no verdict yet' : causeLink('', one.cause));
  return [
    hostsPart('stalling', 'Stall now', NAMES, stalling, (one) => [
      cause(one),
      one.unit ?? '–',
      one.since === null ? '–' : clockText(one.since),
    ]),
    hostsPart(
      'silent',
      'Silent',
      [{ title: 'last heard of', kind: 'name' }, { title: 'in a stall then' }],
      silent,
      (one) => [clockText(one.heardAt), one.cause === null ? '–' : causeLink('', one.cause)],
    ),
    hostsPart('skewed', 'Clocks that are off', [{ title: 'by' }], skewed, ({ skewMs }) => [
      tied(`${duration(Math.abs(skewMs ?? 0))} ${(skewMs ?? 0) > 0 ? 'ahead' : 'behind'}`),
    ]),
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

export function renderFleetOverview(overview: FleetOverview, assets: ReportAssets): string {
  const { status, from, newest } = overview;
  const charts = chartsOf(overview);
  const { hosts, stalling, silent } = status;
  const outcome = stalling.length > 0 ? 'stall' : hosts === 0 || silent.length > 0 ? 'inconclusive' : 'healthy';
  return fleetPage(
    {
      title: 'The fleet',
      answer: `${statusHead(status)}.`,
      outcome,
      word: `At ${clockText(status.at)}`,
      tool: status.tool,
      store: status.store,
      up: '',
      parts: [
        tiles(overview),
        mapPart(overview),
        whyShort(overview.why),
        newest.length > 0 && timeline(charts, paletteOf(charts), 'What all hosts lost, by the cause of the stall.'),
        ...nowParts(overview),
        newest.length > 0 &&
          section(
            'newest',
            { long: 'Newest stalls', short: 'Stalls' },
            stallTable('', 'Of all hosts, the newest first', newest, true),
          ),
        agentsPart(overview),
      ],
      ticket: renderFleetStatus(status, { colour: false, width: 120 }),
      saved: { name: 'fleet-status-document', document: status },
      charts,
      startedAt: from,
    },
    assets,
  );
}
