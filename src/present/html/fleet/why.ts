// What separates the hosts of a cause, on the page of the fleet: in short on the first page, and whole on one of its own.

import { counted, figure, percent } from '../../../base/format.js';
import type { FleetGroup, FleetWhy } from '../../../model/fleet.js';
import { DIFFERENCES } from '../../../model/thresholds/differences.js';
import { comparedText, renderFleetWhy } from '../../fleet.js';
import { html, type Content, type Markup } from '../markup.js';
import type { ReportAssets } from '../page.js';
import { code, section, table, terms, tied, type Part } from '../parts.js';
import { causeLink, fleetPage, someHosts, type Up } from './parts.js';

const TICKET = { colour: false, verbose: false, width: 120 };
/** Hosts that stand against a fact. */
const MOST_HOSTS = 20;

/** What separates the hosts of each cause, which the page's script asks for when the rest is there to be seen. */
export function whyShort(causes: readonly string[]): Part {
  if (causes.length === 0) return undefined;
  return section(
    'why',
    { long: 'What separates the hosts that stall', short: 'What separates' },
    terms(
      'reasons',
      causes.map((cause) => [
        causeLink('', cause),
        html`<span data-separates="${cause}">its page tells, which takes a second to ask for</span>`,
      ]),
    ),
    html`<p class="note">
      Each cause is asked by itself; of what is told to separate, up to ${percent(DIFFERENCES.falseDiscovery)} may be by
      accident.
    </p>`,
  );
}

function groupPart(
  up: Up,
  { sentence, facts, ratio, falseDiscovery, stallingWithout, othersWith }: FleetGroup,
): Markup {
  const pairs: (readonly [string, Content])[] = [];
  if (ratio !== null) pairs.push(['at the same load', `${figure(ratio)} times as many of them stall`]);
  pairs.push(['by accident', `at most ${percent(falseDiscovery)} of findings that are as sure`]);
  if (stallingWithout.count > 0) pairs.push(['stall all the same', someHosts(up, stallingWithout, MOST_HOSTS)]);
  if (othersWith.count > 0) pairs.push(['have it and don’t stall', someHosts(up, othersWith, MOST_HOSTS)]);
  return html`<p>${tied(sentence)}</p>
    ${table(
      facts.length === 1 ? 'The fact' : 'Facts that come together: nothing here tells which of them matters',
      [{ title: 'fact' }, { title: 'value of stalling hosts' }],
      facts.map(({ name, value }) => [name, code(value)]),
    )}
    ${terms('reasons', pairs)}`;
}

function wordOf({ groups, canTell, hosts: { stalling } }: FleetWhy): string {
  if (groups.length > 0) return 'A fact separates them';
  return canTell || stalling === 0 ? 'Nothing separates them' : 'It can’t be told';
}

export function renderFleetWhyPage(why: FleetWhy, assets: ReportAssets): string {
  const { answer, groups, leads, notes, tool, store } = why;
  const up = '../';
  const outcome = groups.length > 0 ? 'stall' : why.hosts.stalling === 0 ? 'healthy' : 'inconclusive';
  return fleetPage(
    {
      title: why.cause ?? 'every cause',
      answer,
      outcome,
      word: wordOf(why),
      tool,
      store,
      up,
      parts: [
        ...groups.map((group, at) =>
          section(
            `group-${at}`,
            at === 0 ? 'What separates them' : `Beside it: ${group.facts[0]?.name ?? ''}`,
            groupPart(up, group),
          ),
        ),
        leads.length > 0 &&
          section(
            'leads',
            { long: 'Known regressions of these kernels with this symptom: leads, no verdicts', short: 'Leads' },
            table(
              counted(leads.length, 'lead'),
              [{ title: 'known as', kind: 'name' }, { title: 'what' }],
              leads.map(({ id, title }) => [id, title]),
            ),
          ),
        section(
          'compared',
          'Compared',
          html`<p>${tied(comparedText(why))}</p>`,
          notes.map((note) => html`<p>${tied(note)}</p>`),
        ),
      ],
      ticket: renderFleetWhy(why, TICKET),
      saved: { name: 'fleet-why-document', document: why },
    },
    assets,
  );
}
