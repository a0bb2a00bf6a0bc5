// An entry to the journal of this machine. Its socket takes datagrams, which Node can't send to a path; logger(1) of util-linux can, and is
// part of every Debian.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { UserError } from '../base/errors.js';
import type { JournalField } from '../present/export/journald.js';

const SOCKET = '/run/systemd/journal/socket';

/** Sends one entry. Throws a UserError where there is no journal, or where it does not take it. */
export function sendToJournal(fields: readonly JournalField[]): void {
  if (!existsSync(SOCKET))
    throw new UserError(
      `This machine has no journal (there is no ${SOCKET}): leave --send away and write the entry to a file.`,
    );
  // A line a field: that is what logger takes, so what would end a line becomes a space.
  const lines = fields.map(([name, value]) => `${name}=${value.replaceAll(/[\0\r\n]+/g, ' ')}\n`);
  const { status, error, stderr } = spawnSync('logger', ['--journald'], { input: lines.join(''), encoding: 'utf8' });
  if (status === 0) return;
  const why = error?.message ?? stderr.trim().split('\n')[0] ?? '';
  throw new UserError(
    `The journal did not take the entry (logger --journald: ${why === '' ? `exit status ${status}` : why}).`,
  );
}
