// The manifest of a recording, held against its schema: in whatever version it was written, out comes one of ours. What is no manifest, or one
// of a newer program, is refused in one sentence. It has no checksum, so what it says is believed only as far as it can be.

import { lstatSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { LAST_NS } from '../base/clock.js';
import { messageOf, UserError } from '../base/errors.js';
import { RECORDING_VERSION, type Manifest } from '../model/recording.js';
import { upgradedManifest } from './upgrades/upgrades.js';

const MOST_MANIFEST = 1024 * 1024;
/** Letters of a damaged file that a sentence quotes. */
const MOST_QUOTED = 150;
const LAST_MS = Number(LAST_NS / 1_000_000n);

const NO_CLOCK = 'no clock shows that';

const Clock = v.object({
  monotonicNs: v.pipe(
    v.string(),
    v.check((ns) => /^\d{1,19}$/.test(ns) && BigInt(ns) <= LAST_NS, NO_CLOCK),
  ),
  wallMs: v.pipe(
    v.number(),
    v.check((ms) => ms >= 0 && ms <= LAST_MS, NO_CLOCK),
  ),
  bootSeconds: v.exactOptional(v.number()),
});

/** Within a recording; what lies outside of it is cut where it is used. */
const Ms = v.pipe(v.number(), v.finite());

/** What every version's manifest has. */
const AnyVersion = v.looseObject({
  format: v.literal('iowitness-recording'),
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
});

const ManifestSchema = v.object({
  format: v.literal('iowitness-recording'),
  version: v.literal(RECORDING_VERSION),
  tool: v.string(),
  id: v.string(),
  host: v.string(),
  kernel: v.string(),
  recorderPid: v.exactOptional(v.number()),
  pageBytes: v.exactOptional(v.pipe(v.number(), v.minValue(1))),
  ticksPerSecond: v.exactOptional(v.pipe(v.number(), v.minValue(1))),
  plan: v.object({
    command: v.picklist(['check', 'record']),
    hz: v.number(),
    events: v.boolean(),
    directory: v.exactOptional(v.string()),
    argv: v.exactOptional(v.array(v.string())),
  }),
  start: Clock,
  // Held against the clocks afterwards: without it a recording ends at its last frame, as that of a recorder that was killed.
  end: v.exactOptional(v.unknown()),
  endedBecause: v.exactOptional(v.string()),
  lost: v.exactOptional(v.object({ fromMs: Ms, toMs: Ms, seconds: v.pipe(v.number(), v.minValue(0)) })),
});

/** The size of a plain file; undefined for what is missing, a link, a pipe or a device. */
export function plainSize(path: string): number | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : undefined;
}

function manifestText(path: string): string {
  const folder = statSync(path, { throwIfNoEntry: false });
  if (!folder) throw new UserError(`There is no recording ${path}: name a NAME.iow folder.`);
  if (!folder.isDirectory())
    throw new UserError(`${path} is a file and no recording: a recording is a NAME.iow folder.`);
  const file = join(path, 'manifest.json');
  const size = plainSize(file);
  if (size === undefined) throw new UserError(`${path} is no recording: it has no manifest.json.`);
  if (size > MOST_MANIFEST) throw new UserError(`${file} is no manifest of a recording: it has ${size} bytes.`);
  return readFileSync(file, 'utf8');
}

/** The manifest as our version has it, and the version that it was written in. */
export interface ReadManifest {
  readonly manifest: Manifest;
  readonly version: number;
  /** Whether the recorder closed it. The manifest has no `end` then where no clock shows what was written there. */
  readonly isClosed: boolean;
}

function parseManifest(path: string, text: string): ReadManifest {
  const file = join(path, 'manifest.json');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file} is cut off or damaged (${messageOf(error)}): copy the recording again.`);
  }
  const any = v.safeParse(AnyVersion, value);
  if (any.success && any.output.version > RECORDING_VERSION) {
    const { version } = any.output;
    throw new UserError(
      `${path} was written by a newer iowitness (format ${version}); this one reads up to ${RECORDING_VERSION}: update iowitness.`,
    );
  }
  const ours = any.success ? upgradedManifest(any.output, any.output.version) : value;
  const parsed = v.safeParse(ManifestSchema, ours);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new UserError(`${file} is no manifest of a recording (${complaintOf(issue)}): copy the recording again.`);
  }
  const { end: told, ...manifest } = parsed.output;
  const end = v.safeParse(Clock, told);
  return {
    manifest: { ...manifest, ...(end.success && { end: end.output }) },
    version: any.success ? any.output.version : RECORDING_VERSION,
    isClosed: told !== undefined,
  };
}

/** What does not fit, and where. It quotes what it found there, which may be long. */
function complaintOf(issue: v.BaseIssue<unknown>): string {
  const place = v.getDotPath(issue) ?? 'the whole';
  return `${place.slice(0, MOST_QUOTED)}: ${issue.message.slice(0, MOST_QUOTED)}`;
}

/** Reads the manifest of a recording's folder. Throws a UserError where it is none or newer than this program. */
export function readManifest(path: string): ReadManifest {
  try {
    return parseManifest(path, manifestText(path));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${path} can’t be read (${messageOf(error)}): read it as the user who made it.`);
  }
}
