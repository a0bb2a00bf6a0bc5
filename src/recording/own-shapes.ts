// What each reading of the recorder's own must look like: the shapes of model/recording.ts, with bounds on what anybody may have put in their place.

import * as v from 'valibot';
import { LOSS_KINDS, type LossCode } from '../model/losses.js';

const Pid = v.pipe(v.number(), v.integer());
const Count = v.pipe(v.number(), v.finite());
/** A path of the kernel (PATH_MAX) with what it or we say about it; names are shorter. */
const Text = v.pipe(v.string(), v.maxLength(2 * 4096));
const Nanoseconds = v.pipe(v.string(), v.regex(/^\d{1,20}$/));

export const Victim = v.object({
  pid: Pid,
  comm: Text,
  role: v.picklist(['probe', 'command', 'pid', 'child', 'busiest']),
});

export const ReleasedCommand = v.object({ pid: Pid });

export const Load = v.object({ cpuMs: Count, wallMs: Count, rssBytes: Count, lateMs: Count, queuedBytes: Count });

export const Trace = v.object({
  instance: v.picklist(['machine', 'victim']),
  enabled: v.array(Text),
  filters: v.record(Text, Text),
  stacks: v.object({ share: Count, filter: Text }),
  sampled: v.exactOptional(v.object({ of: v.pipe(v.number(), v.integer(), v.minValue(1)), upToSectors: Count })),
  wholeFromNs: v.exactOptional(Nanoseconds),
  clock: Text,
});

export const Progress = v.object({
  phase: Text,
  blockBytes: Count,
  fromNs: Nanoseconds,
  toNs: Nanoseconds,
  operations: Count,
  bytes: Count,
  latencyUs: v.exactOptional(v.object({ p50: Count, p99: Count, max: Count })),
  phaseLatencyUs: v.exactOptional(v.object({ p50: Count, p99: Count, max: Count })),
  error: v.exactOptional(Text),
});

export const Space = v.object({
  mountPoint: Text,
  blockBytes: Count,
  blocks: Count,
  free: Count,
  available: Count,
  files: Count,
  freeFiles: Count,
});

export const File = v.object({
  pid: Pid,
  inode: Count,
  device: v.pipe(v.string(), v.maxLength(32), v.regex(/^\d+:\d+$/)),
  source: Text,
  path: Text,
  how: v.picklist(['open', 'direct', 'mapped', 'loop']),
  durable: v.exactOptional(v.boolean()),
  readOnly: v.exactOptional(v.boolean()),
  loop: v.exactOptional(Text),
});

export const KernelThreads = v.array(v.object({ pid: Pid, comm: Text }));

export const Ptrace = v.object({
  pid: Pid,
  tracer: Pid,
  comm: Text,
});

export const StoppedProcess = v.object({
  pid: Pid,
  comm: Text,
  stopped: v.boolean(),
  shared: v.array(
    v.object({
      victim: Pid,
      does: v.picklist(['reads', 'writes', 'talks', 'may-serve']),
    }),
  ),
});

/** Beyond the hops that a recorder follows. */
const MOST_HOPS = 64;

export const Chain = v.object({
  pid: Pid,
  hops: v.pipe(
    v.array(
      v.object({
        pid: Pid,
        comm: Text,
        does: v.picklist(['reads', 'writes', 'talks']),
        state: v.pipe(v.string(), v.regex(/^[A-Za-z]$/)),
        threads: Count,
        wchan: Text,
        runNs: Count,
        waitNs: Count,
        slices: Count,
      }),
    ),
    v.maxLength(MOST_HOPS),
  ),
  end: v.picklist(['there', 'unseen', 'several', 'circle', 'far']),
});

const Nullable = v.nullable(Text);

const Peer = v.object({
  address: Text,
  process: v.nullable(v.object({ pid: Pid, name: Text })),
});

export const Dump = v.object({
  pid: Pid,
  file: v.pipe(Text, v.regex(/^jvm\/\d{1,10}-\d{1,10}\.txt\.gz$/)),
  tookMs: Count,
  atWork: v.array(
    v.object({
      nativeId: Count,
      state: Nullable,
      wchan: Nullable,
      call: Nullable,
      descriptor: v.nullable(Count),
      path: Nullable,
      // Earlier versions asked nobody.
      peer: v.optional(v.nullable(Peer), null),
    }),
  ),
  tasks: v.exactOptional(v.array(v.tuple([Count, Count]))),
});

export const LostThing = v.object({
  code: v.custom<LossCode>((code) => typeof code === 'string' && code in LOSS_KINDS),
  where: Text,
  count: v.exactOptional(Count),
});
