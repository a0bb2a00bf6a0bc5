// Version 1 of the recording → version 2: what version 1 took for granted is said. A manifest gets the units of the kernel, the state of the
// trace gets the filters that every recorder of version 1 set and the rule by which it took stacks. None of this may change any more: it
// describes recordings that exist.

import { SOURCE, type Reading } from '../../model/recording.js';

/** Version 1 was written and read with these, whatever the machine's were. */
const UNITS = { pageBytes: 4096, ticksPerSecond: 100 };

const FILTERS: Readonly<Record<string, string>> = {
  'iomap/iomap_dio_rw_begin': 'count >= 32768 || !(pos & 28672)',
  'signal/signal_generate': 'sig == 18 || sig == 19 || sig == 20',
  'raw_syscalls/sys_exit': 'ret == -5 || ret == -28 || ret == -30 || ret == -122',
};

const SLEEPS = 'prev_state & 255';

export function manifestFromV1(manifest: object): object {
  return { ...UNITS, ...manifest };
}

/** The reading as version 2 has it. What can't be read is passed on, for the reader of version 2 to refuse. */
export function readingFromV1(reading: Reading): Reading {
  if (reading.path !== SOURCE.trace || reading.failed) return reading;
  let state: unknown;
  try {
    state = JSON.parse(reading.text);
  } catch {
    return reading;
  }
  if (typeof state !== 'object' || state === null || !('enabled' in state) || !('stacks' in state)) return reading;
  const enabled: unknown[] = Array.isArray(state.enabled) ? state.enabled : [];
  const filters = Object.fromEntries(Object.entries(FILTERS).filter(([event]) => enabled.includes(event)));
  const stacks = { share: state.stacks === true ? 1 : 0, filter: SLEEPS };
  return { ...reading, text: JSON.stringify({ ...state, filters, stacks }) };
}
