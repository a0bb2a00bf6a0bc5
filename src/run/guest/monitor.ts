// qemu's monitor (QMP): a line of JSON for a command, a line for its answer, events in between. One command at a time.
// Source: docs/interop/qmp-spec.txt of qemu.

import type { Socket } from 'node:net';
import * as v from 'valibot';
import { UserError } from '../../base/errors.js';
import { connectTo, linesOf } from './lines.js';

const Answer = v.union([
  v.object({ return: v.unknown() }),
  v.object({ error: v.object({ class: v.string(), desc: v.string() }) }),
]);

export class Monitor {
  private readonly socket: Socket;
  private readonly lines: AsyncGenerator<string, undefined>;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.lines = linesOf(socket);
  }

  /** Connects to a monitor that is there, or comes to be in a moment. */
  static async at(path: string): Promise<Monitor> {
    const monitor = new Monitor(await connectTo(path));
    await monitor.lines.next();
    await monitor.command('qmp_capabilities');
    return monitor;
  }

  /** Has qemu do something. Throws a UserError with what it says against it. */
  async command(execute: string, args: Readonly<Record<string, unknown>> = {}): Promise<void> {
    this.socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done === true) throw new UserError(`qemu ended before it had done ${execute}: see the guest’s console.`);
      const answer = v.safeParse(Answer, JSON.parse(value));
      if (!answer.success) continue;
      if ('error' in answer.output) throw new UserError(`qemu refuses ${execute}: ${answer.output.error.desc}.`);
      return;
    }
  }

  close(): void {
    this.socket.destroy();
  }
}
