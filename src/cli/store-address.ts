// Where a fleet's store is: as it was given, else as the environment says, which keeps a password out of the list of processes.

/** On this machine. */
const USUAL_STORE = 'http://127.0.0.1:8123/iowitness';

/** `given`: http(s)://USER:PASSWORD@HOST:8123/DATABASE. */
export function storeAddress(given: string | undefined): string {
  return given ?? process.env['IOWITNESS_FLEET'] ?? USUAL_STORE;
}
