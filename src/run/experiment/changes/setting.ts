// Changes that write one value into a file of the kernel's: what the file held is its undo. What all of them share: whether the file is there, can be
// written and takes values like this; a bad value is told by the kernel when it is written.

import { accessSync, closeSync, constants, openSync, statSync, writeSync } from 'node:fs';
import { messageOf, reasonOf, UserError } from '../../../base/errors.js';
import { readWhole } from '../../../capture/files.js';
import type { Change } from '../change.js';

export interface Setting {
  /** 'vm.dirty_bytes'. */
  readonly name: string;
  readonly file: string;
  readonly value: string;
  /** What is to be written to have what the file shows now; the text itself unless told. Throws a UserError where nothing would do. */
  readonly restore?: (shown: string) => string;
}

function shownIn({ name, file }: Setting): string {
  const text = readWhole(file);
  if (text === undefined) throw new UserError(`${name} can’t be read (${file}), so it could not be put back.`);
  return text.trim();
}

function check({ name, file }: Setting): void {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile()) throw new UserError(`There is no ${name} here (${file}).`);
  try {
    accessSync(file, constants.W_OK);
  } catch (error) {
    throw new UserError(`${name} can’t be written (${reasonOf(error)}): run it as root.`);
  }
}

function write({ name, file, value }: Setting): void {
  const descriptor = openSync(file, constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW);
  try {
    writeSync(descriptor, value);
  } catch (error) {
    throw new UserError(`${name} does not take ${value} (${messageOf(error)}).`);
  } finally {
    closeSync(descriptor);
  }
}

export function settingChange(setting: Setting): Change {
  const { name, file, value, restore = (shown: string) => shown } = setting;
  return {
    about: name,
    words: `set ${name} to ${value}`,
    undoWords: `set ${name} back`,
    check() {
      check(setting);
      restore(shownIn(setting));
    },
    undo: () => [{ kind: 'write-file', path: file, value: restore(shownIn(setting)) }],
    make: () => write(setting),
  };
}
