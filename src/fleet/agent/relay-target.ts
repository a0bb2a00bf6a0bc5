// A host's way to a relay: a batch as compressed JSON. Where the host shares recordings, the answer may say which one somebody waits for.

import { gzipSync } from 'node:zlib';
import { UserError } from '../../base/errors.js';
import type { Batch } from '../../model/fleet-rows.js';
import { RelayLine, wordsOf } from '../relay-line.js';
import { parseWanted, SHARE_HEADER, WANTED_HEADER } from '../share.js';
import type { BatchTarget } from './pusher.js';
import type { Sharer } from './sharer.js';

export class RelayTarget implements BatchTarget {
  private readonly line: RelayLine;
  private readonly sharer: Sharer | undefined;

  /** `sharer`: gives recordings; undefined where none is shared. */
  constructor(line: RelayLine, sharer?: Sharer) {
    this.line = line;
    this.sharer = sharer;
  }

  get name(): string {
    return this.line.name;
  }

  async add(batch: Batch): Promise<void> {
    const { sharer, line } = this;
    const said = await line.ask({
      method: 'POST',
      path: '/batch',
      headers: {
        'content-encoding': 'gzip',
        'content-type': 'application/json',
        ...(sharer && { [SHARE_HEADER]: sharer.share }),
      },
      body: gzipSync(JSON.stringify(batch)),
    });
    const wanted = parseWanted(said.headers[WANTED_HEADER]);
    if (wanted) sharer?.asked(wanted, batch.hosts?.some(({ stalling }) => stalling) === true);
    if (said.status !== 204) throw new UserError(`${this.name} refuses it: ${wordsOf(said)}`);
  }

  close(): void {
    this.line.close();
  }
}
