// The commands, their options and their help as one commander program: what the command line parses with, and what man pages and shell
// completion are made from. It says as well how a default is shown, and undoes what a killed run left before a command runs.

import { readdirSync } from 'node:fs';
import { Command, type Help, type Option } from 'commander';
import { keepHeapLean } from '../capture/lean-heap.js';
import { print, toolName, undoFolder, warn } from './context.js';

/** Each command by its name. Only the one that is asked for is loaded: a start costs a third of a second otherwise. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  check: async () => (await import('./check.js')).checkCommand,
  record: async () => (await import('./record.js')).recordCommand,
  diagnose: async () => (await import('./diagnose.js')).diagnoseCommand,
  report: async () => (await import('./report.js')).reportCommand,
  compare: async () => (await import('./compare.js')).compareCommand,
  baseline: async () => (await import('./baseline.js')).baselineCommand,
  experiment: async () => (await import('./experiment.js')).experimentCommand,
  known: async () => (await import('./known.js')).knownCommand,
  ls: async () => (await import('./ls.js')).lsCommand,
  export: async () => (await import('./export.js')).exportCommand,
  drill: async () => (await import('./drill.js')).drillCommand,
  trace: async () => (await import('./trace.js')).traceCommand,
  blkparse: async () => (await import('./blkparse.js')).blkparseCommand,
  blkstats: async () => (await import('./blkstats.js')).blkstatsCommand,
  iostat: async () => (await import('./iostat.js')).iostatCommand,
  who: async () => (await import('./who.js')).whoCommand,
  dd: async () => (await import('./dd.js')).ddCommand,
  hold: async () => (await import('./hold.js')).holdCommand,
  watch: async () => (await import('./watch.js')).watchCommand,
  episodes: async () => (await import('./episodes.js')).episodesCommand,
  fleet: async () => (await import('./fleet.js')).fleetCommand,
  top: async () => (await import('./top.js')).topCommand,
  threads: async () => (await import('./threads.js')).threadsCommand,
  heap: async () => (await import('./heap.js')).heapCommand,
  jfr: async () => (await import('./jfr.js')).jfrCommand,
  doctor: async () => (await import('./doctor.js')).doctorCommand,
  undo: async () => (await import('./undo.js')).undoCommand,
};

/** Those that run beside whatever the machine is there for: they are kept small from the first module on. */
const LEAN: ReadonlySet<string> = new Set(['check', 'heap', 'iostat', 'jfr', 'record', 'top', 'trace', 'watch', 'who']);

const SIZE_UNITS = [
  [1024 ** 3, 'G'],
  [1024 ** 2, 'M'],
  [1024, 'k'],
] as const;

/** Whether anything lies where journals do. What undoes them takes longer to load than most commands run, and is mostly not needed. */
function mayHaveLeftovers(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0;
  } catch {
    // Where there is none, or it is not this user's, there is nothing to undo.
    return false;
  }
}

async function undoLeftovers(): Promise<void> {
  const folder = undoFolder();
  if (folder === undefined || !mayHaveLeftovers(folder)) return;
  const { recoverStale } = await import('../capture/undo.js');
  const { undone, failed } = recoverStale(folder);
  const [first, ...more] = undone;
  if (first !== undefined)
    warn(`left by a run that was killed, now undone: ${first}${more.length > 0 ? `; and ${more.length} more` : ''}`);
  for (const sentence of failed) warn(`left by a run that was killed, and could not be undone: ${sentence}`);
}

/** The command that is asked for; all of them where none is, but for the version, which needs none. */
function loadedFor(asked: string): readonly string[] {
  if (asked === '--version' || asked === '-V') return [];
  return Object.hasOwn(COMMANDS, asked) ? [asked] : Object.keys(COMMANDS);
}

/**
 * `version` and `-v` as `--version`, as other programs have it, and `help COMMAND` as `COMMAND --help`: then only that command is loaded, and one that does
 * not exist is refused as it is anywhere else, where commander would print the whole help without a word.
 */
export function asOptions(args: readonly string[]): readonly string[] {
  const [first, name] = args;
  if (args.length === 1 && (first === 'version' || first === '-v')) return ['--version'];
  if (first !== 'help' || name === undefined || name === 'help' || name.startsWith('-')) return args;
  return Object.hasOwn(COMMANDS, name) ? [name, '--help'] : [name];
}

