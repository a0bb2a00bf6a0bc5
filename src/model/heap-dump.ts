// A JVM's heap dump, as far as it tells of threads and locks: what the reader of HPROF makes and what the judging of monitors reads. It holds what the
// dump says; that an object in a frame's variable is a lock, and whose, is concluded elsewhere.

import type { DumpedThread } from './thread-dump.js';

export interface HeapObject {
  /** Its address, '0xfc0df008', as thread dumps have it. */
  readonly id: string;
  /** 'java.lang.Object', 'byte[]'; empty where the object itself could not be read. */
  readonly type: string;
  /** Of a class object: the class that it stands for. */
  readonly represents?: string;
}

export interface HeapThread {
  /** Without notes of monitors, which a heap dump does not have. */
  readonly thread: DumpedThread;
  /** The method of each frame with its descriptor, 'LockLab.block(Ljava/lang/Runnable;)V'. */
  readonly methods: readonly string[];
  /**
   * By frame: all objects in its variables, in the order of their slots. Of a blocked thread's innermost frame, and of frames of which one is an object
   * that some blocked thread has in its innermost one.
   */
  readonly references: ReadonlyMap<number, readonly HeapObject[]>;
  /** The class object of the innermost frame's class. Told of blocked threads. */
  readonly topClass?: HeapObject;
  /** A field of the innermost frame's class, or of its first object, leads to its last object. Told of blocked threads. */
  readonly lastIsField: boolean;
  /** The object that it waits for in Object.wait; absent where it is in no such wait, or the dump does not tell. */
  readonly waitsOn?: HeapObject;
  /** It is in Object.wait. */
  readonly inWait: boolean;
}

/** What was read of the file. */
export interface HeapCoverage {
  /** Bytes of the file, and of what it inflates to where it is compressed. */
  readonly size: number;
  readonly inflated: number | null;
  /** Bytes of the dump that were read. */
  readonly read: number;
  /** `sparse`: only what was needed; `full`: every object was passed. */
  readonly mode: 'sparse' | 'full';
  /** Bytes of the dump from its beginning that could be made sense of. */
  readonly covered: number;
  /** The dump's end is there. */
  readonly ended: boolean;
  /** Every thread with a stack has its references: without them nothing is inferred of monitors. */
  readonly rootsWhole: boolean;
  /** Sentences on what is damaged. */
  readonly damage: readonly string[];
}

export interface HeapDump {
  readonly takenAt?: string;
  readonly threads: readonly HeapThread[];
  /** Class → itself, its superclass and so on. What may be an interface stands alone, as it does not descend from java.lang.Object. */
  readonly lineage: ReadonlyMap<string, readonly string[]>;
  /** Parked threads of which what they are parked on could not be read. */
  readonly lostBlockers: number;
  readonly coverage: HeapCoverage;
}
