// `hold`: keeps a share of memory from everybody else, so that what a machine does with little of it can be seen on one that has plenty.

import { spawn } from 'node:child_process';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { UserError } from '../base/errors.js';
import { binary, duration, percent } from '../base/format.js';
import { timeUp } from '../base/time-up.js';
import { typedAmount, type Amount } from '../base/typed.js';
import { readKernelUnits } from '../capture/auxv.js';
import type { Held } from '../model/held.js';
import { HoldGroup } from '../run/hold/group.js';
import { Holder } from '../run/hold/holder.js';
import { readMemory, type Memory } from '../run/hold/memory.js';
import { HOWS, type FromHolder, type How } from '../run/hold/messages.js';
import { bytesToHold, usualReserve } from '../run/hold/plan.js';
import {
  byteSize,
  required,
  jsonHelp,
  progress,
  sayJson,
  sayJsonBelow,
  seconds,
  toolName,
  undoFolder,
  warn,
} from './context.js';
import { requireCommand, statusOf } from './held-command.js';
import { listenForInterrupts } from './interrupts.js';

type Filled = Extract<FromHolder, { readonly kind: 'held' }>;

interface HoldOptions {
  readonly json: boolean;
  readonly memory?: Amount;
  readonly how: How;
  readonly reserve?: number;
  readonly for?: number;
}

/** '95%', or a size. */
function amount(text: string): Amount {
  const value = typedAmount(text);
  if (value === undefined) throw new InvalidArgumentError('give a share between 0% and 100%, or a size such as 4G.');
  return value;
}

export function holdCommand(program: Command): void {
  program
    .command('hold')
    .description('keep memory from everybody else, until Ctrl-C, for a time, or while a command runs')
    .argument('[command...]', 'a command to run meanwhile, after --')
    .option('--memory <amount>', 'how much: a share of all memory (95%) or a size (4G)', amount)
    .addOption(new Option('--how <how>', 'where').choices(HOWS).default('tmpfs'))
    .option('--reserve <size>', 'what must stay available (default: 2 % of memory, 256M at least)', byteSize)
    .option('--for <time>', 'how long (default: until Ctrl-C, or until the command ends)', seconds)
    .option('--json', jsonHelp('what was held', 'held'), false)
    .addHelpText(
      'after',
      '\nExamples:\n  iowitness hold --memory 90% -- iowitness dd if=/dev/zero of=/data/x bs=512 count=100000\n  iowitness hold --memory 4G --for 10m',
    )
    .action((argv: string[], options: HoldOptions, command: Command) =>
      hold(argv, required(command, '--memory <amount>', options.memory), options),
    );
}

/** A line of standard error. */
function tell(text: string): void {
  progress.say('');
  process.stderr.write(`${text}\n`);
}

const shown = (bytes: number | undefined): string => (bytes === undefined ? 'unknown' : binary(bytes));

/** What is told of the machine's memory at its three moments. */
interface Moments {
  readonly before: Memory;
  held?: Memory;
  released?: Memory;
}

async function hold(argv: readonly string[], memory: Amount, options: HoldOptions): Promise<void> {
  const [command] = argv;
  if (command !== undefined) requireCommand(command);
  const { pageBytes } = readKernelUnits();
  if (pageBytes === undefined)
    throw new UserError('/proc/self/auxv does not tell the size of a page: is /proc mounted?');
  const moments: Moments = { before: readMemory(pageBytes) };
  const reserve = options.reserve ?? usualReserve(moments.before.total);
  const bytes = bytesToHold(memory, moments.before, reserve);
  const interrupts = listenForInterrupts();
  const group = options.how === 'cgroup' ? new HoldGroup(undoFolder()) : undefined;
  const account = new Account(bytes, reserve);
  let endedBecause = 'interrupt';
  let failed: readonly string[] = [];
  try {
    const holder = new Holder(
      { how: options.how, bytes, reserve, pageBytes, maySwap: group?.maySwap ?? true },
      (message) => account.hear(message),
      (pid) => group?.enter(pid),
    );
    const lost = holder.gone.then((why) => {
      if (why !== undefined) throw new UserError(`The memory is not held (any more): ${why}.`);
      return 'released';
    });
    try {
      const first = await Promise.race([account.filled, interrupts.interrupted, lost]);
      if (typeof first !== 'string') {
        moments.held = readMemory(pageBytes);
        tellHeld(first, bytes, reserve, moments.before, moments.held);
        const ends = { forSeconds: options.for, interrupted: interrupts.interrupted, lost };
        endedBecause = await (command === undefined ? rest(ends) : run(argv, ends));
      }
    } finally {
      account.end();
      await holder.release();
    }
  } finally {
    failed = group?.remove() ?? [];
    for (const sentence of failed) warn(sentence);
    interrupts.release();
    moments.released = readMemory(pageBytes);
    tell(`released; dirty limit ${shown(moments.released.dirtyLimit)}`);
  }
  if (options.json) sayHeld(options.how, account, moments, { endedBecause, command, failed });
}

