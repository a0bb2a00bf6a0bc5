// What `threads` prints as JSON: the answer in sentences, then locks, cut stacks, deadlocks, threads grouped by stack, and what each dump showed. Types follow
// from the schema. What is not known is null.

import * as v from 'valibot';
import { list } from './shapes.js';

/** A Java thread. */
export const Thread = v.object({
  name: v.string(),
  /** Thread.getId(). */
  javaId: v.nullable(v.number()),
  /** The kernel's number, in the JVM's pid namespace. */
  nativeId: v.nullable(v.number()),
});

/** The kernel's view of a thread, read beside the dump of a live JVM. */
const KernelView = v.object({
  /** R running, S sleeping, D uninterruptible, T stopped. */
  state: v.nullable(v.string()),
  /** The kernel function in which it sleeps. */
  wchan: v.nullable(v.string()),
  /** The system call that it is in, 'write'. */
  call: v.nullable(v.string()),
  descriptor: v.nullable(v.number()),
  /** What the descriptor leads to, '/data/snap.tmp', 'pipe:[123]'. */
  path: v.nullable(v.string()),
  /** Of a connection by TCP the other end; null where it is none, or that is not known. */
  peer: v.nullable(
    v.object({
      /** '10.0.0.5:5432' */
      address: v.string(),
      /** Whose it is, on this machine. */
      process: v.nullable(v.object({ pid: v.number(), name: v.string() })),
    }),
  ),
});

/** What a thread does. */
const Activity = v.object({
  doing: v.picklist([
    'write',
    'sync',
    'read',
    'file',
    'network',
    'child',
    'lock',
    'news',
    'sleep',
    'native',
    'java',
    'unknown',
  ]),
  /** The innermost method. */
  method: v.nullable(v.string()),
  /** null unless the JVM was alive and could be looked at. */
  kernel: v.nullable(KernelView),
  /** In how many samples it did the same. */
  samples: v.number(),
});

const Owner = v.object({
  /** 'exact': the dump shows it; 'inferred': nothing else fits; 'unknown': the dump does not tell. */
  grade: v.picklist(['exact', 'inferred', 'unknown']),
  thread: v.nullable(Thread),
  because: v.string(),
  /** Threads of which it may be one, where it is unknown. */
  candidates: list(Thread),
});

/** `ownerless` and the readers of `read-write` leave no owner in the JVM. */
const lockEntries = {
  /** The object's address, or its class and identity hash; as in the last dump that shows it. */
  id: v.string(),
  type: v.string(),
  kind: v.picklist(['monitor', 'owned', 'read-write', 'ownerless', 'class']),
};

const Lock = v.object({
  ...lockEntries,
  /** In the last dump that shows it. */
  waiters: list(Thread),
  mostWaiters: v.number(),
  owner: Owner,
  /** What the owner does, or the one candidate; null where there is neither. */
  does: v.nullable(Activity),
  /** From its owner on: what each waits for in its turn. */
  chain: list(v.object({ ...lockEntries, owner: Owner, does: v.nullable(Activity) })),
  /** The first and the last of the dumps in a row in which it was waited for, by their place among `dumps`. */
  first: v.number(),
  last: v.number(),
  /** How many these are. */
  samples: v.number(),
  /** From the first of these to the last; null where the dumps don't tell their time, or there is one. */
  forMs: v.nullable(v.number()),
});

export const ThreadsSchema = v.object({
  schema: v.literal('iowitness.threads/1'),
  tool: v.string(),
  /** Sentences: which lock, how many wait, who holds it and what that thread does, and what can't be known. */
  answer: list(v.string()),
  dumps: list(
    v.object({
      /** A file, or 'process 123'. */
      source: v.string(),
      /** As the dump has it. */
      at: v.nullable(v.string()),
      vm: v.nullable(v.string()),
      format: v.picklist(['hotspot', 'jhsdb', 'thread-info', 'dump-to-file', 'dump-to-file-json', 'javacore', 'heap']),
      threads: v.number(),
      /** Threads that wait for a lock. */
      waiting: v.number(),
      cut: v.number(),
      /** Threads that the dump before had with the same stack; null in the first. */
      unmoved: v.nullable(v.number()),
      /** The lock that most wait for, and its owner's name. */
      lock: v.nullable(v.string()),
      owner: v.nullable(v.string()),
    }),
  ),
  /** The most waited for first. */
  locks: list(Lock),
  /** Threads of the last dump that wait for a lock, of which the dump does not say which. */
  unnamed: list(Thread),
  /** Threads of the last dump that wait for news within a task that a pool has given them, by the innermost method that is not the JDK's; most first. */
  taskWaits: list(v.object({ method: v.string(), threads: list(Thread) })),
  /** Of the last dump. */
  cutStacks: list(
    v.object({ thread: Thread, frames: v.number(), why: v.picklist(['limit', 'elided', 'broken', 'end']) }),
  ),
  /** Threads in a circle, each waiting for a lock of the next. */
  deadlocks: list(list(Thread)),
  /** Threads of the last dump with the same stack, the largest group first. */
  groups: list(
    v.object({
      threads: v.number(),
      names: list(v.string()),
      state: v.nullable(v.string()),
      /** Innermost first, the first few. */
      frames: list(v.string()),
      depth: v.number(),
    }),
  ),
  /** Sentences on what could not be read or known. */
  limits: list(v.string()),
});

export type Threads = v.InferOutput<typeof ThreadsSchema>;
export type ThreadRef = v.InferOutput<typeof Thread>;
export type Peer = NonNullable<v.InferOutput<typeof KernelView>['peer']>;
export type KernelThread = v.InferOutput<typeof KernelView>;
export type ThreadActivity = v.InferOutput<typeof Activity>;
export type LockOwner = v.InferOutput<typeof Owner>;
export type ThreadLock = v.InferOutput<typeof Lock>;
