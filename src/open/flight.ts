// Flight recordings of JVMs: a file, or the files of a folder, → their events, one after the other. A file that grows is read as far as it was when it was
// first looked at.

import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { errnoOf, reasonOf, UserError } from '../base/errors.js';
import { isFlight, readFlight } from '../decode/jfr/reader.js';
import type { FlightChunk, FlightEvent, FlightKind } from '../model/flight.js';

/** What is opened of a folder: nothing that waits for another end, and no link that somebody laid there. */
const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
/** Every chunk of a repository is a file of its own, 12 MB by default. */
const MOST_FILES = 100_000;

/** A file of a recording. */
export interface FlightFile {
  /** As sentences name it. */
  readonly name: string;
  /** For system calls. */
  readonly path: string;
  /** In a folder no link is followed. */
  readonly follow: boolean;
  /** When the first reading began. */
  readonly bytes: number;
}

/** The recording at a path. Throws a UserError where there is none. */
export function flightFilesAt(given: string): FlightFile[] {
  const stat = statSync(given, { throwIfNoEntry: false });
  if (!stat)
    throw new UserError(
      `There is no ${given}: name a flight recording, or a JVM’s repository (jcmd PID JFR.configure tells it).`,
    );
  if (!stat.isDirectory()) return [{ name: given, path: given, follow: true, bytes: stat.size }];
  const files = flightFilesIn(given, (name) => path.join(given, name));
  if (files.length === 0)
    throw new UserError(
      `${given} holds no .jfr file: name a recording, or a JVM’s repository (jcmd PID JFR.configure tells it).`,
    );
  return files;
}

/** The recordings in a folder, in the order of their names, which begin with their time. */
export function flightFilesIn(folder: string, pathOf: (name: string) => string): FlightFile[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.jfr'))
    .sort()
    .slice(0, MOST_FILES);
  return names.flatMap((name) => {
    const stat = statSync(pathOf(name), { throwIfNoEntry: false });
    return stat?.isFile() === true ? [{ name, path: pathOf(name), follow: false, bytes: stat.size }] : [];
  });
}

export interface FlightReader {
  /** Which events are handed on. */
  readonly wanted: (kind: FlightKind) => boolean;
  readonly take: (event: FlightEvent) => void;
  /** Told of each chunk, when it has been read. */
  readonly chunk: (chunk: FlightChunk) => void;
  /** Told of the place in the file that is read now. */
  readonly tell: (bytes: number) => void;
}

/** Reads one; tells how many of its bytes belong to no chunk, or why it can't be read. Throws a UserError where a file that was named is no recording. */
export function readFlightFile(
  file: FlightFile,
  { wanted, take, chunk, tell }: FlightReader,
): { readonly strange: number } | { readonly why: string } {
  let fd: number;
  try {
    fd = openSync(file.path, O_RDONLY | O_NONBLOCK | (file.follow ? 0 : O_NOFOLLOW));
  } catch (error) {
    return {
      why: errnoOf(error) === 'ENOENT' ? `${file.name} is gone.` : `${file.name} can’t be read (${reasonOf(error)}).`,
    };
  }
  try {
    if (!fstatSync(fd).isFile()) return { why: `${file.name} is no file.` };
    const readAt = (into: Uint8Array, position: number): number => {
      const most = Math.min(into.length, file.bytes - position);
      tell(position);
      return most > 0 ? readSync(fd, into, 0, most, position) : 0;
    };
    const beginning = new Uint8Array(4);
    readAt(beginning, 0);
    // In a repository an empty file is a chunk that has just begun.
    if (file.follow && !isFlight(beginning))
      throw new UserError(
        `${file.name} is no flight recording: ${file.bytes === 0 ? 'it is empty' : 'its first bytes are not FLR (unpack it first, if it is packed)'}.`,
      );
    return { strange: readFlight({ readAt, bytes: file.bytes, wanted, take, chunk }) };
  } catch (error) {
    if (error instanceof UserError) throw error;
    return { why: `${file.name} can’t be read (${reasonOf(error)}).` };
  } finally {
    closeSync(fd);
  }
}
