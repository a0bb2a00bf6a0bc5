// A Java service for drills: threads that need one lock for each request, and a thread that writes a snapshot under it, from the bottom of a stack of any
// depth, or asks somebody under it; or two threads that take it and another one in opposite orders, beside the snapshot. The program is compiled where it is
// run, as nothing of it is there otherwise.

import { spawnSync } from 'node:child_process';
import { writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../base/errors.js';
import { inFolder } from '../base/hold-path.js';

export interface ServerPlan {
  /** What the snapshot is written into, again and again. */
  readonly file: string;
  readonly snapshotBytes: number;
  readonly blockBytes: number;
  /** Frames between where the lock is taken and the write. */
  readonly depth: number;
  readonly requestThreads: number;
  /** Between two snapshots, ms. */
  readonly restMs: number;
  readonly lock: 'monitor' | 'reentrant';
  /** Under the lock a thread asks whoever listens at this port of this machine and waits for the answer; the snapshot is written without it. */
  readonly askPort?: number;
  /** Two threads take the lock and another one in opposite orders; the snapshot is written without it. */
  readonly deadlocks?: true;
}

const NAME = 'SnapshotServer';

/** It says and hears what a workload does. */
const SOURCE = `
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

public class ${NAME} {
  static final class SnapshotLock { final ReentrantLock reentrant = new ReentrantLock(); }
  interface Work { void run() throws Exception; }

  static final SnapshotLock lock = new SnapshotLock(), another = new SnapshotLock();
  static final AtomicLong operations = new AtomicLong(), bytes = new AtomicLong();
  static volatile boolean over;
  static boolean isMonitor;

  static void locked(SnapshotLock lock, Work work) throws Exception {
    if (isMonitor) synchronized (lock) { work.run(); return; }
    lock.reentrant.lock();
    try { work.run(); } finally { lock.reentrant.unlock(); }
  }

  static void both(SnapshotLock first, SnapshotLock second) throws Exception {
    locked(first, () -> { Thread.sleep(200); locked(second, () -> {}); });
  }

  static void ask(int port) throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      // With a time limit it waits in poll, and in read without.
      socket.setSoTimeout(60000);
      socket.getOutputStream().write(1);
      socket.getInputStream().read();
    }
  }

  static void deeper(int depth, Work work) throws Exception {
    if (depth == 0) work.run(); else deeper(depth - 1, work);
  }

  static void write(String file, long size, int blockSize) throws Exception {
    byte[] block = new byte[blockSize];
    try (RandomAccessFile out = new RandomAccessFile(file, "rw")) {
      for (long at = 0; at < size && !over; at += blockSize) { out.write(block); bytes.addAndGet(blockSize); }
    }
  }

  static void forever(String name, long restMs, Work work) {
    Thread thread = new Thread(null, () -> {
      try { while (!over) { work.run(); Thread.sleep(restMs); } } catch (Exception e) { throw new RuntimeException(e); }
    }, name, 8 << 20);
    thread.setDaemon(true);
    thread.start();
  }

  public static void main(String[] words) throws Exception {
    String file = words[0];
    long size = Long.parseLong(words[1]);
    int block = Integer.parseInt(words[2]), depth = Integer.parseInt(words[3]);
    isMonitor = words[6].equals("monitor");
    System.out.println("ready");
    System.in.read();
    long restMs = Long.parseLong(words[5]);
    int port = Integer.parseInt(words[7]);
    boolean deadlocks = words[8].equals("true");
    Work snapshot = () -> deeper(depth, () -> write(file, size, block));
    forever("snapshot-writer", restMs, port > 0 || deadlocks ? snapshot : () -> locked(lock, snapshot));
    if (port > 0) forever("price-reader", restMs, () -> locked(lock, () -> ask(port)));
    if (deadlocks) {
      forever("transfer-out", restMs, () -> both(lock, another));
      forever("transfer-in", restMs, () -> both(another, lock));
    }
    for (int n = 1; n <= Integer.parseInt(words[4]); n++)
      forever("http-" + n, 4, () -> locked(lock, () -> operations.incrementAndGet()));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      over = true;
      System.out.println("{\\"operations\\":" + operations + ",\\"bytes\\":" + bytes + ",\\"failures\\":0}");
    }));
    while (System.in.read() >= 0) {}
  }
}
`;

/** Compiles it in a folder that the one who runs it can read; the command that starts it is returned. Throws a UserError where there is no JDK. */
export function serverCommand(folder: string, plan: ServerPlan): [string, ...string[]] {
  const source = join(folder, `${NAME}.java`);
  inFolder(folder, (held) => {
    const descriptor = held.createSync(`${NAME}.java`);
    writeSync(descriptor, SOURCE);
    closeSync(descriptor);
  });
  const { status, error, stderr } = spawnSync('javac', ['-d', folder, source], { encoding: 'utf8' });
  if (status !== 0)
    throw new UserError(
      `The drill is written in Java and javac does not compile it (${error?.message ?? stderr.trim()}): install a JDK (apt-get install default-jdk-headless).`,
    );
  const { file, snapshotBytes, blockBytes, depth, requestThreads, restMs, lock, askPort = 0, deadlocks = false } = plan;
  const words = [file, snapshotBytes, blockBytes, depth, requestThreads, restMs, lock, askPort, deadlocks].map(String);
  return ['java', '-XX:+UseSerialGC', '-Xmx96m', '-XX:TieredStopAtLevel=1', '-cp', folder, NAME, ...words];
}
