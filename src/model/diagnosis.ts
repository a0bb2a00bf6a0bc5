// The result of a diagnosis: what `diagnose --json` prints, and what every report is drawn from.
// The schema below is the published contract; the types follow from it.

import * as v from 'valibot';
import { KnownFitSchema } from './known.js';
import { AboutOnsetSchema, VerdictOnsetSchema } from './onset.js';
import { UNITS } from './quantity.js';
import { list } from './shapes.js';

const Share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

export const ProcessRefSchema = v.object({
  pid: v.number(),
  /** The process's name as the kernel has it: data from outside, to be escaped where it is shown. */
  name: v.string(),
  /** The systemd unit, container or pod that it belongs to, where its cgroup tells one. */
  unit: v.optional(v.string()),
});

/** One figure that carries the argument. */
const Evidence = v.object({
  /** What was measured, in the field's words: 'dirty limit', 'time in balance_dirty_pages'. */
  measure: v.string(),
  /** The figure with its unit, as text for people. */
  value: v.string(),
  /** The figures of that text, in its order: a share is 0 to 1, 'times' a ratio. Empty where it has none. */
  figures: v.array(v.object({ value: v.number(), unit: v.picklist(UNITS) })),
  /** What the figure means for this verdict. */
  meaning: v.string(),
  /** Where it was read: an event, a file, a counter. */
  source: v.string(),
});

/** One of the few figures that stand large beside the verdict. */
const KeyFigure = v.object({
  /** 'lost': time; 'measured': what the verdict turns on; 'device': what the disk did meanwhile; 'since': when it began. */
  kind: v.picklist(['lost', 'measured', 'device', 'since']),
  /** What it is a figure of: 'time lost', 'dirty limit'. */
  label: v.string(),
  /** The figure with its unit, as text for people. */
  value: v.string(),
  figures: v.array(v.object({ value: v.number(), unit: v.picklist(UNITS) })),
  /** What it is held against, or what it is a part of. */
  beside: v.string(),
});

/** Something to do. Nothing is run by itself: a command is there to be copied. */
const Advice = v.object({
  /** A sentence; commands stand in it between backticks. */
  text: v.string(),
  commands: v.array(
    v.object({
      /** For a POSIX shell, as root unless it only reads. */
      command: v.string(),
      /** What is different afterwards; null where it only looks. */
      changes: v.nullable(v.string()),
      /** The command, or the words, that put it back; null where there is nothing to put back. */
      undo: v.nullable(v.string()),
    }),
  ),
});

const Culprit = v.object({
  kind: v.picklist(['process', 'cgroup', 'setting', 'device', 'filesystem', 'hypervisor']),
  name: v.string(),
  pid: v.optional(v.number()),
  /** Of a process: the systemd unit, container or pod that it belongs to, where its cgroup tells one. */
  unit: v.optional(v.string()),
  /** The file that sets it, for a cgroup or a setting. */
  file: v.optional(v.string()),
});

/** One cause that holds, with its argument. */
export const VerdictSchema = v.object({
  cause: v.string(),
  layer: v.string(),
  /** How sure, in steps that the recordings support on which it was tried; null for `inconclusive`. */
  sureness: v.nullable(v.picklist(['sure', 'likely', 'possible'])),
  /** The chance that a verdict of this cause with this score is right, 0 to 1 (bench/results/reliability.md); 0 for `inconclusive`. */
  confidence: Share,
  /** How well the evidence fits, 0 to 1, as the cause weighs it: it orders verdicts and is no chance. */
  score: Share,
  /** The share of the victim's time that it explains. */
  share: Share,
  /** Wall-clock time at which the stall began (ISO 8601), null where `sinceMs` is and where the recording does not tell the time of day. */
  since: v.nullable(v.string()),
  /** The same in ms since the recording's start, of one that was there from the start its first loss; null for `healthy`, and where no moment is one at which it began. */
  sinceMs: v.nullable(v.number()),
  /** True where it was there when the recording began; never for a command that the recorder started. */
  fromStart: v.boolean(),
  /** Whether it set in, and how sure that is; null for `healthy`, and where no account tells when time was lost. */
  onset: v.nullable(VerdictOnsetSchema),
  victim: v.nullable(ProcessRefSchema),
  culprit: v.nullable(Culprit),
  sentence: v.string(),
  evidence: v.array(Evidence),
  /** What to do about it, most useful first. */
  advice: v.array(Advice),
});

const Account = v.object({
  state: v.string(),
  ms: v.number(),
  share: Share,
  /** How much of it the verdict explains. */
  lostMs: v.number(),
});

/** What one program moved on one device. */
export const WriterSchema = v.object({
  device: v.string(),
  /** What the device is and stands on: 'disk', 'partition of sda', 'loop on FILE', 'dm on sda, sdb'. */
  layer: v.string(),
  process: v.string(),
  pid: v.nullable(v.number()),
  /** The systemd unit, container or pod of the process; null where its cgroup tells none. */
  unit: v.nullable(v.string()),
  /** The file, where it was seen open; null where it is not known, or for several small ones. */
  file: v.nullable(v.string()),
  /** Its inode number, known also where no name is. */
  inode: v.nullable(v.number()),
  /** True where the file had no name any more when it was last seen. */
  deleted: v.boolean(),
  writeBytes: v.number(),
  readBytes: v.number(),
  /** Share of the device's bytes. */
  share: Share,
  /**
   * 'direct': it issued them itself; 'flushed': another thread wrote what it had made dirty; 'holder': the same, but dirtied before the
   * recording began, and it alone was seen to write the file or to have it open; 'metadata': the filesystem's own structures; 'journal'; 'stacked': asked for
   * through a device that stands on this one; 'unattributed'.
   */
  via: v.picklist(['direct', 'flushed', 'holder', 'metadata', 'journal', 'stacked', 'unattributed']),
  /** The device above that asked for it: the process and file are those behind that device's bytes. */
  through: v.nullable(v.string()),
});

