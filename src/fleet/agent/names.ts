// What of a host's names leaves it. Names of units say whose database it is, names of processes and mount points may say more: the host decides, before
// anything is sent.

import type { Episode } from '../../model/watch.js';
import type { NamedFact } from '../../model/fleet-rows.js';

/** 'all': as they are; 'units': names of units and daemons, without the instance of a unit and without processes; 'none': neither, and no mount points. */
export const NAME_POLICIES = ['units', 'all', 'none'] as const;
export type NamePolicy = (typeof NAME_POLICIES)[number];

/** 'postgresql@14-main.service' is one of 'postgresql@.service'. */
function template(unit: string): string {
  return unit.replace(/@.*(\.\w+)$/, '@$1');
}

export function unitTold({ victim }: Episode, policy: NamePolicy): string {
  const unit = victim?.unit ?? '';
  if (policy === 'none') return '';
  return policy === 'all' ? unit : template(unit);
}

export function culpritTold({ verdict }: Episode, policy: NamePolicy): string {
  const culprit = verdict?.culprit;
  if (!culprit || policy === 'none') return '';
  if (policy === 'all') return culprit.unit ?? culprit.name;
  // A setting or a device is no secret; a process is told as the unit that it belongs to.
  if (culprit.kind === 'setting' || culprit.kind === 'device') return culprit.name;
  return template(culprit.unit ?? '');
}

export function factsTold(facts: readonly NamedFact[], policy: NamePolicy): readonly NamedFact[] {
  if (policy !== 'none') return facts;
  return facts.filter(({ area, name }) => area !== 'daemon' && area !== 'filesystem' && !/ of \//.test(name));
}
