// The programs that a guest needs on this machine, and where Debian puts them.

import { existsSync } from 'node:fs';
import { UserError } from '../../base/errors.js';

export interface GuestPrograms {
  readonly qemu: string;
  readonly virtiofsd: string;
}

interface Wanted {
  readonly places: readonly string[];
  /** What is told where it is nowhere. */
  readonly missing: string;
}

const WANTED: Readonly<Record<keyof GuestPrograms, Wanted>> = {
  qemu: {
    places: ['/usr/bin/qemu-system-x86_64', '/usr/local/bin/qemu-system-x86_64'],
    missing: 'qemu is not installed (apt-get install qemu-system-x86)',
  },
  virtiofsd: {
    // Debian 12 has it in qemu-system-common, Debian 13 in a package of its own.
    places: ['/usr/lib/qemu/virtiofsd', '/usr/libexec/virtiofsd'],
    missing:
      'there is no virtiofsd, which shows a guest the host’s files (apt-get install qemu-system-common, or virtiofsd from Debian 13 on)',
  },
};

/** Why no guest can be started here; undefined where one can. */
export function missingPrograms(): string | undefined {
  const missing = Object.values(WANTED).filter(({ places }) => !places.some((place) => existsSync(place)));
  if (process.arch !== 'x64') return 'guests are of x86-64 and run on such a machine alone';
  return missing.length === 0 ? undefined : missing.map((one) => one.missing).join('; ');
}

/** Where they are. Throws a UserError where one is missing. */
export function findPrograms(): GuestPrograms {
  const missing = missingPrograms();
  if (missing !== undefined) throw new UserError(`No guest can be started: ${missing}.`);
  const find = (name: keyof GuestPrograms) => WANTED[name].places.find((place) => existsSync(place)) ?? '';
  return { qemu: find('qemu'), virtiofsd: find('virtiofsd') };
}
