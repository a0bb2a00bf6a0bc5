// An authority of a test's own and what it signs, made by openssl in a folder that goes with it.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export class Authority {
  /** The path of its certificate. */
  readonly file: string;
  private readonly folder: string;
  private made = 0;

  constructor() {
    this.folder = mkdtempSync(path.join(tmpdir(), 'iowitness-authority-'));
    this.file = this.path('authority.pem');
    this.openssl('req', '-x509', '-subj', '/CN=fleet', '-keyout', this.path('authority.key'), '-out', this.file);
  }

  private path(name: string): string {
    return path.join(this.folder, name);
  }

  private openssl(command: string, ...args: readonly string[]): void {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    execFileSync('openssl', [command, ...(command === 'req' ? key : []), ...args, '-days', '2'], { stdio: 'ignore' });
  }

  /** A certificate with its key in one file, for 127.0.0.1; returns the path. */
  sign(name: string): string {
    this.made += 1;
    const [key, asked, signed, both] = ['key', 'csr', 'crt', 'pem'].map((end) => this.path(`${this.made}.${end}`));
    if (!key || !asked || !signed || !both) throw new Error('no names');
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1'];
    this.openssl('req', '-subj', `/CN=${name}`, ...names, '-keyout', key, '-out', asked);
    this.openssl(
      'x509',
      '-req',
      '-in',
      asked,
      '-CA',
      this.file,
      '-CAkey',
      this.path('authority.key'),
      '-CAcreateserial',
      '-copy_extensions',
      'copy',
      '-out',
      signed,
    );
    writeFileSync(both, readFileSync(signed, 'utf8') + readFileSync(key, 'utf8'), { mode: 0o600 });
    return both;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
