// A process of its own that serves at an address, from both sides: how it is started, and how it begins. It stands behind everything else on this
// machine, says first whether it serves, keeps nobody alive, and ends with the one that started it.

import { fork, type ChildProcess } from 'node:child_process';
import type { Server } from 'node:http';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { messageOf, UserError } from '../base/errors.js';
import { endWithStarter, goFirst } from './helper-process.js';
import { portOf, type Address } from './serve.js';

const NICE = 10;

/** What it says first. */
export type Begun =
  { readonly kind: 'serving'; readonly address: Address } | { readonly kind: 'refused'; readonly why: string };

export interface ServingStart {
  readonly program: URL;
  /** The message that it begins with. */
  readonly start: object;
  /** It alone ends where it needs more memory. */
  readonly heapMiB: number;
  /** The sentence for an address that can't be had. */
  readonly refusal: (why: string) => string;
}

/** Settles when it serves. Throws a UserError where the address can't be had. */
export async function startServing({
  program,
  start,
  heapMiB,
  refusal,
}: ServingStart): Promise<{ readonly child: ChildProcess; readonly address: Address }> {
  const child = fork(fileURLToPath(program), [], {
    serialization: 'advanced',
    // It collects garbage on its one thread, behind everything else.
    execArgv: [`--max-old-space-size=${heapMiB}`, '--single-threaded-gc'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const first = await new Promise<Begun | undefined>((settle) => {
    child.once('message', settle);
    child.once('error', () => settle(undefined));
    child.once('exit', () => settle(undefined));
    child.send(start);
  });
  if (first?.kind !== 'serving') {
    child.kill('SIGKILL');
    throw new UserError(refusal(first?.why ?? 'its process could not be started'));
  }
  child.on('error', () => {});
  child.unref();
  child.channel?.unref();
  return { child, address: first.address };
}

/** A process that serves, as who started it tells it what is seen each second: what comes before it has taken the last of it is left out. */
export class ServedSeconds {
  private readonly child: ChildProcess;
  private isWaiting = false;

  constructor(child: ChildProcess) {
    this.child = child;
  }

  tell(message: object): void {
    if (this.isWaiting || !this.child.connected) return;
    this.isWaiting = true;
    this.child.send(message, () => (this.isWaiting = false));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  close(): void {
    this.child.kill('SIGKILL');
  }
}

/** Makes this process one that serves. */
export function beginServing(): void {
  endWithStarter();
  goFirst();
  setPriority(NICE);
}

/** Tells the one that started it what became of serving at an address. */
export async function tellBegun(address: Address, serving: Promise<Server>): Promise<void> {
  let begun: Begun;
  try {
    begun = { kind: 'serving', address: { ...address, port: portOf(await serving) } };
  } catch (error) {
    begun = { kind: 'refused', why: messageOf(error) };
  }
  process.send?.(begun);
}
