// Where a fleet's store is: as it was given, else as the environment says, which keeps a password out of the list of processes.

import { UserError } from '../base/errors.js';

/** On this machine. */
const USUAL_STORE = 'http://127.0.0.1:8123/iowitness';

/** `given`: http(s)://USER@HOST:8123/DATABASE. Throws a UserError for a password in it, which everybody on this machine could read in the list of processes. */
export function storeAddress(given: string | undefined): string {
  if (given !== undefined && URL.canParse(given) && new URL(given).password !== '')
    throw new UserError(
      'A password in an argument stands in the list of processes: put the address into the environment, as IOWITNESS_FLEET, and leave it out here.',
    );
  return given ?? process.env['IOWITNESS_FLEET'] ?? USUAL_STORE;
}

/** Whether it names a folder that hosts have exported to: a path with a slash, and no URL. */
export function isFolder(address: string): boolean {
  return address.includes('/') && !/^\w+:\/\//.test(address);
}
