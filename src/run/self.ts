// iowitness, started anew behind everything else on the machine, for work that must not hold up the process that wants its answer.

import { spawn, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';

/** Of what it prints; the rest is left out, so that a JSON document of more is none. */
const MOST_BYTES = 64 * 1024 * 1024;

export interface Started {
  readonly child: ChildProcess;
  /** What it printed. Rejects with its last complaint where it could not do what it was asked. */
  readonly printed: Promise<string>;
}

/** `self` is what starts iowitness: the program and its first arguments. */
export function startSelf(self: readonly string[], args: readonly string[], nice: number): Started {
  const [program = '', ...first] = self;
  const child = spawn(program, [...first, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.pid !== undefined) setPriority(child.pid, nice);
  const printed = new Promise<string>((settle, reject) => {
    let text = '';
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      if (text.length < MOST_BYTES) text += part;
    });
    child.stderr.setEncoding('utf8').on('data', (part: string) => (complaint = part));
    child.on('error', reject);
    child.on('close', (status) => {
      // 1 is a stall, 3 no verdict: both are answers.
      if (status === 0 || status === 1 || status === 3) settle(text);
      else reject(new Error(complaint.trim().split('\n').at(-1) ?? 'it ended'));
    });
  });
  return { child, printed };
}
