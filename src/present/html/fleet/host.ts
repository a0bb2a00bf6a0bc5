// A host, or one of its stalls, on the page of the fleet: what `fleet show` tells, with ways to what is known of its causes and of other hosts.

import { clockText, counted, duration } from '../../../base/format.js';
import { isNoStall, NO_CAUSE } from '../../../model/diagnosis.js';
import type { FleetEpisode, FleetShow } from '../../../model/fleet.js';
import {
  changeText,
  DEVICE_HEAD,
  DEVICE_NOTE,
  deviceCells,
  fetchCommand,
  loadOf,
  recordingText,
  renderFleetShow,
  stateOf,
  type FetchWay,
} from '../../fleet-host.js';
import { commandBlock } from '../argument.js';
import { html, type Content } from '../markup.js';
import type { ReportAssets } from '../page.js';
import { code, disclosed, foldedTable, prose, section, table, terms, tied, type Part } from '../parts.js';
import { causeLink, fleetPage, hostLink, someHosts, stallTable, type Up } from './parts.js';

const FEW = { most: 20 };
const MOST_HOSTS = 20;

export interface ShownHost {
  readonly show: FleetShow;
  /** Its recording lies on this machine: the report is one click away. */
  readonly hasReport: boolean;
  readonly way: FetchWay;
}

function aboutHost(up: Up, { host }: FleetShow): Part {
  return section(
    'host',
    'Host',
    terms('reasons', [
      ['heard of', clockText(host.heardAt)],
      ['agent', host.agent],
      ['load', tied(loadOf(host))],
      [
        'stalls',
        host.causes.length === 0
          ? 'none'
          : host.causes.map(({ cause, episodes, lostMs }, at) => [
              at > 0 && ', ',
              causeLink(up, cause),
              tied(` ${counted(episodes, 'stall')}, ${duration(lostMs)} lost`),
            ]),
      ],
      ...(host.skewMs === null
        ? []
        : [['clock', tied(`${duration(Math.abs(host.skewMs))} ${host.skewMs > 0 ? 'ahead' : 'behind'}`)] as const]),
      ...(host.droppedEpisodes === 0 ? [] : [['dropped', counted(host.droppedEpisodes, 'stall')] as const]),
    ]),
  );
}

function disksPart({ host: { devices } }: FleetShow): Part {
  if (devices.length === 0) return undefined;
  return section(
    'disks',
    'Disks',
    table(
      DEVICE_NOTE,
      DEVICE_HEAD.map((title, at) => ({ title, kind: at === 0 ? ('name' as const) : ('figures' as const) })),
      devices.map((one) => deviceCells(one).map(tied)),
    ),
  );
}

function changesPart({ changes, number }: FleetShow): Part {
  if (changes.length === 0) return undefined;
  return section(
    'changes',
    { long: number === null ? 'Facts that became others' : 'What had become another before it', short: 'Changes' },
    foldedTable(
      'The newest first, by the hour in which it was first told',
      [{ title: 'told', kind: 'name' }, { title: 'fact' }, { title: 'before → after' }],
      changes.map((one) => [clockText(one.at), one.name, code(changeText(one))]),
      FEW,
    ),
  );
}

function factsPart({ facts }: FleetShow): Part {
  if (facts.length === 0) return undefined;
  return section(
    'facts',
    'Facts',
    disclosed(
      `All ${facts.length} that it told last`,
      table(
        'Facts',
        [{ title: 'fact' }, { title: 'value' }],
        facts.map(({ name, value }) => [name, code(value)]),
      ),
    ),
  );
}

/** Where its report is, or how the recording is had from elsewhere. */
function recordingOf(one: FleetEpisode, { hasReport, way }: ShownHost): Content {
  if (hasReport) return html`<a href="${`${one.number}/report`}">its report</a>`;
  const command = fetchCommand(one, way);
  const block = command !== undefined && commandBlock({ command, changes: null, undo: null });
  return [prose(recordingText(one)), block];
}

function aboutStall(up: Up, one: FleetEpisode, shown: ShownHost): Part {
  const { about, host } = shown.show;
  const company = (): Content => {
    if (!about) return 'not asked, as it has no cause';
    return about.count === 0 ? 'none' : someHosts(up, about, MOST_HOSTS);
  };
  return section(
    'stall',
    { long: `Stall ${one.number}`, short: 'Stall' },
    terms('reasons', [
      ['host', hostLink(up, host.host)],
      ['began', clockText(one.startedAt)],
      [
        'lasted',
        one.endedAt === null
          ? 'it goes on, or nobody saw its end'
          : tied(duration(Date.parse(one.endedAt) - Date.parse(one.startedAt))),
      ],
      ['lost', tied(duration(one.lostMs))],
      ['cause', one.cause === null ? 'no verdict' : causeLink(up, one.cause)],
      ['layer', one.layer ?? '–'],
      ['unit', one.unit ?? '–'],
      ['culprit', one.culprit ?? one.culpritClass ?? '–'],
      ['hosts that began to stall by its cause within ten minutes of it', company()],
      ['recording', recordingOf(one, shown)],
    ]),
  );
}

function verdictOf({ cause }: FleetEpisode): string {
  if (cause === null || cause === NO_CAUSE) return 'a stall without a verdict';
  return isNoStall({ cause }) ? `noticed, and no stall by its verdict (${cause})` : `stalled by ${cause}`;
}

function answerOf({ host, number, episodes: [one] }: FleetShow): string {
  if (number === null || !one) return `${host.host}: ${stateOf(host)}.`;
  return `${host.host}, ${clockText(one.startedAt)}: ${verdictOf(one)}, ${duration(one.lostMs)} lost.`;
}

/** The page of a host, or of one of its stalls. */
export function renderFleetHost(shown: ShownHost, assets: ReportAssets): string {
  const { show } = shown;
  const { host, number, episodes, tool, store } = show;
  const up = number === null ? '../' : '../../';
  const [one] = episodes;
  const stalls = host.since !== null;
  return fleetPage(
    {
      title: number === null ? host.host : `${host.host}, stall ${number}`,
      answer: answerOf(show),
      outcome: number !== null || stalls ? 'stall' : host.isSilent ? 'inconclusive' : 'healthy',
      word: number === null ? (stalls ? 'Stalls now' : host.isSilent ? 'Silent' : 'No stall now') : 'A stall',
      tool,
      store,
      up,
      parts: [
        number !== null && one && aboutStall(up, one, shown),
        number === null &&
          episodes.length > 0 &&
          section(
            'stalls',
            'Stalls',
            stallTable(up, `Since ${clockText(show.from)}, the newest first`, episodes, false),
          ),
        changesPart(show),
        aboutHost(up, show),
        disksPart(show),
        factsPart(show),
      ],
      ticket: renderFleetShow(show, { colour: false, width: 120, verbose: false }),
      saved: { name: 'fleet-show-document', document: show },
    },
    assets,
  );
}
