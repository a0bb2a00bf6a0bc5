// What `jfr` prints as JSON: the answer in sentences, what of the recording was read, then monitors with waiters and owners, parks, files, sockets, pauses
// and how each kind of event was recorded. Types follow from the schema. What is not known is null.

import * as v from 'valibot';
import { list } from './shapes.js';
import { Thread } from './threads.js';

/** What the owner did while others waited for it. */
const Deed = v.object({
  /** The kind of event; `gc-pause` and `safepoint` stop every thread. */
  did: v.picklist([
    'file-write',
    'file-force',
    'file-read',
    'socket-write',
    'socket-read',
    'enter',
    'park',
    'wait',
    'sleep',
    'gc-pause',
    'safepoint',
    'sample',
    'native-sample',
  ]),
  /** A path, a host and port, the class of what it waited for, a method that it was found in. */
  what: v.nullable(v.string()),
  /** The innermost method that is none of the JDK's. */
  by: v.nullable(v.string()),
  count: v.number(),
  bytes: v.nullable(v.number()),
  /** Within the time of the waits; null of samples, which have no length. */
  ms: v.nullable(v.number()),
});

const Owner = v.object({
  /** 'exact': events name it as the previous owner; 'unknown': none that can be told. */
  grade: v.picklist(['exact', 'unknown']),
  thread: v.nullable(Thread),
  because: v.string(),
  /** Waits that name it themselves. */
  waits: v.number(),
  /** Waits that name others, which had waited behind it for the same monitor. */
  behind: v.number(),
  /** The part of the waited time that these make. */
  share: v.nullable(v.number()),
});

const Monitor = v.object({
  /** 'java.lang.Object'. */
  type: v.nullable(v.string()),
  /** Of HotSpot's structure for the monitor, not of the object. */
  address: v.nullable(v.string()),
  waits: v.number(),
  threads: v.number(),
  /** The longest waits' threads first. */
  waiters: list(Thread),
  /** Of all threads together. */
  waitedMs: v.number(),
  longestMs: v.number(),
  /** From the first wait's beginning to the last one's end, ISO 8601. */
  from: v.string(),
  to: v.string(),
  owner: Owner,
  /** When at least one thread waited and the owner had it. */
  heldMs: v.number(),
  /** What the kernel recorded of the owner in that time, the longest first; null without a recording, or where that has nothing of this thread. */
  kernel: v.nullable(list(v.object({ state: v.string(), ms: v.number() }))),
  /** What the owner did meanwhile, the longest first. */
  meanwhile: list(Deed),
  /** Of `heldMs`, what no event of the owner fills. */
  untoldMs: v.number(),
  /** Where they waited, the innermost frame of each. */
  at: list(v.object({ frame: v.string(), waits: v.number(), ms: v.number() })),
});

export const JfrSchema = v.object({
  schema: v.literal('iowitness.jfr/1'),
  tool: v.string(),
  /** Sentences: which lock, how many waited and how long, who had it, what that thread did, and what can't be known. */
  answer: list(v.string()),
  covers: v.object({
    files: v.number(),
    chunks: v.number(),
    bytes: v.number(),
    /** Of these, how many could be walked. */
    readBytes: v.number(),
    events: v.number(),
    from: v.nullable(v.string()),
    to: v.nullable(v.string()),
    jvms: list(v.object({ pid: v.nullable(v.number()), version: v.nullable(v.string()) })),
    /** Events that the JVM itself dropped, in bytes. */
    lostBytes: v.number(),
  }),
  /** The most waited for first. */
  monitors: list(Monitor),
  /** What threads were parked on; of a lock, `lock` tells its kind. JFR records no owner. */
  parks: list(
    v.object({
      type: v.nullable(v.string()),
      lock: v.nullable(v.picklist(['owned', 'read-write', 'ownerless'])),
      parks: v.number(),
      threads: v.number(),
      parkedMs: v.number(),
      longestMs: v.number(),
      by: v.nullable(v.string()),
    }),
  ),
  files: list(
    v.object({
      did: v.picklist(['file-write', 'file-force', 'file-read']),
      path: v.nullable(v.string()),
      count: v.number(),
      bytes: v.nullable(v.number()),
      ms: v.number(),
      longestMs: v.number(),
      /** Who had the longest. */
      thread: v.nullable(Thread),
    }),
  ),
  sockets: list(
    v.object({
      did: v.picklist(['socket-write', 'socket-read']),
      peer: v.nullable(v.string()),
      count: v.number(),
      bytes: v.nullable(v.number()),
      ms: v.number(),
      longestMs: v.number(),
    }),
  ),
  pauses: list(
    v.object({ kind: v.picklist(['gc-pause', 'safepoint']), count: v.number(), ms: v.number(), longestMs: v.number() }),
  ),
  /** How the events that are made use of were recorded, as their last settings tell. */
  settings: list(
    v.object({
      event: v.string(),
      enabled: v.nullable(v.boolean()),
      /** What is shorter is not recorded. */
      threshold: v.nullable(v.string()),
      /** So many in a time at most. */
      throttle: v.nullable(v.string()),
    }),
  ),
  /** Sentences on what could not be read or known. */
  limits: list(v.string()),
});

export type Jfr = v.InferOutput<typeof JfrSchema>;
export type JfrThread = v.InferOutput<typeof Thread>;
export type JfrMonitor = v.InferOutput<typeof Monitor>;
export type JfrDeed = v.InferOutput<typeof Deed>;
export type JfrOwner = v.InferOutput<typeof Owner>;