/** A number of bytes as `byteSize` takes it: 4k, 256M, 512. */
function sizeAsTyped(bytes: number): string {
  const [power = 0, unit = ''] = SIZE_UNITS.find(([each]) => bytes >= each && bytes % each === 0) ?? [1, ''];
  return `${bytes / power}${unit}`;
}

/** Seconds in the largest unit that has a whole number of them: 7d, 10s. */
function timeAsTyped(seconds: number): string {
  const units = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'm'],
  ] as const;
  const [each, unit] = units.find(([one]) => seconds >= one && seconds % one === 0) ?? [1, 's'];
  return `${seconds / each}${unit}`;
}

/** The default of an option in the form in which it is typed. What has no argument has none to tell: it is on when it is named. */
function defaultAsTyped({ flags, defaultValue }: Option): string | undefined {
  if (defaultValue === undefined || typeof defaultValue === 'boolean') return undefined;
  if (typeof defaultValue !== 'number') return String(defaultValue);
  if (flags.endsWith('<size>')) return sizeAsTyped(defaultValue);
  return flags.endsWith('<time>') ? timeAsTyped(defaultValue) : String(defaultValue);
}

/** An option's description with its choices and its default. */
export function describeOption(option: Option): string {
  const choices = option.argChoices && `one of ${option.argChoices.join(', ')}`;
  const byDefault = defaultAsTyped(option);
  const more = [choices, byDefault === undefined ? undefined : `default: ${byDefault}`].filter(Boolean).join('; ');
  return more === '' ? option.description : `${option.description} (${more})`;
}

/** A command as it is listed: each has options. */
function subcommandTerm(command: Command): string {
  const operands = command.registeredArguments.map((one) => {
    const name = `${one.name()}${one.variadic ? '...' : ''}`;
    return one.required ? ` <${name}>` : ` [${name}]`;
  });
  return [command.name(), ...operands].join('');
}

/** What is said of an option or a command has at least so many columns, or stands below it. */
const LEAST_SAID = 24;
const BELOW = 6;

/** One line or more of help, `termWidth` columns of which are for what is typed. */
function formatItem(term: string, termWidth: number, said: string, helper: Help): string {
  const width = helper.helpWidth ?? 80;
  const before = termWidth + 4;
  const isBeside = width - before >= LEAST_SAID;
  const indent = isBeside ? before : BELOW;
  const lines = helper.boxWrap(said, Math.max(1, width - indent)).split('\n');
  const told = lines.join(`\n${' '.repeat(indent)}`);
  return isBeside ? `  ${term.padEnd(termWidth)}  ${told}` : `  ${term}\n${' '.repeat(indent)}${told}`;
}

/** The program with the commands that are loaded. */
export async function buildProgram(asked?: string): Promise<Command> {
  if (asked !== undefined && LEAN.has(asked)) keepHeapLean();
  const program = new Command('iowitness')
    .description('Records what a Linux machine does to its disks and names what makes its writes stall.')
    .version(toolName())
    .enablePositionalOptions()
    .configureHelp({
      showGlobalOptions: false,
      minWidthToWrap: LEAST_SAID,
      optionDescription: describeOption,
      subcommandTerm,
      formatItem,
    })
    .configureOutput({ writeOut: print, outputError: (text) => warn(inOneLine(text)) })
    .hook('preAction', async (_program, command) => {
      if (command.name() !== 'undo') await undoLeftovers();
    });
  for (const name of loadedFor(asked ?? '')) (await COMMANDS[name]?.())?.(program);
  program.addHelpText(
    'after',
    '\nExit status: 0 nothing wrong found, 1 a stall found, 2 it could not be done, 3 no verdict, 64 wrong usage.',
  );
  for (const command of [program, ...program.commands]) command.exitOverride();
  return program;
}

/** commander's complaint and its suggestion, made one line. */
function inOneLine(complaint: string): string {
  const [what = '', ...hints] = complaint
    .replace(/^error: /, '')
    .trim()
    .split(/\s*\n\s*/);
  return [
    what.replace(' is invalid. ', ' is invalid: ').replace(/\.$/, ''),
    ...hints,
    '(--help shows what there is).',
  ].join(' ');
}
