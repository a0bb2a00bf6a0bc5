import java.io.FileOutputStream;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

// A service whose threads need a lock for each request, and a thread that writes a snapshot under it, buffered, and makes it durable:
// `Convoy FILE MEGABYTES REQUEST_THREADS REST_MS LOCK`, LOCK one of reentrant, synchronized, readwrite, none.
public class Convoy {
  static final Object monitor = new Object();
  static final ReentrantLock reentrant = new ReentrantLock();
  static final ReentrantReadWriteLock readWrite = new ReentrantReadWriteLock();
  static long requests;

  interface Work { void run() throws Exception; }

  static void locked(String kind, boolean exclusive, Work work) throws Exception {
    switch (kind) {
      case "synchronized": synchronized (monitor) { work.run(); } return;
      case "none": work.run(); return;
      default:
    }
    Lock lock = kind.equals("reentrant") ? reentrant : exclusive ? readWrite.writeLock() : readWrite.readLock();
    lock.lock();
    try { work.run(); } finally { lock.unlock(); }
  }

  static void snapshot(String file, int megabytes) throws Exception {
    byte[] block = new byte[1 << 16];
    try (FileOutputStream out = new FileOutputStream(file)) {
      for (int n = 0; n < megabytes * 16; n++) out.write(block);
      out.getFD().sync();
    }
  }

  static void forever(String name, Work work) {
    new Thread(() -> {
      try { while (true) work.run(); } catch (Exception e) { throw new RuntimeException(e); }
    }, name).start();
  }

  public static void main(String[] words) {
    String file = words[0], kind = words[4];
    int megabytes = Integer.parseInt(words[1]), rest = Integer.parseInt(words[3]);
    for (int n = 0; n < Integer.parseInt(words[2]); n++)
      forever("request-" + n, () -> { locked(kind, false, () -> requests++); Thread.sleep(4); });
    forever("snapshot", () -> { locked(kind, true, () -> snapshot(file, megabytes)); Thread.sleep(rest); });
  }
}
