// How many connections a relay has: as many as its open files allow in all, and a few of each host, of which the newest count, as a host that lost its network begins anew
// while the old connection looks alive here.

import { readFileSync } from 'node:fs';
import type { Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { count as thousands } from '../../base/format.js';
import { addToList } from '../../base/maps.js';

const MOST = 20_000;
/** Of a host: what it sends goes one batch after the other. */
const MOST_OF_HOST = 4;
/** Files that a process has open beside its connections: the store's, the list of revoked certificates, its streams. */
const OTHER_FILES = 64;

/** How many files this process may have open; Infinity where that is not told. */
function openFiles(): number {
  const soft = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return soft === undefined || soft === 'unlimited' ? Infinity : Number(soft);
}

/** At least one. */
export function mostConnections(files = openFiles()): number {
  return Math.max(1, Math.min(MOST, files - OTHER_FILES));
}

export class Connections {
  private readonly byHost = new Map<string, TLSSocket[]>();

  /** A host has another one: the oldest of too many is ended. */
  add(host: string, socket: TLSSocket): void {
    addToList(this.byHost, host, socket);
    const own = this.byHost.get(host) ?? [];
    if (own.length > MOST_OF_HOST) own.shift()?.destroy();
    socket.once('close', () => this.remove(host, socket));
  }

  private remove(host: string, socket: TLSSocket): void {
    const left = (this.byHost.get(host) ?? []).filter((one) => one !== socket);
    if (left.length === 0) this.byHost.delete(host);
    else this.byHost.set(host, left);
  }
}

/** Bounds a server's connections, and says so once an hour while some are turned away. */
export function bound(server: Server, most: number, tell: (sentence: string) => void): void {
  let toldMs = -Infinity;
  server.maxConnections = most;
  server.on('drop', () => {
    if (performance.now() - toldMs < 3_600_000) return;
    toldMs = performance.now();
    tell(
      `${thousands(most)} connections are open, which is as many as this relay takes (open files limit it): further hosts are turned away, and keep what they have.`,
    );
  });
}
