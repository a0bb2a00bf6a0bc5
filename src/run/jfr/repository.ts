// A live JVM that records → the files of its repository, as its own mount namespace has them. The JVM keeps its newest chunk open, which tells where they
// lie; it is asked nothing. The folder is held, and no link in it is followed.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../base/errors.js';
import { HeldFolder } from '../../base/held-folder.js';
import { readLink } from '../../capture/files.js';
import { flightFilesIn, type FlightFile } from '../../open/flight.js';
import { holdJvm, type Jvm } from '../threads/jvm.js';

/** Where the JVM's newest chunk lies in its own namespace; undefined where it has none open. */
function openChunk({ folder }: Jvm): string | undefined {
  const links = readdirSync(folder.entry('fd')).map((number) => readLink(folder.entry(`fd/${number}`)));
  return links.find((link) => link?.endsWith('.jfr') === true);
}

/** Reads what a JVM has recorded so far. Throws a UserError where there is no JVM, or it records nothing. */
export function withRepository<Read>(pid: number, read: (files: readonly FlightFile[]) => Read): Read {
  const jvm = holdJvm(pid);
  try {
    const chunk = openChunk(jvm);
    if (chunk === undefined)
      throw new UserError(
        `Process ${pid} records nothing: \`jcmd ${pid} JFR.start\` begins a recording, which shows what waits from then on.`,
      );
    const repository = HeldFolder.at(path.join(jvm.folder.entry('root'), path.dirname(chunk)), path.dirname(chunk));
    try {
      return read(flightFilesIn(repository.entry('.'), (name) => repository.entry(name)));
    } finally {
      repository.close();
    }
  } finally {
    jvm.folder.close();
  }
}
