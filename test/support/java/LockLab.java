// A program whose locks are known: for each kind of lock a thread `holds-KIND` that took it DEPTH frames ago, and two threads `waits-KIND-N`
// that wait for it. Every holder writes into the file that is named, which is a pipe without a reader, so that it stays in write(2). Prints
// `ready` once all of that is so, and ends when its standard input does.

import java.io.RandomAccessFile;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.concurrent.locks.StampedLock;

public class LockLab {
  static final Object BLOCK = new Object();
  static final LockLab METHOD = new LockLab();
  static final ReentrantLock REENTRANT = new ReentrantLock();
  static final ReentrantReadWriteLock WRITE = new ReentrantReadWriteLock();
  static final ReentrantReadWriteLock READ = new ReentrantReadWriteLock();
  static final StampedLock STAMPED = new StampedLock();
  static final CountDownLatch HELD = new CountDownLatch(6);
  static int depth;
  static RandomAccessFile file;

  synchronized void locked(Runnable inside) {
    inside.run();
  }

  static void block(Runnable inside) {
    synchronized (BLOCK) {
      inside.run();
    }
  }

  static void reentrant(Runnable inside) {
    REENTRANT.lock();
    try {
      inside.run();
    } finally {
      REENTRANT.unlock();
    }
  }

  static void write(Runnable inside) {
    WRITE.writeLock().lock();
    try {
      inside.run();
    } finally {
      WRITE.writeLock().unlock();
    }
  }

  static void read(Runnable inside) {
    READ.readLock().lock();
    try {
      inside.run();
    } finally {
      READ.readLock().unlock();
    }
  }

  static void stamped(Runnable inside) {
    long stamp = STAMPED.writeLock();
    try {
      inside.run();
    } finally {
      STAMPED.unlockWrite(stamp);
    }
  }

  static int deep(int frames) {
    if (frames > 0) return 1 + deep(frames - 1);
    HELD.countDown();
    try {
      byte[] piece = new byte[8192];
      for (;;) file.write(piece);
    } catch (java.io.IOException error) {
      throw new RuntimeException(error);
    }
  }

  static Thread start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  public static void main(String[] args) throws Exception {
    depth = Integer.parseInt(args[0]);
    file = new RandomAccessFile(args[1], "rw");
    Runnable holding = () -> deep(depth);
    Runnable nothing = () -> {};
    start("holds-block", () -> block(holding));
    start("holds-method", () -> METHOD.locked(holding));
    start("holds-reentrant", () -> reentrant(holding));
    start("holds-write", () -> write(holding));
    start("holds-read", () -> read(holding));
    start("holds-stamped", () -> stamped(holding));
    HELD.await();
    List<Thread> waiting = new ArrayList<>();
    for (int at = 0; at < 2; at++) {
      waiting.add(start("waits-block-" + at, () -> block(nothing)));
      waiting.add(start("waits-method-" + at, () -> METHOD.locked(nothing)));
      waiting.add(start("waits-reentrant-" + at, () -> reentrant(nothing)));
      waiting.add(start("waits-write-" + at, () -> write(nothing)));
      waiting.add(start("waits-read-" + at, () -> { READ.writeLock().lock(); }));
      waiting.add(start("waits-stamped-" + at, () -> stamped(nothing)));
    }
    start("idle \"quoted\" #5 prio=5", LockSupport::park);
    start("idle\nin two lines", LockSupport::park);
    for (Thread thread : waiting) {
      while (thread.getState() != Thread.State.BLOCKED && thread.getState() != Thread.State.WAITING) Thread.sleep(1);
    }
    System.out.println("ready");
    while (System.in.read() >= 0) {}
  }
}
