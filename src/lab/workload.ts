// A process with a given behaviour, for drills: what each of its threads does, again and again, until it is told to end.
// The parent's side: it starts the process as the user who is to own it, lets it go, and learns what it achieved.

import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { UserError } from '../base/errors.js';
import type { UndoJournal } from '../capture/undo.js';
import { statOf } from '../capture/process.js';

/** What one thread does over and over. Times in ms, sizes in bytes. */
export type Work = {
  /** It rests this long after each operation, in poll(2), by its own choice. */
  readonly restMs?: number;
  /** Its operations are made under the one lock of the process, this many at a time. */
  readonly lockedOperations?: number;
} & (
  | {
      readonly does: 'write';
      readonly file: string;
      /** Where it begins again; with `append` each thread adds to the file's end, and cuts it off after so many of its own. */
      readonly fileBytes: number;
      readonly blockBytes: number;
      readonly direct?: boolean;
      readonly random?: boolean;
      readonly append?: boolean;
      /** fsync after every so many writes; 0 for none. */
      readonly syncEvery?: number;
      /** O_DSYNC: each write is durable when it returns. */
      readonly dsync?: boolean;
      /** It computes this long before each write. */
      readonly computeMs?: number;
    }
  | {
      readonly does: 'read';
      /** It reads all of the file once before anything else. */
      readonly scansFirst?: boolean;
      /** Must exist. */
      readonly file: string;
      readonly fileBytes: number;
      readonly blockBytes: number;
      readonly direct?: boolean;
      readonly random?: boolean;
    }
  /** Makes, renames and removes small files. */
  | { readonly does: 'rename'; readonly folder: string; readonly files: number }
  /** Touches pages of its own memory at random. */
  | { readonly does: 'touch'; readonly bytes: number }
  /** Computes. */
  | { readonly does: 'compute'; readonly ms: number }
  /** Asks the one who answers at a socket, and waits for it. */
  | { readonly does: 'ask'; readonly socket: string }
  /** Answers at a socket, each time after a write to a file that it has made durable. */
  | { readonly does: 'answer'; readonly socket: string; readonly file: string; readonly blockBytes: number }
  /** Waits on a pipe that nobody writes to. */
  | { readonly does: 'wait' }
);

export interface WorkloadPlan {
  /** What the process calls itself; the kernel keeps 15 characters. */
  readonly name: string;
  /** The first is the main thread's. */
  readonly threads: readonly [Work, ...Work[]];
}

const EndSchema = v.object({ operations: v.number(), bytes: v.number(), failures: v.number() });

/** What all threads achieved together. */
export type WorkloadEnd = v.InferOutput<typeof EndSchema>;

export interface Workload {
  readonly pid: number;
  /** Lets it begin. */
  go(): void;
  /** Asks it to end; settles when it is gone, which a journal undone in the meantime may have to help with. */
  stop(): Promise<WorkloadEnd | undefined>;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export type Surroundings = Partial<Owner> & { readonly cwd?: string };

/** Notes down that a process of ours is to be ended with everything else. */
export function journalProcess(journal: UndoJournal, pid: number): void {
  const stat = statOf(pid);
  if (stat) journal.plan([{ kind: 'kill', pid, startTicks: stat.startTicks }]);
}

/** One that does not end for this long after it was asked is killed, ms. */
const PATIENCE_MS = 1500;

/** Starts a process that waits for `go`. It ends with its parent; where that can't be, the journal ends it. */
export function startWorkload(
  journal: UndoJournal,
  plan: WorkloadPlan,
  surroundings: Surroundings = {},
): Promise<Workload> {
  const program = fileURLToPath(new URL('./workload-main.js', import.meta.url));
  return start(journal, [process.execPath, program, JSON.stringify(plan)], surroundings);
}

/** A process that takes the lock of a file again and again (flock(2)); times in ms. */
export interface LockPlan {
  readonly name: string;
  readonly file: string;
  readonly heldMs: number;
  readonly restMs: number;
}

/** Node has no flock(2), and Perl belongs to every Debian. It says and hears what a workload does. */
const LOCKER = `
use Fcntl ':flock'; use IO::Select;
($0, my ($file, $held, $rest)) = @ARGV;
my ($over, $count, $input) = (0, 0, IO::Select->new(\\*STDIN));
$SIG{TERM} = $SIG{INT} = sub { $over = 1 };
$| = 1; print "ready\\n"; sysread(STDIN, my $go, 1) or exit;
open(my $lock, '>>', $file) or die;
sysread(STDIN, $go, 64) if $input->can_read(0);
until ($over) {
  flock($lock, LOCK_EX) or last;
  select(undef, undef, undef, $held / 1000);
  flock($lock, LOCK_UN);
  $count += 1;
  last if $input->can_read($rest / 1000);
}
print qq({"operations":$count,"bytes":0,"failures":0}\\n);
`;

/** Starts one. */
export function startLocker(
  journal: UndoJournal,
  { name, file, heldMs, restMs }: LockPlan,
  surroundings: Surroundings = {},
): Promise<Workload> {
  if (spawnSync('perl', ['-MIO::Select', '-e', '1']).status !== 0)
    throw new UserError('Locks on files are taken by perl: install it (apt-get install perl-base).');
  return start(journal, ['perl', '-e', LOCKER, name, file, String(heldMs), String(restMs)], surroundings);
}

/** Starts a program that says and hears what a workload does: 'ready', a line to begin, and what it achieved as its last line. */
export async function start(
  journal: UndoJournal,
  [program, ...args]: readonly [string, ...string[]],
  surroundings: Surroundings,
): Promise<Workload> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], ...surroundings });
  const { pid } = child;
  if (pid === undefined) throw new UserError('A workload could not be started: the machine refuses another process.');
  journalProcess(journal, pid);
  let said = '';
  child.stdin.on('error', () => {});
  const ready = new Promise<void>((settle) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      settle();
    });
    child.on('error', () => settle()).on('close', () => settle());
  });
  const gone = new Promise<void>((settle) => child.on('close', () => settle()).on('error', () => settle()));
  await ready;
  return {
    pid,
    go: () => void child.stdin.write('go\n'),
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
      await gone;
      clearTimeout(timer);
      const last = said.trim().split('\n').at(-1) ?? '';
      return last.startsWith('{') ? v.parse(EndSchema, JSON.parse(last)) : undefined;
    },
  };
}
