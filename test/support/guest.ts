// Guests in tests: where their kernels are kept, and why there can be none.

import { messageOf } from '../../src/base/errors.js';
import { findKernel, KERNELS } from '../../src/run/guest/kernel.js';
import { missingPrograms } from '../../src/run/guest/programs.js';
import { needsRoot } from './requirements.js';

/** A machine without qemu or without Debian's archive can't boot a guest, whoever runs the tests. */
export function needsGuest(series: string): false | string {
  const root = needsRoot();
  if (root) return root;
  const missing = missingPrograms();
  if (missing !== undefined) return `cannot: ${missing}`;
  try {
    findKernel(series, KERNELS);
    return false;
  } catch (error) {
    return `cannot: ${messageOf(error)}`;
  }
}
