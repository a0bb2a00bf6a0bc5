// Every kind of loss in one closed table, with how bad it is, what it means and what to do about it.
// Loss is data: capture and decode record it, every output shows it, and a verdict built on lossy data says so.

export type Severity = 'info' | 'degraded' | 'severe';

interface LossKind {
  readonly severity: Severity;
  /** What it means for the reader of the verdict. */
  readonly sentence: string;
  readonly remedy: string;
}

export const LOSS_KINDS = {
  'not-root': {
    severity: 'degraded',
    sentence:
      'The recorder ran without root: no kernel events, no kernel stacks, no I/O figures of other users’ processes.',
    remedy: 'Run it as root to see who wrote, where the victim slept and what each request waited for.',
  },
  'no-tracefs': {
    severity: 'degraded',
    sentence: 'The kernel’s trace file system could not be used, so there are counters but no events.',
    remedy: 'Run `iowitness doctor` to see what refuses it; root and a kernel with CONFIG_FTRACE are needed.',
  },
  'not-seen': {
    severity: 'info',
    sentence: 'The machine does not show this to whoever records it.',
    remedy: 'Run `iowitness doctor` to see what would give it; what needs it says so.',
  },
  'event-missing': {
    severity: 'degraded',
    sentence: 'This kernel lacks an event that the recorder asked for.',
    remedy: 'Nothing to do on this kernel; the causes that need the event say so.',
  },
  'events-overrun': {
    severity: 'severe',
    sentence: 'The kernel overwrote or dropped events before they were read.',
    remedy: 'Raise the buffer with --buffer, or record fewer events.',
  },
  'look-back-short': {
    severity: 'info',
    sentence: 'The kernel’s events of the time before the stall was noticed reach back less far than the counters do.',
    remedy: 'Nothing to do: from there on none is missing; what is said of the time before rests on counters.',
  },
  'events-shed': {
    severity: 'degraded',
    sentence: 'The event rate passed the budget, so the recorder switched the costliest class of events off.',
    remedy: 'Raise the budget with --event-budget if the machine can bear it.',
  },
  'window-short': {
    severity: 'degraded',
    sentence: 'Events came so fast that the oldest were forgotten to spare this machine’s memory.',
    remedy: 'Look for a shorter time, or use `record`, which writes them to disk.',
  },
  'threads-by-turns': {
    severity: 'info',
    sentence:
      'The process has more threads than are sampled at a time: those that waited or worked were, and the others were looked at in turn to find such.',
    remedy:
      'Nothing to do where kernel events were recorded, which show every thread that moves; without them a short wait of one of many threads may be missed.',
  },
  'requests-sampled': {
    severity: 'info',
    sentence:
      'Requests came so fast that a sample of the small ones was traced, so that tracing was not felt; counts and bytes are what it stands for.',
    remedy:
      'Nothing to do: with thousands of requests the error is under a few per cent. Figures of `blkstats` count the sample itself.',
  },
  'stacks-sampled': {
    severity: 'info',
    sentence: 'The victim slept so often that kernel stacks were taken for a sample of its sleeps only.',
    remedy: 'Nothing to do: sleeps without a stack are counted with their neighbours of the same kind.',
  },
  'no-symbols': {
    severity: 'degraded',
    sentence: 'The kernel’s symbol table could not be read, so kernel stacks have no names.',
    remedy: 'Set kernel.kptr_restrict to 1 or 0 while recording as root.',
  },
  'stacks-unnamed': {
    severity: 'info',
    sentence:
      'A perf.data holds kernel stacks as addresses, without the names of functions, so they are not made use of.',
    remedy:
      'Print it on the machine that recorded it, before that is started again, and read the text: `perf script > trace.txt`.',
  },
  'log-damaged': {
    severity: 'severe',
    sentence: 'A part of the recording failed its checksum or could not be decoded and was passed over.',
    remedy: 'The rest of the recording is whole; copy it again if it was copied.',
  },
  'log-truncated': {
    severity: 'info',
    sentence: 'The recording ends in the middle of a write: the recorder was killed, or the disk was full.',
    remedy: 'Nothing to do: everything before that moment is there.',
  },
  'beyond-bounds': {
    severity: 'severe',
    sentence:
      'A part of the input claims to be larger than any recorder makes it; what was beyond the bound was passed over, to spare this machine’s memory and time.',
    remedy: 'It is damaged, or was made by another program: record again.',
  },
  'page-malformed': {
    severity: 'degraded',
    sentence: 'A trace page could not be decoded and was passed over.',
    remedy: 'Keep the recording: a later version may read the page.',
  },
  'write-queue-full': {
    severity: 'severe',
    sentence: 'The recording’s own disk was too slow, so the recorder dropped data rather than grow in memory.',
    remedy: 'Put the recording on another disk with -o.',
  },
  'no-space': {
    severity: 'severe',
    sentence: 'The recording’s disk was full, so the recording ends there.',
    remedy: 'Free space, or put the recording on another disk with -o.',
  },
  'write-failed': {
    severity: 'severe',
    sentence: 'The recording could not be written any more, so it ends there.',
    remedy: 'Put the recording on another disk with -o.',
  },
  'clock-step': {
    severity: 'info',
    sentence: 'The wall clock was stepped during the recording.',
    remedy: 'Times of day after the step are shifted; all durations are right.',
  },
  'recorder-late': {
    severity: 'info',
    sentence: 'The recorder itself was held up, so some samples are further apart than asked for.',
    remedy: 'Nothing to do unless it happens often: rates are computed from the real times.',
  },
  'recorder-failed': {
    severity: 'degraded',
    sentence: 'A step of the recorder failed, so what it reads by that is missing from then on, or for once.',
    remedy: 'Please report it with what is told beside it; everything else was recorded.',
  },
  'source-failed': {
    severity: 'info',
    sentence: 'A file of the machine could not be read.',
    remedy: 'Nothing to do; what needed it says so.',
  },
  'no-thread-dump': {
    severity: 'degraded',
    sentence: 'A watched JVM gave no thread dump, or not all that were asked for, so who holds its locks may not show.',
    remedy: 'What is in the way is told beside it; `iowitness threads --pid` asks again.',
  },
  'victim-gone': {
    severity: 'info',
    sentence: 'The watched process ended before the recording did.',
    remedy: 'Nothing to do: its time is accounted for up to its end.',
  },
  'blktrace-damaged': {
    severity: 'severe',
    sentence: 'Bytes of a block trace make no record and were passed over (their number is counted).',
    remedy: 'The records before and after are whole; copy the trace again if it was copied.',
  },
  'blktrace-truncated': {
    severity: 'info',
    sentence: 'A block trace ends in the middle of a record: its recorder was stopped there, or the copy was.',
    remedy: 'Nothing to do: everything before that moment is there.',
  },
  'blktrace-version': {
    severity: 'severe',
    sentence: 'A block trace holds records of a version that is neither 7 nor 8; they were passed over.',
    remedy: 'Keep the trace: a later version of iowitness may read them.',
  },
  'blktrace-wrong-cpu': {
    severity: 'degraded',
    sentence: 'The file of one CPU holds records of another; they were passed over.',
    remedy: 'Read such a file as one stream: `iowitness blkparse -i - < FILE`.',
  },
  'blktrace-unsorted': {
    severity: 'severe',
    sentence: 'A block trace goes far back in time; such records were taken at the time of the one before them.',
    remedy:
      'Name the files of the CPUs by their BASE instead of one behind the other, or merge them: `iowitness blkparse -O -d MERGED BASE`.',
  },
  'blktrace-incomplete': {
    severity: 'degraded',
    sentence: 'So many bios waited for a dispatch that never came that they were forgotten.',
    remedy: 'Trace the categories queue, issue and complete together.',
  },
  'blktrace-gaps': {
    severity: 'degraded',
    sentence: 'A block trace lacks records: the numbers that each CPU gives to its records have gaps.',
    remedy:
      'Copy all of its files again; a trace that blkparse’s filters went over (`-a`, `-d`) has lost what they leave out.',
  },
  'blktrace-stray': {
    severity: 'degraded',
    sentence:
      'Records of a block trace claim a time that can’t be theirs, far from all others or against the order of their CPU, and were passed over.',
    remedy: 'They are damaged, or two traces were put into one file: copy the trace again, and read each by itself.',
  },
  'blktrace-no-stage': {
    severity: 'severe',
    sentence:
      'A block trace holds no record of one stage of the requests, so times that begin or end there are not known.',
    remedy: 'Record without an action mask (`-a`).',
  },
  'text-cut': {
    severity: 'degraded',
    sentence: 'Lines of the text are cut or can’t be read; what they said is missing.',
    remedy: 'Use the whole output, as a file and not wrapped, or better the trace that it was made from.',
  },
  'blktrace-unreadable': {
    severity: 'severe',
    sentence: 'A file of a block trace could not be read to its end.',
    remedy: 'Decompress it, or copy it, again.',
  },
} as const satisfies Record<string, LossKind>;

