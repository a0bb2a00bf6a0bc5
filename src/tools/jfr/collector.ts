// The events of a flight recording, one after the other → what all that is told is made from: waits, parks, files, sockets, pauses, settings, and the time that
// they cover. Every event is seen once here; what owners did is gathered in a second reading (`deeds.ts`), when the owners are known.

import type { FlightEvent, FlightKind } from '../../model/flight.js';
import { isoTime } from '../../base/format.js';
import { OF_JDK } from '../../base/java-names.js';
import { methodOf } from '../threads/activity.js';
import { Names, ThreadNumbers } from './interned.js';
import { Tally } from './tally.js';
import { Waits } from './waits.js';

/** Events of which it is told how they were recorded. */
export const USED_EVENTS: readonly string[] = [
  'jdk.JavaMonitorEnter',
  'jdk.ThreadPark',
  'jdk.FileWrite',
  'jdk.FileForce',
  'jdk.FileRead',
  'jdk.SocketWrite',
  'jdk.SocketRead',
];

export interface Setting {
  enabled?: boolean;
  threshold?: string;
  throttle?: string;
}

/** The recording's time: ns since its first chunk began. */
export class FlightTime {
  private origin: bigint | undefined;
  private chunk: bigint | undefined;
  private chunkSince = 0;

  sinceOf({ chunkNs, sinceNs }: Pick<FlightEvent, 'chunkNs' | 'sinceNs'>): number {
    if (chunkNs !== this.chunk) {
      this.origin ??= chunkNs;
      this.chunk = chunkNs;
      this.chunkSince = Number(chunkNs - this.origin);
    }
    return this.chunkSince + sinceNs;
  }

  /** ms since 1970. */
  wallMs(since: number): number {
    return (Number((this.origin ?? 0n) / 1000n) + since / 1000) / 1000;
  }

  iso(since: number): string | null {
    return isoTime(this.wallMs(since)) ?? null;
  }
}

/** A chunk's stacks are the same objects each time. */
const CALLERS = new WeakMap<readonly string[], string>();

/** The innermost method that is none of the JDK's; else the innermost; undefined without a stack. */
export function callerIn(stack: readonly string[] | undefined): string | undefined {
  const [innermost] = stack ?? [];
  if (!stack || innermost === undefined) return undefined;
  let caller = CALLERS.get(stack);
  if (caller === undefined)
    CALLERS.set(stack, (caller = methodOf(stack.find((each) => !OF_JDK.test(each)) ?? innermost)));
  return caller;
}

/** 'host:443' of a socket event. */
export function peerOf({ text, value, port }: FlightEvent): string | undefined {
  const host = text === undefined || text === '' ? value : text;
  return host === undefined || host === '' ? undefined : `${host}:${port}`;
}

/** Which tables a kind of event goes into besides waits. */
export const FILE_KINDS = ['file-write', 'file-force', 'file-read'] as const;
export const SOCKET_KINDS = ['socket-write', 'socket-read'] as const;
export const PAUSE_KINDS = ['gc-pause', 'safepoint'] as const;

const COLLECTED: ReadonlySet<FlightKind> = new Set([
  'enter',
  'park',
  'setting',
  'jvm',
  'loss',
  ...FILE_KINDS,
  ...SOCKET_KINDS,
  ...PAUSE_KINDS,
]);

/** Whether events of that kind are made use of in the first reading. */
export function isCollected(kind: FlightKind): boolean {
  return COLLECTED.has(kind);
}

export class Collector {
  readonly time = new FlightTime();
  readonly threads = new ThreadNumbers();
  readonly classes = new Names();
  readonly methods = new Names();
  readonly places = new Names();
  readonly waits = new Waits();
  /** By class: who was parked on it, and by which method. */
  readonly parks = new Tally();
  readonly parkers = new Tally();
  /** By place in the list of its kinds: paths, peers; a pause has no second number. */
  readonly files = new Tally();
  readonly sockets = new Tally();
  readonly pauses = new Tally();
  /** Who had the longest of each file's, by kind and path. */
  readonly longest = new Map<string, number>();
  readonly settings = new Map<string, Setting>();
  readonly jvms = new Map<string, { readonly pid: number; readonly version: string | undefined }>();
  lostBytes = 0;
  first = Infinity;
  last = -Infinity;

  take(event: FlightEvent): void {
    const { kind } = event;
    const from = this.time.sinceOf(event);
    const ns = event.durationNs;
    // What happened once, at the JVM's start, may lie far before the recording.
    if (kind === 'setting') this.setting(event);
    else if (kind === 'jvm') this.jvms.set(`${event.pid} ${event.text}`, { pid: event.pid, version: event.text });
    else if (Number.isFinite(from)) {
      this.first = Math.min(this.first, from);
      this.last = Math.max(this.last, from + ns);
      this.timed(event, from, ns);
    }
  }

  private timed(event: FlightEvent, from: number, ns: number): void {
    const { kind } = event;
    if (kind === 'enter') this.enter(event, from, ns);
    else if (kind === 'park') this.park(event, ns);
    else if (kind === 'loss') this.lostBytes += event.amount > 0 ? event.amount : 0;
    else if (kind === 'gc-pause' || kind === 'safepoint') this.pauses.add(PAUSE_KINDS.indexOf(kind), -1, ns);
    else if (kind === 'socket-write' || kind === 'socket-read')
      this.sockets.add(SOCKET_KINDS.indexOf(kind), this.places.number(peerOf(event)), ns, event.amount);
    else if (kind === 'file-write' || kind === 'file-read' || kind === 'file-force') this.file(kind, event, ns);
  }

  private enter(event: FlightEvent, from: number, ns: number): void {
    const { waits, threads } = this;
    const lock = waits.lockOf(event.className, event.address);
    const thread = threads.number(event.thread);
    const site = this.methods.number(event.stack?.[0]);
    waits.take({ lock, thread, owner: threads.number(event.other), from, to: from + ns }, site);
  }

  private park(event: FlightEvent, ns: number): void {
    const type = this.classes.number(event.className);
    this.parks.add(type, this.methods.number(callerIn(event.stack)), ns);
    this.parkers.add(type, this.threads.number(event.thread), ns);
  }

  private file(kind: (typeof FILE_KINDS)[number], event: FlightEvent, ns: number): void {
    const [of, path] = [FILE_KINDS.indexOf(kind), this.places.number(event.text)];
    if (this.files.add(of, path, ns, kind === 'file-force' ? NaN : event.amount))
      this.longest.set(`${of} ${path}`, this.threads.number(event.thread));
  }

  private setting(event: FlightEvent): void {
    const { ofEvent } = event;
    if (ofEvent === undefined || !USED_EVENTS.includes(ofEvent)) return;
    const { text, value } = event;
    if (value === undefined) return;
    const setting = this.settings.get(ofEvent) ?? {};
    if (text === 'enabled') setting.enabled = value === 'true';
    else if (text === 'threshold' || text === 'throttle') setting[text] = value;
    this.settings.set(ofEvent, setting);
  }
}
