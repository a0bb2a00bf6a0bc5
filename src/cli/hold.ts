// `hold`: keeps a share of memory from everybody else, so that what a machine does with little of it can be seen on one that has plenty.

import { spawn } from 'node:child_process';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { UserError } from '../base/errors.js';
import { binary, duration, percent } from '../base/format.js';
import { typedAmount, type Amount } from '../base/typed.js';
import { readKernelUnits } from '../capture/auxv.js';
import { Holder } from '../run/hold/holder.js';
import { readMemory } from '../run/hold/memory.js';
import type { FromHolder, How } from '../run/hold/messages.js';
import { bytesToHold, usualReserve } from '../run/hold/plan.js';
import { byteSize, progress, seconds, warn } from './context.js';
import { requireCommand, statusOf } from './held-command.js';
import { listenForInterrupts } from './interrupts.js';

type Held = Extract<FromHolder, { readonly kind: 'held' }>;

interface HoldOptions {
  readonly memory: Amount;
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
    .requiredOption('--memory <amount>', 'how much: a share of all memory (95%) or a size (4G)', amount)
    .addOption(new Option('--how <how>', 'where').choices(['tmpfs', 'anonymous']).default('tmpfs'))
    .option('--reserve <size>', 'what must stay available (default: 2 % of memory, 256M at least)', byteSize)
    .option('--for <time>', 'how long (default: until Ctrl-C, or until the command ends)', seconds)
    .addHelpText(
      'after',
      '\nExample:\n  iowitness hold --memory 90% -- iowitness dd if=/dev/zero of=/data/x bs=512 count=100000\n  iowitness hold --memory 4G --for 10m',
    )
    .action((command: string[], options: HoldOptions) => hold(command, options));
}

/** A line of standard error. */
function tell(text: string): void {
  progress.say('');
  process.stderr.write(`${text}\n`);
}

const shown = (bytes: number | undefined): string => (bytes === undefined ? 'unknown' : binary(bytes));

async function hold(argv: readonly string[], options: HoldOptions): Promise<void> {
  const [command] = argv;
  if (command !== undefined) requireCommand(command);
  const { pageBytes } = readKernelUnits();
  if (pageBytes === undefined)
    throw new UserError('/proc/self/auxv does not tell the size of a page: is /proc mounted?');
  const before = readMemory(pageBytes);
  const reserve = options.reserve ?? usualReserve(before.total);
  const bytes = bytesToHold(options.memory, before, reserve);
  const { how } = options;
  const interrupts = listenForInterrupts();
  let isHeld: (message: Held) => void = () => {};
  const holding = new Promise<Held>((settle) => (isHeld = settle));
  const hear = (message: FromHolder): void => {
    if (message.kind === 'filling')
      progress.say(`taking memory, ${binary(message.held)} of ${binary(bytes)}, ${percent(message.held / bytes)}`);
    else if (message.kind === 'gave back')
      tell(
        `gave ${binary(message.bytes)} back, ${message.why === 'reserve' ? `as less than ${binary(reserve)} were available` : 'as all tasks waited for memory'}; ${binary(message.held)} are held`,
      );
    else if (message.kind === 'held') isHeld(message);
  };
  const holder = new Holder({ how, bytes, reserve, pageBytes }, hear);
  const lost = holder.gone.then((why) => {
    if (why !== undefined) throw new UserError(`The memory is not held (any more): ${why}.`);
    return 'released';
  });
  try {
    const first = await Promise.race([holding, interrupts.interrupted, lost]);
    if (typeof first === 'string') return;
    const { held, maySwap } = first;
    const now = readMemory(pageBytes);
    if (maySwap && now.swapFree > 0) warn(`${binary(now.swapFree)} of swap are free: what is held may be moved there.`);
    tell(
      `holding ${binary(held)}${held < bytes ? ` of the ${binary(bytes)} asked for` : ''}, ${percent(held / before.total)} of memory; ${binary(now.available)} still available, ${binary(reserve)} kept so`,
    );
    tell(
      `dirty limit ${shown(before.dirtyLimit)} before, ${shown(now.dirtyLimit)} now; background ${shown(before.dirtyBackground)}, ${shown(now.dirtyBackground)}`,
    );
    const ends = { forSeconds: options.for, interrupted: interrupts.interrupted, lost };
    await (command === undefined ? rest(ends) : run(argv, ends));
  } finally {
    await holder.release();
    interrupts.release();
    tell(`released; dirty limit ${shown(readMemory(pageBytes).dirtyLimit)}`);
  }
}

/** What ends it. */
interface Ends {
  readonly forSeconds: number | undefined;
  readonly interrupted: Promise<string>;
  /** Throws where the memory is held no more. */
  readonly lost: Promise<string>;
}

/** Until the time is over or it is interrupted. */
async function rest({ forSeconds, interrupted, lost }: Ends): Promise<void> {
  const begun = performance.now();
  const of = forSeconds === undefined ? '; Ctrl-C ends it' : ` of ${duration(forSeconds * 1000)}`;
  const timer = setInterval(() => {
    progress.say(`held for ${duration(Math.round((performance.now() - begun) / 1000) * 1000)}${of}`);
  }, 1000);
  let over: NodeJS.Timeout | undefined;
  const ends: Promise<unknown>[] = [interrupted, lost];
  if (forSeconds !== undefined)
    ends.push(new Promise<void>((settle) => (over = setTimeout(settle, forSeconds * 1000))));
  try {
    await Promise.race(ends);
  } finally {
    clearInterval(timer);
    clearTimeout(over);
    progress.say('');
  }
}

/** Runs the command, asks it to end when it is interrupted, when the time is over or the memory is lost, and hands its status on. */
async function run(argv: readonly string[], { forSeconds, interrupted, lost }: Ends): Promise<void> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: 'inherit' });
  const ended = new Promise<void>((settle, fail) => {
    child.once('error', fail);
    child.once('exit', () => settle());
  });
  const end = (): void => void child.kill('SIGTERM');
  void interrupted.then(end);
  const over = forSeconds === undefined ? undefined : setTimeout(end, forSeconds * 1000);
  try {
    await Promise.race([ended, lost]);
  } catch (error) {
    end();
    throw error;
  } finally {
    clearTimeout(over);
  }
  process.exitCode = statusOf(child);
}