export const DiagnosisSchema = v.object({
  schema: v.literal('iowitness.diagnosis/2'),
  tool: v.string(),
  recording: v.object({
    path: v.string(),
    /**
     * A recording of iowitness; a block trace (blktrace's files, blkparse's text), which holds requests and names of threads alone; a trace of
     * kernel events by another tool (trace-cmd, ftrace, perf); or statistics: the counters that a tool logged (sadf, iostat, atop); or a benchmark: what fio
     * measured.
     */
    kind: v.picklist(['recording', 'block-trace', 'kernel-trace', 'statistics', 'benchmark']),
    /** What such a kind can't tell, in sentences; none for a recording of iowitness. */
    limits: v.array(v.string()),
    /** null, here and below, where the source does not tell it. */
    id: v.nullable(v.string()),
    host: v.nullable(v.string()),
    kernel: v.nullable(v.string()),
    startedAt: v.nullable(v.string()),
    durationMs: v.number(),
    /** False where the recorder was killed or is still running. */
    complete: v.boolean(),
    endedBecause: v.nullable(v.string()),
    events: v.number(),
  }),
  /** The first cause by the time it costs. */
  verdict: VerdictSchema,
  /** In the order to show them, each kind once but for a benchmark's; none where nothing was watched. */
  keyFigures: v.array(KeyFigure),
  /** What else changed about the moment at which the verdict's stall set in: leads, no causes. Null where it set in at no such moment. */
  aboutOnset: v.nullable(AboutOnsetSchema),
  /** Other causes that hold as well, in order of the time they cost. */
  also: v.array(VerdictSchema),
  /** Where the verdict is `inconclusive`: the two likeliest causes, and the measurement that would decide on each. */
  candidates: v.array(
    v.object({ cause: v.string(), confidence: Share, score: Share, decidedBy: v.nullable(v.string()) }),
  ),
  /** Settings that changed during the recording. */
  changes: v.array(
    v.object({ what: v.string(), before: v.nullable(v.string()), after: v.nullable(v.string()), atMs: v.number() }),
  ),
  /** The victim's wall time by state; the states sum to the wall time. */
  accounting: v.array(Account),
  /** Whether the accounting comes from kernel events, from samples, from requests alone, or could not be made. */
  accountingFrom: v.picklist(['events', 'samples', 'requests', 'none']),
  ruledOut: v.array(v.object({ cause: v.string(), why: v.string() })),
  notChecked: v.array(v.object({ cause: v.string(), why: v.string() })),
  losses: v.array(
    v.object({
      code: v.string(),
      severity: v.picklist(['info', 'degraded', 'severe']),
      sentence: v.string(),
      remedy: v.string(),
      where: v.string(),
      count: v.optional(v.number()),
    }),
  ),
  /** The probe's phases, for recordings of `check`; of a benchmark its jobs by what they did. */
  phases: v.array(
    v.object({
      name: v.string(),
      blockBytes: v.number(),
      ms: v.number(),
      operations: v.number(),
      bytes: v.number(),
      bytesPerSecond: v.number(),
      latencyUs: v.nullable(v.object({ p50: v.number(), p99: v.number(), max: v.number() })),
      error: v.optional(v.string()),
    }),
  ),
  /**
   * Who wrote and read how much on which device: the sum over a device's rows is what it completed. Bytes that pass several layers are
   * bytes of each; those with `through` were asked for above, where they stand as well.
   */
  writers: v.array(WriterSchema),
  /** Facts of the machine, label and value, in the order to show them. */
  machine: v.array(v.object({ label: v.string(), value: v.string() })),
  /** What the thread dumps of watched JVMs show. Absent where none was asked for. */
  jvms: v.optional(
    v.array(
      v.object({
        process: ProcessRefSchema,
        dumps: v.number(),
        /** From question to answer, of all dumps together, ms: the JVM stood still within that time. */
        askedMs: v.number(),
        /** Sentences: which lock, how many wait, who holds it and what that thread does. */
        answer: list(v.string()),
        /** What these dumps can't tell, in sentences. */
        limits: list(v.string()),
      }),
    ),
  ),
  /** What is known of the recorded kernel that shows as this does: leads, no verdicts. Absent where there is none. */
  leads: v.optional(v.array(KnownFitSchema)),
});

export type Diagnosis = v.InferOutput<typeof DiagnosisSchema>;
export type Verdict = v.InferOutput<typeof VerdictSchema>;
export type Evidence = v.InferOutput<typeof Evidence>;
export type KeyFigure = v.InferOutput<typeof KeyFigure>;
export type Advice = v.InferOutput<typeof Advice>;
export type Culprit = v.InferOutput<typeof Culprit>;
export type Account = v.InferOutput<typeof Account>;
export type ProcessRef = v.InferOutput<typeof ProcessRefSchema>;
export type Writer = v.InferOutput<typeof WriterSchema>;
export type Phase = Diagnosis['phases'][number];

/** The cause of a verdict that names none. */
export const NO_CAUSE = 'inconclusive';

/** Verdicts by which nothing stalled. */
export const NO_STALL: readonly string[] = ['healthy', 'app.idle'];

/** True where nothing holds the victim up: it gets what it asks for, or asks for nothing. */
export function isNoStall({ cause }: Pick<Verdict, 'cause'>): boolean {
  return NO_STALL.includes(cause);
}
