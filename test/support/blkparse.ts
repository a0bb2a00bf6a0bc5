// Runs the real blkparse and ours on the same files and compares what they print. Where ours prints `?`, blkparse prints what happened
// to be in memory: there any number will do, and a time may be missing.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseBlkparseOptions } from '../../src/tools/blkparse/options.js';
import { FileOutput } from '../../src/tools/blkparse/output.js';
import { BlkparseRun } from '../../src/tools/blkparse/run.js';
import { FormatStop } from '../../src/tools/blkparse/text/format.js';

export interface Printed {
  readonly stdout: Buffer;
  readonly stderr: string;
  /** The other files that the run wrote, by name. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly failed: boolean;
}

function outputs(folder: string, names: readonly string[]): Map<string, Buffer> {
  return new Map(names.map((name) => [name, readFileSync(path.join(folder, name))]));
}

/** Runs blkparse in `folder`; `input` is the file that it reads as standard input. */
export function runReal(folder: string, args: readonly string[], input: string | undefined): Printed {
  const before = new Set(readdirSync(folder));
  const fd = openSync(input === undefined ? '/dev/null' : path.resolve(folder, input), 'r');
  const { stdout, stderr, status } = spawnSync('blkparse', args, { cwd: folder, stdio: [fd, 'pipe', 'pipe'] });
  closeSync(fd);
  const written = readdirSync(folder).filter((name) => !before.has(name));
  const files = outputs(folder, written);
  for (const name of written) rmSync(path.join(folder, name));
  return { stdout, stderr: stderr.toString('latin1'), files, failed: status !== 0 };
}

/** Runs ours in the same way, within this process. */
export async function runOurs(folder: string, args: readonly string[], input: string | undefined): Promise<Printed> {
  const here = process.cwd();
  const outside = `${folder}.out`;
  const complaints: string[] = [];
  const fd = openSync(input === undefined ? '/dev/null' : path.resolve(folder, input), 'r');
  const before = new Set(readdirSync(folder));
  let failed = false;
  process.chdir(folder);
  try {
    const standard = FileOutput.open(outside);
    try {
      const run = new BlkparseRun(parseBlkparseOptions(args), {
        complain: (message) => complaints.push(`${message}\n`),
        standard,
        input: fd,
      });
      await run.showAll();
    } catch (error) {
      if (!(error instanceof FormatStop)) throw error;
      failed = true;
    } finally {
      standard.close();
    }
    const written = readdirSync(folder).filter((name) => !before.has(name));
    const files = outputs(folder, written);
    for (const name of written) rmSync(path.join(folder, name));
    return { stdout: readFileSync(outside), stderr: complaints.join(''), files, failed };
  } finally {
    process.chdir(here);
    closeSync(fd);
    rmSync(outside, { force: true });
  }
}

/** A fresh folder with these files. */
export function makeFolder(folder: string, files: Readonly<Record<string, Uint8Array>>): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(folder, name), bytes);
}

/** Ours against theirs, byte for byte but for the places that ours marks with `?`. */
function assertSameText(ours: Buffer, theirs: Buffer, what: string): void {
  if (ours.equals(theirs)) return;
  const oursText = ours.toString('latin1');
  const theirsText = theirs.toString('latin1');
  if (!oursText.includes('?')) assert.equal(oursText, theirsText, what);
  const ourLines = oursText.split('\n');
  const theirLines = theirsText.split('\n');
  assert.equal(ourLines.length, theirLines.length, `${what}: lines`);
  for (const [index, line] of ourLines.entries()) {
    const real = theirLines[index] ?? '';
    // Whether blkparse looks a process up, and so notes that others share its name, may depend on such a number too.
    if (line !== real && line !== real.replace(', ...)', ')')) {
      assert.match(real, patternOf(line), `${what}, line ${index + 1}`);
    }
  }
}

function patternOf(line: string): RegExp {
  const escaped = line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(
    `^${escaped
      // A name may go on with any bytes.
      .replace(/\\\?(?=\\\])/g, '[^]*')
      .replace(/\\\( *\\\?\\\) /g, '(\\( *\\d+\\) )?')
      .replace(/ *\\\?/g, ' *\\d+')}$`,
  );
}

/** Whether blkparse took memory for “no time” where ours prints `?`, and so ended at a %u there, after the same text. */
function endedAtUnknownTime(ours: Printed, theirs: Printed): boolean {
  if (!theirs.failed || !theirs.stderr.endsWith('Expecting elapsed value\n')) return false;
  const text = (printed: Printed) => printed.files.get('text') ?? printed.stdout;
  const ourLines = text(ours).toString('latin1').split('\n');
  const whole = text(theirs)
    .toString('latin1')
    .replace(/(Input file .* added\n)*$/, '')
    .split('\n')
    .slice(0, -1);
  if (ourLines[whole.length]?.includes('?') !== true) return false;
  const asBytes = (lines: readonly string[]) => Buffer.from(lines.join('\n'), 'latin1');
  assertSameText(asBytes(ourLines.slice(0, whole.length)), asBytes(whole), 'the text before an unknown time');
  return true;
}

/** Runs both and compares everything that they print. */
export async function assertSame(folder: string, args: readonly string[], input?: string): Promise<Printed> {
  const theirs = runReal(folder, args, input);
  const ours = await runOurs(folder, args, input);
  const what = args.join(' ');
  if (endedAtUnknownTime(ours, theirs)) return theirs;
  assertSameText(ours.stdout, theirs.stdout, `standard output of ${what}`);
  assert.deepEqual([...ours.files.keys()], [...theirs.files.keys()], `files of ${what}`);
  for (const [name, bytes] of ours.files) {
    const real = theirs.files.get(name) ?? Buffer.alloc(0);
    if (name.endsWith('.bin')) assert.ok(bytes.equals(real), `the bytes of ${name}, written by ${what}`);
    else assertSameText(bytes, real, `${name}, written by ${what}`);
  }
  assert.equal(ours.stderr, theirs.stderr, `standard error of ${what}`);
  assert.equal(ours.failed, theirs.failed, `whether ${what} fails`);
  return theirs;
}
