// A convoy of virtual threads: `snapshot-writer` took a lock DEPTH frames ago and writes into the file that is named, and COUNT virtual threads `http-N` wait for it. KIND is `monitor`,
// `reentrant` or `platform-monitor`, `platform-reentrant`, where the writer is no virtual thread. The file is a pipe without a reader, so that the writer stays in write(2), or with `slow`
// a file that is forced again and again until standard input ends. Prints `ready` once all wait, and ends when its standard input does.

import java.io.RandomAccessFile;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;

public class VirtualLab {
  static final class SnapshotLock extends ReentrantLock {}

  static final Object MONITOR = new VirtualLab();
  static final SnapshotLock REENTRANT = new SnapshotLock();
  static final CountDownLatch HELD = new CountDownLatch(1);
  static boolean isMonitor;
  static volatile boolean ends;
  static RandomAccessFile file;

  static void locked(Runnable inside) {
    if (isMonitor) {
      synchronized (MONITOR) {
        inside.run();
      }
      return;
    }
    REENTRANT.lock();
    try {
      inside.run();
    } finally {
      REENTRANT.unlock();
    }
  }

  static int persist(int frames) {
    if (frames > 0) return 1 + persist(frames - 1);
    HELD.countDown();
    try {
      byte[] piece = new byte[8192];
      while (!ends) file.write(piece);
      return 0;
    } catch (java.io.IOException error) {
      throw new RuntimeException(error);
    }
  }

  /** Called through reflection, so that it compiles for Java 8. */
  static Thread startVirtual(String name, Runnable work) throws Exception {
    Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
    Class<?> type = Class.forName("java.lang.Thread$Builder");
    type.getMethod("name", String.class).invoke(builder, name);
    return (Thread) type.getMethod("start", Runnable.class).invoke(builder, work);
  }

  public static void main(String[] args) throws Exception {
    isMonitor = args[0].endsWith("monitor");
    int count = Integer.parseInt(args[1]);
    int depth = Integer.parseInt(args[2]);
    file = new RandomAccessFile(args[3], "rw");
    Runnable writes = () -> locked(() -> persist(depth));
    if (args[0].startsWith("platform")) new Thread(writes, "snapshot-writer").start();
    else startVirtual("snapshot-writer", writes);
    HELD.await();
    List<Thread> waiting = new ArrayList<>();
    for (int at = 0; at < count; at++) waiting.add(startVirtual("http-" + at, () -> locked(() -> {})));
    for (Thread thread : waiting) {
      while (thread.getState() != Thread.State.BLOCKED && thread.getState() != Thread.State.WAITING) Thread.sleep(1);
    }
    System.out.println("ready");
    while (System.in.read() >= 0) {}
    ends = true;
    for (Thread thread : waiting) thread.join();
  }
}
