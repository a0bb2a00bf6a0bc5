// `stop-service: cadvisor`: a unit of systemd is stopped for the run and started again after it. One that does not run is refused: stopping it would change
// nothing. With it systemd stops units that need it: those that run are started again as well. Source: systemctl(1), systemd.unit(5).

import { spawnSync } from 'node:child_process';
import * as v from 'valibot';
import { UserError } from '../../../base/errors.js';
import type { UndoEntry } from '../../../capture/undo-entries.js';
import type { ChangeKind } from '../change.js';

const schema = v.pipe(v.string(), v.regex(/^[\w@.:][\w@.:\\-]*$/, 'a unit such as cadvisor.service'));

function systemctl(...args: string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr, error } = spawnSync('systemctl', args, { encoding: 'utf8' });
  return { status, text: ((error?.message ?? stdout) || stderr).trim() };
}

/** Whatever stops when a unit is stopped, by the properties of that unit (systemd.unit(5), "Properties and their inverses", and PropagatesStopTo=). */
const STOPPED_WITH = 'RequiredBy,RequisiteOf,BoundBy,ConsistsOf,PropagatesStopTo';

/** Properties of a unit. Throws a UserError where systemd does not answer. */
function propertiesOf(unit: string, names: string): ReadonlyMap<string, string> {
  const { status, text } = systemctl('show', `--property=${names}`, '--', unit);
  if (status !== 0)
    throw new UserError(
      `systemd does not answer here (${text.split('\n', 1)[0]}), so no service ${unit} can be stopped.`,
    );
  return new Map(
    text.split('\n').map((line) => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
}

const unitsIn = (list: string): string[] => list.split(' ').filter((unit) => unit !== '');

function isActive(unit: string): boolean {
  // Also one that starts or reloads.
  return /^(active|activating|reloading|refreshing)$/.test(propertiesOf(unit, 'ActiveState').get('ActiveState') ?? '');
}

/** Running units that stop with one, which stands first. Throws a UserError where it does not run, or another unit may start one of them again. */
function stoppedWith(unit: string): string[] {
  const state = propertiesOf(unit, 'LoadState,ActiveState');
  if (state.get('LoadState') !== 'loaded') throw new UserError(`systemd knows no service ${unit}.`);
  if (state.get('ActiveState') !== 'active')
    throw new UserError(`The service ${unit} does not run, so stopping it would change nothing.`);
  const found = new Set([unit]);
  const triggers = new Set<string>();
  // A set hands out what is added on the way.
  for (const one of found) {
    const { TriggeredBy, ...others } = Object.fromEntries(propertiesOf(one, `TriggeredBy,${STOPPED_WITH}`));
    for (const trigger of unitsIn(TriggeredBy ?? '')) triggers.add(trigger);
    for (const other of Object.values(others).flatMap(unitsIn))
      if (!found.has(other) && isActive(other)) found.add(other);
  }
  const trigger = [...triggers].find((one) => !found.has(one) && isActive(one));
  if (trigger !== undefined)
    throw new UserError(
      `${trigger} may start again what stops with ${unit}: stop ${trigger} for as long as the experiment goes on.`,
    );
  return [...found];
}

export const stopService: ChangeKind<string> = {
  schema,
  bind: (unit) => ({
    about: `the service ${unit}`,
    words: `stop the service ${unit}`,
    undoWords: `start the service ${unit}, and what runs now and stops with it`,
    notInGuest: 'a guest has no systemd: start the program by ‘start’ of its machine, and stop it by ‘stop-process’',
    check: () => void stoppedWith(unit),
    // Undoing goes backwards, so that the unit itself is started first.
    undo: () =>
      stoppedWith(unit)
        .toReversed()
        .map((one): UndoEntry => ({ kind: 'start-unit', unit: one })),
    make() {
      const { status, text } = systemctl('stop', '--', unit);
      if (status !== 0) throw new UserError(`The service ${unit} could not be stopped (${text}).`);
    },
  }),
};
