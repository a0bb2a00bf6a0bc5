// Names of Java's classes and methods as people say them: without the package, and a lock without the class of its queue. In base, as sentences and
// tables both tell them.

/** 'ReentrantLock' of 'java.util.concurrent.locks.ReentrantLock$NonfairSync', 'LockLab$Slow' of itself. */
export function shortClass(type: string): string {
  return type.replace(/^.*\.(?=[^.]*$)/, '').replace(/\$(?:Nonf|F)airSync$/, '');
}

/** What all names of threads begin with where they differ in a number behind it, 'http-' of 'http-1' and 'http-27'; undefined where they don't. */
export function poolName(names: readonly string[]): string | undefined {
  const stems = new Set(names.map((name) => name.replace(/\d+$/, '')));
  const [stem] = stems;
  return stems.size === 1 && stem !== '' && stem !== names[0] ? stem : undefined;
}

/** 'RandomAccessFile.write' of 'java.io.RandomAccessFile.write(RandomAccessFile.java:545)'. */
export function shortMethod(frame: string): string {
  return frame.replace(/\(.*$/, '').replace(/^.*\.(?=[^.]*\.[^.]*$)/, '');
}

/** What begins with a package of the JDK. */
export const OF_JDK = /^(?:java|javax|jdk|sun|com\.sun)\./;

/** The innermost frames of a thread in Object.wait: what it waits on it has let go meanwhile. */
export const OBJECT_WAIT = /^java\.lang\.Object\.wait(?:0|Impl)?\(/;

/** Whether a thread with this innermost frame is parked: what is 'waiting on' or 'waiting to lock' in some formats is what it is parked on then. */
export function isParkedAt(top = ''): boolean {
  return /\bUnsafe\.park\(|^java\.lang\.VirtualThread\.park(?:Nanos)?\(/.test(top);
}
