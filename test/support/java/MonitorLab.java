// Monitors that a heap dump shows in different ways: for each a thread `holds-KIND` and two threads `waits-KIND-N`. `main` keeps all the objects in its
// variables and holds none. With `virtual`, a virtual thread that is not mounted holds a lock and, where that JDK lets it, a monitor. Prints `ready`
// once all wait, and ends when its standard input does.

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

public class MonitorLab {
  static final List<Thread> WAITING = new ArrayList<>();
  static CountDownLatch held;
  static Runnable holding;
  final Object lock = new Object();

  void field(Runnable inside, String text) {
    synchronized (lock) {
      inside.run();
    }
  }

  synchronized void bare() {
    holding.run();
  }

  void own(Runnable inside) {
    synchronized (this) {
      inside.run();
    }
  }

  static void argument(Object object, Runnable inside) {
    synchronized (object) {
      inside.run();
    }
  }

  static synchronized void still(Runnable inside) {
    inside.run();
  }

  static void mirror(Runnable inside) {
    synchronized (MonitorLab.class) {
      inside.run();
    }
  }

  static void hold() {
    held.countDown();
    for (;;) LockSupport.park();
  }

  static Thread start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Called through reflection, so that it compiles for Java 8. */
  static void startVirtual(String name, Runnable work) throws Exception {
    Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
    Class<?> type = Class.forName("java.lang.Thread$Builder");
    type.getMethod("name", String.class).invoke(builder, name);
    type.getMethod("start", Runnable.class).invoke(builder, work);
  }

  static void waiting(String kind, Runnable work) {
    for (int at = 0; at < 2; at++) WAITING.add(start("waits-" + kind + "-" + at, work));
  }

  static void virtual() throws Exception {
    ReentrantLock lock = new ReentrantLock();
    Object object = new Object();
    held = new CountDownLatch(2);
    startVirtual("holds-virtual", () -> { lock.lock(); hold(); });
    startVirtual("holds-monitor", () -> { synchronized (object) { hold(); } });
    held.await();
    waiting("virtual", lock::lock);
    waiting("monitor", () -> argument(object, () -> {}));
    startVirtual("waits-virtually", () -> argument(object, () -> {}));
  }

  public static void main(String[] args) throws Exception {
    MonitorLab field = new MonitorLab();
    MonitorLab bare = new MonitorLab();
    MonitorLab own = new MonitorLab();
    Object object = new Object();
    Runnable nothing = () -> {};
    if (args.length > 0 && args[0].equals("virtual")) virtual();
    else {
      holding = MonitorLab::hold;
      held = new CountDownLatch(5);
      start("holds-field", () -> field.field(holding, "x"));
      start("holds-bare", bare::bare);
      start("holds-own", () -> own.own(holding));
      start("holds-argument", () -> argument(object, holding));
      start("holds-still", () -> still(holding));
      held.await();
      waiting("field", () -> field.field(nothing, null));
      waiting("bare", bare::bare);
      waiting("own", () -> own.own(nothing));
      waiting("argument", () -> argument(object, nothing));
      waiting("still", () -> still(nothing));
      waiting("mirror", () -> mirror(nothing));
    }
    for (Thread thread : WAITING) {
      while (thread.getState() != Thread.State.BLOCKED && thread.getState() != Thread.State.WAITING) Thread.sleep(1);
    }
    System.out.println("ready");
    while (System.in.read() >= 0) {}
    System.out.println(field + " " + bare + " " + own + " " + object);
  }
}
