// What a flight recording (JFR) holds of a JVM's waits and of what its threads did: the events that `jfr` reads, as decoders hand them on and as judging takes
// them. What the file does not tell is absent.

export interface FlightThread {
  readonly name: string;
  /** Thread.getId(). */
  readonly javaId?: number;
  /** The kernel's number of the thread, in the JVM's own pid namespace. */
  readonly nativeId?: number;
  readonly virtual: boolean;
}

/**
 * `enter`: waited for a monitor; `wait`: Object.wait; `park`: LockSupport.park; `sample`, `native-sample`: found running Java or in a native method;
 * `safepoint`, `gc-pause`: all Java threads stood still; `loss`: the JVM dropped events; `setting`: how an event was recorded; `jvm`: which JVM it is.
 */
export type FlightKind =
  | 'enter'
  | 'wait'
  | 'park'
  | 'sleep'
  | 'file-write'
  | 'file-read'
  | 'file-force'
  | 'socket-write'
  | 'socket-read'
  | 'sample'
  | 'native-sample'
  | 'safepoint'
  | 'gc-pause'
  | 'loss'
  | 'setting'
  | 'jvm';

/** One event. It is the same object each time, so that it has to be asked while it is handed on. */
export interface FlightEvent {
  readonly kind: FlightKind;
  /** ns since 1970 of its beginning, in two parts: those of its chunk's beginning, and those since then. */
  readonly chunkNs: bigint;
  readonly sinceNs: number;
  /** 0 where it has none. */
  readonly durationNs: number;
  /** Whom it happened to, or who was found; undefined where the file does not tell. */
  readonly thread: FlightThread | undefined;
  /** Frames, innermost first, 'LockLab.write(line 9)'; undefined where none was taken. */
  readonly stack: readonly string[] | undefined;
  /** Of the monitor, or of what it is parked on, 'java.lang.Object'. */
  readonly className: string | undefined;
  /** Who had the monitor before, or who notified. */
  readonly other: FlightThread | undefined;
  /** Of the JVM's structure for the monitor, or of the object that it is parked on; 0x0 where there was none. */
  readonly address: number;
  /** Bytes that were written or read, or were lost. */
  readonly amount: number;
  /** A file's path, a socket's host, a setting's name, a JVM's version. */
  readonly text: string | undefined;
  readonly port: number;
  /** Of a setting: the event's name, and the value. */
  readonly ofEvent: string | undefined;
  readonly value: string | undefined;
  /** Of a JVM: its process's number in its own namespace. */
  readonly pid: number;
}

/** What became of one chunk. */
export interface FlightChunk {
  /** Where in its file it begins, and how many bytes of it there are. */
  readonly at: number;
  readonly bytes: number;
  /** How many of these hold events that were walked over. */
  readonly walked: number;
  readonly events: number;
  readonly startNs: bigint;
  /**
   * `live`: it is still written; `cut`: the file ends in it; `damaged`: an event is none; `undescribed`: what describes its events is missing;
   * `version`: of a version that is not read; `raw`: of a version that is, with numbers of full width, which none is known to have.
   */
  readonly fault?: 'live' | 'cut' | 'damaged' | 'undescribed' | 'version' | 'raw';
  /** 2 where it is read. */
  readonly version: number;
  /** Checkpoints and events of known types that do not end where they should. */
  readonly broken: number;
  /** Values of pools that were passed over because a bound was reached. */
  readonly refused: number;
}
