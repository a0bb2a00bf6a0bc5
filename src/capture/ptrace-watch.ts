// Who has attached to the watched processes by ptrace(2): strace and gdb stop a process in which no signal and no cgroup is seen.
// /proc/PID/status tells it (TracerPid, proc(5)), for 15 to 30 µs a look; only what changes goes on the tape, with the tracer's name,
// because a tracer that came late and moves no bytes is in no other reading.

import { errnoOf } from '../base/errors.js';
import { SOURCE, type Attached } from '../model/recording.js';
import type { Sink } from '../model/sink.js';
import type { OpenFiles } from './files.js';

export class PtraceWatch {
  private readonly sink: Sink;
  private readonly files: OpenFiles;
  private readonly tracers = new Map<number, number>();

  constructor(sink: Sink, files: OpenFiles) {
    this.sink = sink;
    this.files = files;
  }

  /** Looks at each of these processes; to be called once a second. */
  look(pids: readonly number[], nowNs: bigint): void {
    for (const pid of this.tracers.keys()) if (!pids.includes(pid)) this.tracers.delete(pid);
    for (const pid of pids) {
      const tracer = Number(/^TracerPid:\s*(\d+)/m.exec(this.read(`/proc/${pid}/status`))?.[1] ?? 0);
      if (tracer === (this.tracers.get(pid) ?? 0)) continue;
      this.tracers.set(pid, tracer);
      const comm = tracer > 0 ? this.read(`/proc/${tracer}/comm`).trim() : '';
      const attached: Attached = { pid, tracer, comm };
      this.sink.reading(SOURCE.ptrace, JSON.stringify(attached), nowNs);
    }
  }

  private read(path: string): string {
    try {
      return this.files.readOnce(path).toString('utf8');
    } catch (error) {
      // A process may end at any time.
      if (errnoOf(error) === undefined) throw error;
      return '';
    }
  }
}
