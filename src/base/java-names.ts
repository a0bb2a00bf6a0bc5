// Names of Java's classes and methods as people say them: without the package, and a lock without the class of its queue. In base, as sentences and
// tables both tell them.

/** 'ReentrantLock' of 'java.util.concurrent.locks.ReentrantLock$NonfairSync', 'LockLab$Slow' of itself. */
export function shortClass(type: string): string {
  return type.replace(/^.*\.(?=[^.]*$)/, '').replace(/\$(?:Nonf|F)airSync$/, '');
}

/** 'RandomAccessFile.write' of 'java.io.RandomAccessFile.write(RandomAccessFile.java:545)'. */
export function shortMethod(frame: string): string {
  return frame.replace(/\(.*$/, '').replace(/^.*\.(?=[^.]*\.[^.]*$)/, '');
}
