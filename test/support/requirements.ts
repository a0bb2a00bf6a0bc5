// What a test needs from the machine, for node:test's `skip` option: `test('…', { skip: needsRoot() || needsTracefs() }, …)`.
// Each function returns false when the need is met, and otherwise the reason. A reason that starts with 'cannot: ' is one
// that nobody can mend on this machine: under CI those skips alone are allowed.

import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

type Need = false | string;

export function needsRoot(): Need {
  return process.getuid?.() === 0 ? false : 'it needs root: run the tests as root';
}

/** Whether we may make a trace instance of our own. It need not be mounted: root can mount it. */
export function needsTracefs(): Need {
  const root = needsRoot();
  if (root) return root;
  const known = readFileSync('/proc/filesystems', 'utf8').split(/\s+/).includes('tracefs');
  return known ? false : 'cannot: this kernel has no tracefs';
}

/** Whether we may attach a file as a block device. */
export function needsLoop(): Need {
  const root = needsRoot();
  if (root) return root;
  return existsSync('/dev/loop-control') ? needsCommand('losetup') : 'cannot: this machine offers no loop devices';
}

/** Whether a command is on the PATH (root's folders included, which a user's PATH may lack). */
export function needsCommand(name: string): Need {
  const folders = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`.split(':');
  return folders.some((folder) => isExecutable(path.join(folder, name))) ? false : `it needs ${name}: install it`;
}

/** Where a program of systemd's lies, which is on no PATH; `skip` says that it is missing. */
export function systemdProgram(name: string): { readonly path: string; readonly skip: Need } {
  const found = ['/usr/lib/systemd', '/lib/systemd'].map((folder) => path.join(folder, name)).find(isExecutable);
  return {
    path: found ?? name,
    skip: found === undefined ? `it needs ${name}: install the package of that name` : false,
  };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
