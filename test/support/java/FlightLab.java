import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes a snapshot under a lock for which others wait: FlightLab DEPTH FILE MEGABYTES. "snapshot-writer" takes a monitor and a ReentrantLock, goes as many
 * calls deep and writes; http-0 to http-3 wait for the monitor, park-0 and park-1 for the lock, and news waits in Object.wait. Prints "ready" when all wait, and
 * ends when the snapshot is written and everybody is through.
 */
public class FlightLab {
    static class SnapshotLock {}

    static final SnapshotLock LOCK = new SnapshotLock();
    static final Object NEWS = new Object();
    static final ReentrantLock QUEUE = new ReentrantLock();
    static volatile boolean holds;
    static volatile boolean go;

    static void persist(int depth, String file, int megabytes) throws Exception {
        if (depth > 0) {
            persist(depth - 1, file, megabytes);
            return;
        }
        holds = true;
        while (!go) Thread.sleep(5);
        byte[] block = new byte[1 << 20];
        try (RandomAccessFile out = new RandomAccessFile(new File(file), "rw")) {
            for (int written = 0; written < megabytes; written++) {
                out.write(block);
                out.getChannel().force(false);
            }
            out.seek(0);
            out.read(block);
        }
    }

    static void talk() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread answers = new Thread(() -> {
                try (Socket socket = server.accept()) {
                    InputStream in = socket.getInputStream();
                    int read = in.read();
                    Thread.sleep(30);
                    socket.getOutputStream().write(read);
                } catch (Exception e) {
                    throw new RuntimeException(e);
                }
            }, "answers");
            answers.start();
            try (Socket socket = new Socket(server.getInetAddress(), server.getLocalPort())) {
                OutputStream out = socket.getOutputStream();
                out.write(7);
                socket.getInputStream().read();
            }
        }
    }

    static Thread start(String name, Runnable work, long stack) {
        Thread thread = new Thread(null, work, name, stack);
        thread.start();
        return thread;
    }

    public static void main(String[] args) throws Exception {
        int depth = Integer.parseInt(args[0]);
        Thread writer = start("snapshot-writer", () -> {
            QUEUE.lock();
            try {
                synchronized (LOCK) {
                    persist(depth, args[1], Integer.parseInt(args[2]));
                }
            } catch (Exception e) {
                throw new RuntimeException(e);
            } finally {
                QUEUE.unlock();
            }
        }, 64L << 20);
        while (!holds) Thread.sleep(5);
        Thread[] waiters = new Thread[6];
        for (int number = 0; number < 4; number++)
            waiters[number] = start("http-" + number, () -> {
                synchronized (LOCK) {
                    holds = false;
                }
            }, 0);
        for (int number = 0; number < 2; number++)
            waiters[4 + number] = start("park-" + number, () -> {
                QUEUE.lock();
                QUEUE.unlock();
            }, 0);
        Thread news = start("news \u00e9\u4e2d", () -> {
            synchronized (NEWS) {
                try {
                    NEWS.wait();
                } catch (InterruptedException e) {
                    throw new RuntimeException(e);
                }
            }
        }, 0);
        for (Thread waiter : waiters)
            while (waiter.getState() != Thread.State.BLOCKED && waiter.getState() != Thread.State.WAITING) Thread.sleep(5);
        while (news.getState() != Thread.State.WAITING) Thread.sleep(5);
        System.out.println("ready");
        System.out.flush();
        go = true;
        writer.join();
        talk();
        synchronized (NEWS) {
            NEWS.notifyAll();
        }
        for (Thread waiter : waiters) waiter.join();
        news.join();
        System.gc();
    }
}
