// The map of the fleet: a row a host, those that lost most, and a cell a stretch of time, coloured by the cause that cost most in it and as dense as the loss.
// A cell leads to the stall that cost most.

import { clockText, counted, duration, isoMoment } from '../../../base/format.js';
import { OTHER_CAUSES, type FleetOverview, type LossCell } from '../../../model/fleet-overview.js';
import { html, type Markup } from '../markup.js';
import { section, table, tied, type Part } from '../parts.js';
import { hostLink, stallHref } from './parts.js';

/** Loss as a share of the cell's time from which on a cell is of the next density. */
const DENSITIES = [0.001, 0.01, 0.1];

function densityOf({ lostMs }: LossCell, binMs: number): number {
  return DENSITIES.filter((share) => lostMs >= share * binMs).length;
}

/** As the chart of causes has it. */
function colourAt(causes: FleetOverview['causes'], place: number): string {
  return place < 0 || causes[place]?.cause === OTHER_CAUSES ? 'rest-0' : `line-${place}`;
}

/** A busy fleet has some thousand cells: each is as short as it can be. */
function cellOf(overview: FleetOverview, host: string, cell: LossCell): Markup {
  const { from, binMs, causes } = overview;
  const place = causes.findIndex(({ cause }) => cause === cell.cause);
  const at = isoMoment(Date.parse(from) + cell.bin * binMs);
  const said = `${clockText(at)}: ${counted(cell.episodes, 'stall')}, ${duration(cell.lostMs)} lost, most by ${cell.cause}`;
  const looks = `${colourAt(causes, place)} dense-${densityOf(cell, binMs)}`;
  // prettier-ignore
  return html`<a href="${stallHref('', host, cell.number)}" tabindex="-1"><rect class="${looks}" x="${cell.bin}"/><title>${said}</title></a>`;
}

export function mapPart(overview: FleetOverview): Part {
  const { hosts, more, bins, binMs, causes } = overview;
  if (hosts.length === 0) return undefined;
  const rows = hosts.map(({ host, lostMs, cells }) => [
    hostLink('', host),
    html`<svg class="strip map" viewBox="0 0 ${bins} 1" preserveAspectRatio="none" role="group" aria-label="${host}">
      ${cells.map((cell) => cellOf(overview, host, cell))}
    </svg>`,
    tied(duration(lostMs)),
  ]);
  const rest = more > 0 ? ` ${counted(more, 'more host')} lost less.` : '';
  return section(
    'map',
    { long: 'Hosts over time', short: 'Hosts' },
    html`<p class="causes">
      ${causes.map(({ cause }, at) => html`<span><i class="${`key ${colourAt(causes, at)}`}"></i>${cause}</span> `)}
    </p>`,
    table(
      `Hosts that lost most; a cell is ${duration(binMs)}, the fuller its colour the more was lost, and leads to its dearest stall`,
      [{ title: 'host', kind: 'name' }, { title: '' }, { title: 'lost', kind: 'figures' }],
      rows,
    ),
    html`<p class="note">From ${clockText(overview.from)} to ${clockText(overview.to)}.${rest}</p>`,
  );
}
