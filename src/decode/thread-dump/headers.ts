// The first line of a thread in each format of text → who it is. A name is the program's own and may hold quotes and what looks like a header
// itself, so it ends at the last quote that the format's own fields follow; a name that goes on in the next line has no such end yet.

import type { DumpFormat, JavaState, NamedOwner } from '../../model/thread-dump.js';

export interface Header {
  readonly format: DumpFormat;
  readonly name: string;
  readonly javaId?: number;
  readonly nativeId?: number;
  readonly virtual: boolean;
  readonly state?: JavaState;
  /** HotSpot says that it is 'in Object.wait()'. */
  readonly isInWait?: boolean;
  readonly ownedBy?: NamedOwner;
  /** 'on CLASS@HASH' of a ThreadInfo. */
  readonly on?: string;
}

/** JDK 5 to 26, and of the serviceability agent: '"main" #1 [2] daemon prio=5 os_prio=0 cpu=… tid=0x… nid=0x5a2d runnable [0x…]'. */
const HOTSPOT = /^"([^]*)"\s*(?:#(\d+) )?\s*(?:\[(\d+)\] )?(?:daemon )?\s*((?:id|prio|os_prio|cpu|tid|nid)=[^"]*)$/;
/** ThreadInfo.toString: '"a" daemon prio=5 Id=12 BLOCKED on X@1f owned by "b" Id=13 (suspended) (in native)'. */
const THREAD_INFO =
  /^"([^]*?)"(?: daemon)?(?: prio=\d+)? Id=(\d+) (NEW|RUNNABLE|BLOCKED|WAITING|TIMED_WAITING|TERMINATED)(?: on (\S+))?(?: owned by "([^]*)" Id=(-?\d+))?(?: \(suspended\))?(?: \(in native\))?\s*$/;
/** VisualVM, of a JVM that it asks over JMX: '"main" - Thread t@1'. */
const VISUALVM = /^"([^]*)" - Thread t@(\d+)$/;
/** Thread.dump_to_file: '#21 "name" virtual', with a state and the time since JDK 25. */
const TO_FILE =
  /^#(\d+) "([^]*)"( virtual)?(?: (NEW|RUNNABLE|BLOCKED|WAITING|TIMED_WAITING|TERMINATED))?(?: \d{4}-\d\d-\d\dT[\d:.]+Z?)?\s*$/;
/** The serviceability agent of JDK 8 and older, and of `jhsdb jstack --mixed`. */
const AGENT = /^Thread (\d+): \(state = (\w+)\)$/;

/** A part of a line is made no name of a property, which takes V8 longer than all else of a thread. */
const STATES: ReadonlyMap<string, JavaState> = new Map(
  (['NEW', 'RUNNABLE', 'BLOCKED', 'WAITING', 'TIMED_WAITING', 'TERMINATED'] as const).map((state) => [state, state]),
);

/** A state of java.lang.Thread.State; undefined for anything else. */
export function javaState(word = ''): JavaState | undefined {
  return STATES.get(word);
}

/** nid=0x5a2d, or decimal since JDK 19; undefined where there is none. */
function nativeIdOf(fields: string): number | undefined {
  const [, number = ''] = /\bnid=(0x[\da-f]+|\d+)/i.exec(fields) ?? [];
  const value = Number(number);
  return number !== '' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

function numberOf(text: string | undefined): number | undefined {
  const value = Number(text);
  return text !== undefined && Number.isSafeInteger(value) ? value : undefined;
}

function withJavaId(text: string | undefined): { readonly javaId?: number } {
  const javaId = numberOf(text);
  return javaId === undefined ? {} : { javaId };
}

const IN_WAIT = 'in Object.wait()';
/** What HotSpot says behind the fields; JDK 5 has no other state. */
const HEADER_STATES: readonly (readonly [words: string, state: JavaState])[] = [
  ['waiting for monitor entry', 'BLOCKED'],
  [IN_WAIT, 'WAITING'],
  ['waiting on condition', 'WAITING'],
  ['runnable', 'RUNNABLE'],
];

function hotspotHeader(line: string): Header | undefined {
  const [, name, javaId, , fields] = HOTSPOT.exec(line) ?? [];
  if (name === undefined || fields === undefined || !/\b[tn]id=/.test(fields)) return undefined;
  const nativeId = nativeIdOf(fields);
  const state = HEADER_STATES.find(([words]) => fields.includes(` ${words}`))?.[1];
  return {
    format: 'hotspot',
    name,
    ...withJavaId(javaId),
    ...(nativeId !== undefined && { nativeId }),
    virtual: false,
    ...(state && { state }),
    isInWait: fields.includes(` ${IN_WAIT}`),
  };
}

function threadInfoHeader(line: string): Header | undefined {
  const [, name, javaId, state, on, owner, ownerId] = THREAD_INFO.exec(line) ?? [];
  const known = javaState(state);
  if (name === undefined || known === undefined) return undefined;
  return {
    format: 'thread-info',
    name,
    ...withJavaId(javaId),
    virtual: false,
    state: known,
    ...(on !== undefined && { on }),
    ...(owner !== undefined && { ownedBy: { name: owner, ...withJavaId(ownerId) } }),
  };
}

function visualVmHeader(line: string): Header | undefined {
  const [, name, javaId] = VISUALVM.exec(line) ?? [];
  return name === undefined ? undefined : { format: 'thread-info', name, ...withJavaId(javaId), virtual: false };
}

function toFileHeader(line: string): Header | undefined {
  const [, javaId, name, virtual, state] = TO_FILE.exec(line) ?? [];
  if (name === undefined) return undefined;
  const known = javaState(state);
  return {
    format: 'dump-to-file',
    name,
    ...withJavaId(javaId),
    virtual: virtual !== undefined,
    ...(known && { state: known }),
  };
}

/** A thread's first line; undefined where it is none, or a name in it has no end yet. */
export function headerOf(line: string): Header | undefined {
  const first = line.charAt(0);
  if (first === '"') return threadInfoHeader(line) ?? hotspotHeader(line) ?? visualVmHeader(line);
  if (first === '#') return toFileHeader(line);
  const [, nativeId, state] = first === 'T' ? (AGENT.exec(line) ?? []) : [];
  if (nativeId === undefined) return undefined;
  const known = javaState(state);
  return {
    format: 'jhsdb',
    name: `Thread ${nativeId}`,
    nativeId: Number(nativeId),
    virtual: false,
    // 'IN_NATIVE' and its like are the VM's own states.
    ...(known && { state: known }),
  };
}

/** Where a ThreadInfo begins within the line of a log; below 0 where there is none, or the line itself begins so. */
export function threadInfoIn(line: string): number {
  if (line.charAt(0) === '"' || !line.includes('" ') || !line.includes(' Id=')) return -1;
  const at = line.indexOf('"');
  return threadInfoHeader(line.slice(at).trimEnd()) ? at : -1;
}

/** Whether a line may be the beginning of a header whose name goes on in the next one. */
export function mayGoOn(line: string): boolean {
  return /^(?:#\d+ )?"/.test(line) && !/^"[^"]*":$/.test(line);
}
