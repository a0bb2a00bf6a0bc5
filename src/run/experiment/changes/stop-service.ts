// `stop-service: cadvisor`: a unit of systemd is stopped for the run and started again after it. One that does not run is refused: stopping it would change nothing.
// Source: systemctl(1).

import { spawnSync } from 'node:child_process';
import * as v from 'valibot';
import { UserError } from '../../../base/errors.js';
import type { ChangeKind } from '../change.js';

const schema = v.pipe(v.string(), v.regex(/^[\w@.:][\w@.:\\-]*$/, 'a unit such as cadvisor.service'));

function systemctl(...args: string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr, error } = spawnSync('systemctl', args, { encoding: 'utf8' });
  return { status, text: ((error?.message ?? stdout) || stderr).trim() };
}

export const stopService: ChangeKind<string> = {
  schema,
  bind: (unit) => ({
    words: `stop the service ${unit}`,
    undoWords: `start the service ${unit}`,
    check() {
      const { status, text } = systemctl('show', '--property=LoadState,ActiveState', '--', unit);
      if (status !== 0)
        throw new UserError(
          `systemd does not answer here (${text.split('\n', 1)[0]}), so no service ${unit} can be stopped.`,
        );
      if (!text.includes('LoadState=loaded')) throw new UserError(`systemd knows no service ${unit}.`);
      if (!text.includes('ActiveState=active'))
        throw new UserError(`The service ${unit} does not run, so stopping it would change nothing.`);
    },
    undo: () => [{ kind: 'start-unit', unit }],
    make() {
      const { status, text } = systemctl('stop', '--', unit);
      if (status !== 0) throw new UserError(`The service ${unit} could not be stopped (${text}).`);
    },
  }),
};
