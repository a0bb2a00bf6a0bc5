// Certificates that hold no more before their end: a file with a host's name or `serial=…` (as `openssl x509 -serial` prints it) a line, and comments behind `#`. It is looked
// at for every batch, so that a line that is added holds from the next one on, also on connections that are open: a revocation list of X.509
// would be asked when a connection begins, and one that nobody renewed in time would shut all hosts out.

import { readFileSync, statSync } from 'node:fs';
import { errnoOf, messageOf, UserError } from '../../base/errors.js';
import { isHostName } from './host-name.js';

const MOST_BYTES = 16 * 1024 * 1024;

interface Listed {
  readonly names: ReadonlySet<string>;
  /** Upper case, without zeros in front. */
  readonly serials: ReadonlySet<string>;
}

function serialOf(hex: string): string {
  return hex
    .toUpperCase()
    .replaceAll(':', '')
    .replace(/^0+(?=.)/, '');
}

/** Throws a UserError that names the line that is neither. */
export function parseRevoked(text: string): Listed {
  const [names, serials] = [new Set<string>(), new Set<string>()];
  text.split('\n').forEach((line, at) => {
    const told = line.replace(/#.*/, '').trim();
    const serial = /^serial=([\da-f:]+)$/i.exec(told)?.[1];
    if (serial !== undefined) serials.add(serialOf(serial));
    else if (isHostName(told)) names.add(told);
    else if (told !== '') throw new UserError(`line ${at + 1} is neither a host’s name nor serial=…`);
  });
  return { names, serials };
}

export class Revoked {
  private readonly path: string;
  private readonly tell: (sentence: string) => void;
  private listed: Listed;
  /** What the file was like when it was read. */
  private seen: string;
  private failure = '';

  /** Throws a UserError where the list can't be read. */
  constructor(path: string, tell: (sentence: string) => void) {
    this.path = path;
    this.tell = tell;
    try {
      this.seen = this.state();
      this.listed = this.read();
    } catch (error) {
      throw new UserError(`${path} can’t be read as a list of revoked certificates: ${reasonOf(error)}.`);
    }
  }

  private state(): string {
    const { mtimeNs, size, ino } = statSync(this.path, { bigint: true });
    return `${mtimeNs} ${size} ${ino}`;
  }

  private read(): Listed {
    if (statSync(this.path).size > MOST_BYTES) throw new UserError('it is too long for one');
    return parseRevoked(readFileSync(this.path, 'utf8'));
  }

  /** By the list as it is now. While that can't be read the last one that could be holds, which is told once. */
  has(host: string, serial: string): boolean {
    try {
      const state = this.state();
      if (state !== this.seen) {
        this.listed = this.read();
        this.seen = state;
        this.tell(`${this.path} was read again.`);
      }
      this.failure = '';
    } catch (error) {
      const failure = `${this.path} can’t be read (${reasonOf(error)}): what was revoked before stays revoked, and nothing else is.`;
      if (failure !== this.failure) this.tell(failure);
      this.failure = failure;
    }
    return this.listed.names.has(host) || this.listed.serials.has(serialOf(serial));
  }
}

function reasonOf(error: unknown): string {
  return errnoOf(error) ?? messageOf(error);
}