function tellHeld({ held, maySwap }: Filled, bytes: number, reserve: number, before: Memory, now: Memory): void {
  if (maySwap && now.swapFree > 0) warn(`${binary(now.swapFree)} of swap are free: what is held may be moved there.`);
  tell(
    `holding ${binary(held)}${held < bytes ? ` of the ${binary(bytes)} asked for` : ''}, ${percent(held / before.total)} of memory; ${binary(now.available)} still available, ${binary(reserve)} kept so`,
  );
  tell(
    `dirty limit ${shown(before.dirtyLimit)} before, ${shown(now.dirtyLimit)} now; background ${shown(before.dirtyBackground)}, ${shown(now.dirtyBackground)}`,
  );
}

/** What the process that holds has said so far, each told as it comes. */
class Account {
  readonly bytes: number;
  readonly reserve: number;
  readonly filled: Promise<Filled>;
  held = 0;
  gaveBack = 0;
  maySwap: boolean | undefined;
  private filledMs: number | undefined;
  private endMs: number | undefined;
  private settle: (message: Filled) => void = () => {};

  constructor(bytes: number, reserve: number) {
    this.bytes = bytes;
    this.reserve = reserve;
    this.filled = new Promise((settle) => (this.settle = settle));
  }

  hear(message: FromHolder): void {
    if (message.kind === 'failed') return;
    this.held = message.held;
    if (message.kind === 'filling')
      progress.say(
        `taking memory, ${binary(message.held)} of ${binary(this.bytes)}, ${percent(message.held / this.bytes)}`,
      );
    else if (message.kind === 'gave back') {
      this.gaveBack += message.bytes;
      tell(
        `gave ${binary(message.bytes)} back, ${message.why === 'reserve' ? `as less than ${binary(this.reserve)} were available` : 'as all tasks waited for memory'}; ${binary(message.held)} are held`,
      );
    } else {
      this.maySwap = message.maySwap;
      this.filledMs = performance.now();
      this.settle(message);
    }
  }

  end(): void {
    this.endMs = performance.now();
  }

  /** Since all was taken. */
  get seconds(): number | undefined {
    return this.filledMs === undefined ? undefined : ((this.endMs ?? performance.now()) - this.filledMs) / 1000;
  }
}

/** The document. What a command prints is not mixed with it: it is the last line of standard error then. */
function sayHeld(
  how: How,
  account: Account,
  { before, held, released }: Moments,
  end: { readonly endedBecause: string; readonly command: string | undefined; readonly failed: readonly string[] },
): void {
  const three = (key: 'available' | 'dirtyLimit' | 'dirtyBackground') => ({
    before: before[key] ?? null,
    held: held?.[key] ?? null,
    released: released?.[key] ?? null,
  });
  const wasRun = end.command !== undefined && held !== undefined;
  const document: Held = {
    schema: 'iowitness.held/1',
    tool: toolName(),
    how,
    totalBytes: before.total,
    askedBytes: account.bytes,
    reserveBytes: account.reserve,
    heldBytes: account.held,
    gaveBackBytes: account.gaveBack,
    maySwap: account.maySwap ?? null,
    availableBytes: three('available'),
    dirtyLimitBytes: three('dirtyLimit'),
    dirtyBackgroundBytes: three('dirtyBackground'),
    seconds: account.seconds ?? null,
    endedBecause: end.endedBecause,
    command: wasRun ? { status: Number(process.exitCode ?? 0) } : null,
    notUndone: [...end.failed],
  };
  if (end.command === undefined) sayJson(document);
  else sayJsonBelow(document);
}

/** What ends it. */
interface Ends {
  readonly forSeconds: number | undefined;
  readonly interrupted: Promise<string>;
  /** Throws where the memory is held no more. */
  readonly lost: Promise<string>;
}

/** Until the time is over or it is interrupted, which of the two is returned. */
async function rest({ forSeconds, interrupted, lost }: Ends): Promise<string> {
  const begun = performance.now();
  const of = forSeconds === undefined ? '; Ctrl-C ends it' : ` of ${duration(forSeconds * 1000)}`;
  const timer = setInterval(() => {
    progress.say(`held for ${duration(Math.round((performance.now() - begun) / 1000) * 1000)}${of}`);
  }, 1000);
  const { over, cancel } = timeUp(forSeconds);
  try {
    return await Promise.race([interrupted, lost, over]);
  } finally {
    clearInterval(timer);
    cancel();
    progress.say('');
  }
}

/** Runs the command, asks it to end when it is interrupted, when the time is over or the memory is lost, and hands its status on. */
async function run(argv: readonly string[], { forSeconds, interrupted, lost }: Ends): Promise<string> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: 'inherit' });
  const ended = new Promise<void>((settle, fail) => {
    child.once('error', fail);
    child.once('exit', () => settle());
  });
  let because = 'the command ended';
  const end = (why?: string): void => {
    because = why ?? because;
    child.kill('SIGTERM');
  };
  const { over, cancel } = timeUp(forSeconds);
  void Promise.race([interrupted, over]).then(end);
  try {
    await Promise.race([ended, lost]);
  } catch (error) {
    end();
    throw error;
  } finally {
    cancel();
  }
  process.exitCode = statusOf(child);
  return because;
}
