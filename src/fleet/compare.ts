// Two hosts side by side: in which facts they differ, and which of these separate stalling hosts from others in the whole fleet. Two hosts alone can't tell
// what matters.

import { count as thousands, counted, isoMoment, several } from '../base/format.js';
import { UserError } from '../base/errors.js';
import { ofTwo } from '../differences/answer.js';
import { separate, type Differing, type Separation } from '../differences/separate.js';
import { NO_CAUSE } from '../model/diagnosis.js';
import type { FleetCompare, KnownHost } from '../model/fleet.js';
import { askHosts, knownHost, lastFacts } from './host.js';
import type { FleetStore, Period } from './port.js';
import { separateHosts } from './separate.js';
import { NO_VERDICT } from './status.js';
import { sidedFacts } from './why.js';

export interface CompareAsked {
  readonly tool: string;
  readonly period: Period;
  readonly hosts: readonly [string, string];
}

/** Throws a UserError for a host that nobody has heard of, and for one beside itself. */
export async function compareHosts(
  store: FleetStore,
  { tool, period, hosts: [a, b] }: CompareAsked,
): Promise<FleetCompare> {
  if (a === b) throw new UserError('Name two hosts: one does not differ from itself.');
  const asked = await askHosts(store, period, [a, b]);
  const hosts: FleetCompare['hosts'] = [knownHost(asked, a, 0), knownHost(asked, b, 1)];
  const facts = [a, b].map((name) => lastFacts(asked.facts, name));
  const separation = separate(facts, ['unknown', 'unknown']);
  const differing = separation.groups.flatMap((group) => group.facts);
  const fleet = await separatingOf(store, period, hosts, differing);
  return {
    schema: 'iowitness.fleet-compare/1',
    tool,
    store: store.name,
    from: isoMoment(period.fromMs),
    to: isoMoment(period.toMs),
    hosts,
    answer: answerOf(hosts, facts.filter(({ size }) => size > 0).length, separation, fleet),
    compared: separation.compared,
    facts: differing.map(({ name, area, values: [of, other] }) => ({
      name,
      area,
      values: [of ?? null, other ?? null],
    })),
    fleet,
  };
}

/** The dearest cause that one of the two stalls by and the other not. */
function causeOfOne([a, b]: FleetCompare['hosts']):
  { readonly cause: string; readonly stalls: KnownHost; readonly other: KnownHost } | undefined {
  const own = (stalls: KnownHost, other: KnownHost) =>
    stalls.causes
      .filter(
        ({ cause }) => cause !== NO_CAUSE && cause !== NO_VERDICT && !other.causes.some((one) => one.cause === cause),
      )
      .map(({ cause, lostMs }) => ({ cause, lostMs, stalls, other }));
  return [...own(a, b), ...own(b, a)].sort((x, y) => y.lostMs - x.lostMs)[0];
}

/** Of the facts in which they differ those by which hosts of that cause are told apart everywhere, where each of the two stands on its own side. */
async function separatingOf(
  store: FleetStore,
  period: Period,
  hosts: FleetCompare['hosts'],
  differing: readonly Differing[],
): Promise<FleetCompare['fleet']> {
  const one = causeOfOne(hosts);
  if (!one || differing.length === 0) return null;
  const { table } = await sidedFacts(store, period, one.cause);
  const at = (wanted: KnownHost) => table.hosts.findIndex(({ host }) => host === wanted.host);
  const [stalling, other] = [at(one.stalls), at(one.other)];
  const names = new Set(differing.map(({ name }) => name));
  const separating = separateHosts(table)
    .groups.flat()
    .filter(
      ({ column, stallingSide }) => names.has(column.name) && stallingSide[stalling] === 1 && stallingSide[other] === 0,
    )
    .map(({ column }) => column.name);
  return { cause: one.cause, stalls: one.stalls.host, separating };
}

/** Names of facts in the answer. */
const MOST_NAMED = 3;

function answerOf(
  [a, b]: FleetCompare['hosts'],
  having: number,
  separation: Separation,
  fleet: FleetCompare['fleet'],
): string {
  if (having < 2) return `${a.host} and ${b.host} have not both told their facts in this time.`;
  const { groups, compared } = separation;
  if (groups.length === 0) return `${a.host} and ${b.host} differ in none of ${counted(compared, 'fact')}.`;
  const differ = ofTwo(separation);
  if (!fleet)
    return `${differ} Neither stalls by a cause that the other has not, so nothing tells which of them matters.`;
  const { cause, stalls, separating } = fleet;
  if (separating.length === 0)
    return `${differ} ${stalls} alone of the two stalls by ${cause}, and none of these facts separates such hosts in the whole fleet.`;
  return `${differ} ${stalls} alone of the two stalls by ${cause}; in the whole fleet such hosts are separated by ${several(separating, MOST_NAMED)}, ${separating.length === 1 ? 'which is' : `${thousands(separating.length)} facts that are`} among them.`;
}