export type LossCode = keyof typeof LOSS_KINDS;

/** Of one kind so many places are told one by one: what is damaged everywhere must not fill memory and pages with reports of it. */
const MOST_PLACES = 50;

/** One kind of loss as it happened in one recording. */
export interface Loss {
  readonly code: LossCode;
  /** Where: a file, a stream with its offset, an event's name. */
  readonly where: string;
  /** How often or how many (events, bytes: the sentence says which); absent where counting makes no sense. */
  readonly count?: number;
}

/** Passes on the first losses of each kind as they come and sums the others up at the end. */
export class LossCounter {
  private readonly name: string;
  private readonly report: (loss: Loss) => void;
  private readonly passedOn = new Map<LossCode, number>();
  private readonly further = new Map<LossCode, { places: number; count: number }>();

  /** `name` is what the losses are of. */
  constructor(name: string, report: (loss: Loss) => void) {
    this.name = name;
    this.report = report;
  }

  add(loss: Loss): void {
    const passedOn = (this.passedOn.get(loss.code) ?? 0) + 1;
    this.passedOn.set(loss.code, passedOn);
    if (passedOn <= MOST_PLACES) {
      this.report(loss);
      return;
    }
    const sum = this.further.get(loss.code) ?? { places: 0, count: 0 };
    this.further.set(loss.code, { places: sum.places + 1, count: sum.count + (loss.count ?? 0) });
  }

  finish(): void {
    for (const [code, { places, count }] of this.further)
      this.report({ code, where: `${this.name}, ${places} further places`, ...(count > 0 && { count }) });
  }
}
