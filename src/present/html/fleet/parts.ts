// What the pages of the fleet share: ways from one to the other, tables of hosts and stalls, and the frame.

import { clockText, duration } from '../../../base/format.js';
import type { Charts } from '../../../model/charts.js';
import type { FleetEpisode, FleetGroup } from '../../../model/fleet.js';
import type { Outcome } from '../../words.js';
import { html, jsonScript, type Content, type Markup } from '../markup.js';
import { renderPage, type ReportAssets } from '../page.js';
import { table, tied, type Part } from '../parts.js';
import { embed } from '../payload.js';

/** Where a page stands below the first one: '' there, './' beside it, '../' and '../../' further down. */
export type Up = '' | './' | '../' | '../../';

function hostHref(up: Up, host: string): string {
  return `${up}host/${encodeURIComponent(host)}`;
}

export function hostLink(up: Up, host: string): Markup {
  return html`<a href="${hostHref(up, host)}">${host}</a>`;
}

export function stallHref(up: Up, host: string, number: number): string {
  return `${hostHref(up, host)}/${number}`;
}

/** To what separates the hosts of a cause. */
export function causeLink(up: Up, cause: string): Markup {
  return html`<a href="${`${up}why/${encodeURIComponent(cause)}`}">${cause}</a>`;
}

/** Stalls, each leading to what is known of it. */
export function stallTable(up: Up, caption: string, stalls: readonly FleetEpisode[], withHost: boolean): Markup {
  return table(
    caption,
    [
      { title: 'stall', kind: 'name' },
      ...(withHost ? [{ title: 'host', kind: 'name' as const }] : []),
      { title: 'began', kind: 'name' },
      { title: 'lasted', kind: 'figures' },
      { title: 'lost', kind: 'figures' },
      { title: 'cause', kind: 'name' },
      { title: 'unit' },
      { title: 'culprit' },
    ],
    stalls.map((one) => [
      html`<a href="${stallHref(up, one.host, one.number)}">${`no. ${one.number}`}</a>`,
      ...(withHost ? [hostLink(up, one.host)] : []),
      clockText(one.startedAt),
      one.endedAt === null ? 'no end told' : tied(duration(Date.parse(one.endedAt) - Date.parse(one.startedAt))),
      tied(duration(one.lostMs)),
      one.cause === null ? 'no verdict' : causeLink(up, one.cause),
      one.unit ?? '–',
      one.culprit ?? one.culpritClass ?? '–',
    ]),
  );
}

/** Some hosts by name, and how many more. */
export function someHosts(up: Up, { count, names }: FleetGroup['othersWith'], most: number): Content {
  const shown = names.slice(0, most);
  const more = count - shown.length;
  return html`${shown.map((host, at) => html`${at > 0 && ', '}${hostLink(up, host)}`)}${more > 0 && ` and ${more} more`}`;
}

const NO_CHARTS: Charts = {
  t: new Float64Array(0),
  binMs: 1,
  proof: [],
  charts: [],
  bands: [],
  heatmaps: [],
  slowest: [],
  stacks: [],
};

export interface FleetFrame {
  readonly title: string;
  readonly answer: string;
  readonly outcome: Outcome;
  /** What stands above the answer. */
  readonly word: string;
  readonly tool: string;
  readonly store: string;
  readonly up: Up;
  readonly parts: readonly Part[];
  /** As the command prints it. */
  readonly ticket: string;
  /** What is saved, by the name of its document: it is in the page, or asked for at an address beside it. */
  readonly saved: { readonly name: string } & ({ readonly document: unknown } | { readonly from: string });
  readonly charts?: Charts;
  readonly startedAt?: string;
}

export function fleetPage(frame: FleetFrame, assets: ReportAssets): string {
  const { title, answer, outcome, word, tool, store, up, parts, ticket, saved } = frame;
  const verdict = html`<section class="verdict ${outcome}" aria-labelledby="verdict">
    <p class="outcome">${word}</p>
    <h1 id="verdict">${tied(answer)}</h1>
  </section>`;
  return renderPage(
    {
      title,
      description: answer,
      tool,
      outcome,
      header: html`<p>${up === '' ? html`<b>Fleet</b>` : html`<a href="${up}">Fleet</a>`} <span>${store}</span></p>`,
      hasVerdict: true,
      parts: [verdict, ...parts],
      data: [
        jsonScript('charts', embed(frame.charts ?? NO_CHARTS, frame.startedAt ?? null)),
        jsonScript('ticket', `\`\`\`\`text\n${ticket}\n\`\`\`\``),
        ...('document' in saved ? [jsonScript(saved.name, saved.document)] : []),
      ],
      saved: saved.name,
      savedFrom: 'from' in saved ? saved.from : undefined,
      isLive: true,
    },
    assets,
  );
}
