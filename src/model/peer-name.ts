// What the other end of a connection is called in sentences.

import type { Peer } from './threads.js';

/** 'postgres (812) at 127.0.0.1:5432', '10.0.0.5:5432' */
export function peerName({ address, process }: Peer): string {
  return process === null ? address : `${process.name} (${process.pid}) at ${address}`;
}
