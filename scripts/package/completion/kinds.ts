// What a shell offers for each word that stands for an argument. The words are those of the help; a new one needs its line here, and
// making the package says so.

/** `none` is for what is typed: numbers, times, sizes. */
export type Kind = 'file' | 'folder' | 'pid' | 'device' | 'command' | 'drill' | 'none';

const KINDS: Readonly<Record<string, Kind>> = {
  address: 'none',
  after: 'file',
  amount: 'none',
  arguments: 'file',
  action: 'none',
  base: 'file',
  cause: 'none',
  cluster: 'none',
  cgroup: 'folder',
  command: 'command',
  condition: 'none',
  device: 'device',
  dir: 'folder',
  disk: 'none',
  file: 'file',
  folder: 'folder',
  id: 'drill',
  mask: 'none',
  n: 'none',
  names: 'none',
  number: 'none',
  operands: 'file',
  pid: 'pid',
  place: 'folder',
  plan: 'file',
  recording: 'file',
  size: 'none',
  subject: 'none',
  time: 'none',
  trace: 'file',
  unit: 'none',
  what: 'file',
};

/** The choices where an argument has such; else its kind. */
export function offerFor({
  word,
  choices,
}: {
  readonly word: string;
  readonly choices: readonly string[];
}): Kind | readonly string[] {
  if (choices.length > 0) return choices;
  const kind = KINDS[word];
  if (kind === undefined)
    throw new Error(
      `completion does not know what <${word}> stands for: add it to scripts/package/completion/kinds.ts`,
    );
  return kind;
}
