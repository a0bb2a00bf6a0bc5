// What one kind of change of an arm is: a file of changes/, named in the closed table of kinds.ts. A kind says what it takes, whether this machine can have
// it, how it is undone (which is in the undo journal before anything is changed), and makes it.

import * as v from 'valibot';
import type { UndoEntry } from '../../capture/undo-entries.js';

/** One change of a plan, bound to its value. */
export interface Change {
  /** What it concerns: 'the service cadvisor.service'. Two changes of an arm that concern the same are of one kind. */
  readonly about: string;
  /** 'stop cadvisor.service'. */
  readonly words: string;
  /** How it is put back, in words. */
  readonly undoWords: string;
  /** Why a guest can't have it; absent where it can. */
  readonly notInGuest?: string;
  /** Throws a UserError where this machine can't have it; changes nothing. */
  check(): void;
  /** How to undo it, from what the machine has now. Throws as `check` does. */
  undo(): readonly UndoEntry[];
  /** Makes it. Throws a UserError, or the system's error. */
  make(): void;
  /** Absent where nobody has to do anything: what is asked of the person at the terminal, before the run and after it. */
  readonly byHand?: { readonly before: string; readonly after: string };
}

export interface ChangeKind<Value> {
  readonly schema: v.GenericSchema<unknown, Value>;
  readonly bind: (value: Value) => Change;
}

export interface KnownKind {
  readonly schema: v.GenericSchema;
  /** Takes what the schema has let pass. */
  readonly bind: (value: unknown) => Change;
}

/** For a table of kinds of different values. */
export function kind<Value>({ schema, bind }: ChangeKind<Value>): KnownKind {
  return { schema, bind: (value) => bind(v.parse(schema, value)) };
}
