// The files by which hosts and a relay know each other: a certificate with its key, and the authority that both trust. A key that others may read is none.

import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { errnoOf, UserError } from '../base/errors.js';

const MOST_BYTES = 1024 * 1024;
/** Group and others, whatever they may do. */
const OTHERS = 0o077;

export interface Credentials {
  /** PEM of the certificate, what stands between it and the authority, and its key. */
  readonly certificate: string;
  /** PEM of the authority's certificate. */
  readonly authority: string;
}

function readPem(path: string, isSecret: boolean): string {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    throw new UserError(`${path} can’t be read (${errnoOf(error) ?? String(error)}).`);
  }
  try {
    const { mode, size } = fstatSync(descriptor);
    if (isSecret && (mode & OTHERS) !== 0)
      throw new UserError(`${path} holds a key and may be read by others than its owner: chmod 600 ${path}.`);
    if (size > MOST_BYTES) throw new UserError(`${path} is too long for a certificate.`);
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

/** Throws a UserError where a file can't be read, a key may be read by others, or one of the two is not named. */
export function readCredentials(certificate: string | undefined, authority: string | undefined): Credentials {
  if (certificate === undefined || authority === undefined)
    throw new UserError('A relay and its hosts know each other by certificates: name --certificate and --authority.');
  const pem = readPem(certificate, true);
  for (const [what, pattern] of [
    ['certificate', /-----BEGIN CERTIFICATE-----/],
    ['key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ] as const)
    if (!pattern.test(pem))
      throw new UserError(`${certificate} has no ${what}: it takes both, as PEM, one behind the other.`);
  return { certificate: pem, authority: readPem(authority, false) };
}
