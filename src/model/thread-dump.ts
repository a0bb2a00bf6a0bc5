// A JVM's threads as one dump shows them, whatever its format: what decoders of dumps make and what the judging of locks reads. It holds what
// the dump says and nothing that is concluded from it.

/** What stands for a class of which the dump says only that it is being initialised. */
export const UNNAMED_CLASS = 'a class';

/** java.lang.Thread.State. */
export type JavaState = 'NEW' | 'RUNNABLE' | 'BLOCKED' | 'WAITING' | 'TIMED_WAITING' | 'TERMINATED';

/** A lock as the dump names it: an object's address ('0xfa18e2f0') or its class and identity hash ('java.lang.Object@2c46f2a5'). */
export interface DumpedLock {
  readonly id: string;
  /** The object's class, 'java.util.concurrent.locks.ReentrantLock$NonfairSync'; empty where the dump does not tell. */
  readonly type: string;
}

/**
 * What a line at a frame says of an object: its monitor is held (`holds`), waited for (`wants`) or waited for after Object.wait (`rewants`); the
 * thread waits in Object.wait (`waits`), is parked on it (`parks`), or waits until another has initialised the class (`initialises`).
 */
export type LockUse = 'holds' | 'wants' | 'rewants' | 'waits' | 'parks' | 'initialises';

export interface LockNote extends DumpedLock {
  readonly use: LockUse;
  /** The frame that it belongs to, 0 at the top. */
  readonly frame: number;
}

/** Whom the dump itself names as the owner of what a thread waits for. */
export interface NamedOwner {
  readonly name: string;
  /** Thread.getId(), where the dump gives it. */
  readonly javaId?: number;
}

export interface DumpedThread {
  readonly name: string;
  /** Thread.getId(), '#12'. */
  readonly javaId?: number;
  /** The kernel's number of the thread, in the JVM's own pid namespace. */
  readonly nativeId?: number;
  readonly virtual: boolean;
  readonly state?: JavaState;
  /** Innermost first, 'java.io.RandomAccessFile.write(RandomAccessFile.java:545)', without modules and loaders. */
  readonly frames: readonly string[];
  readonly notes: readonly LockNote[];
  /** Synchronizers of java.util.concurrent that it owns exclusively; absent where the dump lists none of any thread. */
  readonly synchronizers?: readonly DumpedLock[];
  /** Who owns what it waits for. */
  readonly ownedBy?: NamedOwner;
  /** The dump says that more frames follow. */
  readonly elided: boolean;
  /** The stack's reader failed. */
  readonly broken: boolean;
}

/** One edge of the deadlocks that the JVM itself reports. */
export interface ReportedWait {
  readonly waiter: string;
  readonly lock: DumpedLock;
  readonly owner: string;
}

export type DumpFormat =
  'hotspot' | 'jhsdb' | 'thread-info' | 'dump-to-file' | 'dump-to-file-json' | 'javacore' | 'heap';

/** Who holds a monitor, where a dump shows no monitors and it had to be concluded from what it does show. */
export interface ConcludedOwner {
  readonly thread?: DumpedThread;
  /** Words that follow 'because'. */
  readonly because: string;
  /** Threads of which it may be one, where it is not known. */
  readonly candidates: readonly DumpedThread[];
}

export interface ThreadDump {
  readonly format: DumpFormat;
  /** As the dump has it, '2026-11-29 20:35:13'; its time zone is not told. */
  readonly takenAt?: string;
  /** 'OpenJDK 64-Bit Server VM (17.0.15+6 mixed mode, sharing)'. */
  readonly vm?: string;
  readonly threads: readonly DumpedThread[];
  readonly reported: readonly ReportedWait[];
  /** By the monitor's id; of heap dumps alone. */
  readonly concluded?: ReadonlyMap<string, ConcludedOwner>;
  /** The line that ends a dump was there, or the blank one that ends a stack. */
  readonly ended: boolean;
  /** What stands at the end of every whole dump of its format is missing. */
  readonly isOpen?: boolean;
  /** Frames and threads that were passed over because a bound was reached. */
  readonly refused: number;
}

/** Whether all threads were looked at in one instant; if not, two lines of a dump need not have been true together. */
export function isOneInstant({ format }: Pick<ThreadDump, 'format'>): boolean {
  return format === 'hotspot' || format === 'jhsdb' || format === 'javacore' || format === 'heap';
}
