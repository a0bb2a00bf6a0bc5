// What `record` says at its end: where the recording is and, of a command, what held it up; as text or as JSON.

import { harmless } from '../base/format.js';
import { shellWord } from '../base/shell.js';
import type { Diagnosis } from '../model/diagnosis.js';
import type { Recorded } from '../model/results.js';
import type { Diagnosed } from '../pipeline.js';
import { endedText } from '../present/words.js';
import { diagnoseAfter, tellBelow } from './conclude.js';
import { called, say, sayJson, sayJsonBelow, toolName } from './context.js';
import type { HeldCommand } from '../run/held-command.js';
import { hasEnded, statusOf } from './held-command.js';

export interface Made {
  readonly folder: string;
  readonly because: string;
  readonly bytes: number;
  readonly notUndone: readonly string[];
}

export interface TellOptions {
  /** Whether to say what held the command up. */
  readonly diagnose: boolean;
  readonly json: boolean;
}

/**
 * Says where the recording is and what it shows, which is returned where it was asked. What a command prints is not mixed with that: it goes to standard
 * error then.
 */
export async function tellRecorded(
  made: Made,
  held: HeldCommand | undefined,
  { diagnose, json }: TellOptions,
): Promise<Diagnosed | undefined> {
  const { folder, because, bytes } = made;
  const diagnosed = held && diagnose && bytes > 0 ? await diagnoseAfter(folder) : undefined;
  const diagnosis = diagnosed?.diagnosis;
  if (json) {
    const document = documentOf(made, held, diagnosis);
    if (held) sayJsonBelow(document);
    else sayJson(document);
  } else if (diagnosis) tellBelow(diagnosis);
  else if (held) process.stderr.write(harmless(`${folder} (${endedText(because)})`) + '\n');
  else say(harmless(`${folder} (${endedText(because)}); see what it shows: ${called()} diagnose ${shellWord(folder)}`));
  return diagnosed;
}

function documentOf(made: Made, held: HeldCommand | undefined, diagnosis: Diagnosis | undefined): Recorded {
  const { folder, because, bytes, notUndone } = made;
  return {
    schema: 'iowitness.recorded/1',
    tool: toolName(),
    path: folder,
    endedBecause: because,
    bytes,
    command: held ? { pid: held.pid, status: hasEnded(held) ? statusOf(held.child) : null } : null,
    verdict: diagnosis?.verdict ?? null,
    notUndone,
  };
}
