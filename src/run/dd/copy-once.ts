// One copy from the opening of its files to their closing, and what came of it as messages.

import { monotonicMs } from '../../base/clock.js';
import { OutputClosed } from '../../tools/blkparse/output.js';
import { sizeText } from '../../tools/dd/figures.js';
import type { DdOptions } from '../../tools/dd/options.js';
import type { Quoting } from '../../tools/dd/quoting.js';
import { systemWords } from '../../tools/dd/system-errors.js';
import { CallError, Calls, FROM, INPUT, LATER_FLAGS, OUTPUT, type End } from './calls.js';
import { Copy, memoryFor } from './copy.js';
import { DdFailure, openEnds, type Ends } from './ends.js';
import type { FromCopy } from './messages.js';
import type { Meter } from './meter.js';
import type { SharedState } from './shared-state.js';

export interface CopyJob {
  readonly options: DdOptions;
  readonly quoting: Quoting;
  readonly state: SharedState;
  readonly meter?: Meter;
  /** False: by node:fs also where WASI is there. */
  readonly quick: boolean;
  readonly post: (message: FromCopy) => void;
}

async function callsFor({ input, output }: Ends, { options, quick }: CopyJob): Promise<Calls> {
  const bytes = memoryFor(options);
  try {
    return await Calls.on(input, output, Number(bytes), quick ? undefined : async () => undefined);
  } catch {
    const size = options.inputBlock;
    throw new DdFailure(`memory exhausted by input buffer of size ${size} bytes (${sizeText(size, 1024)})`, false);
  }
}

/** A standard stream that was opened anew goes on where it stood; what can be set on one that is open already is set. */
function setUp(calls: Calls, ends: Ends, { options, quoting }: CopyJob): void {
  const streams: readonly (readonly [End, string | undefined, readonly string[], boolean, bigint])[] = [
    [INPUT, options.input, options.inputFlags, ends.input !== 0, ends.inputOffset],
    [OUTPUT, options.output, options.outputFlags, ends.output !== 1, ends.outputOffset],
  ];
  for (const [end, file, flags, isAnew, offset] of streams) {
    if (file !== undefined) continue;
    try {
      if (isAnew) goTo(calls, end, offset);
      const names = (['append', 'nonblock'] as const).filter((name) => flags.includes(name));
      const later = names.reduce((all, name) => all | LATER_FLAGS[name], 0);
      if (later > 0) calls.setFlags(end, later);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      const name = quoting.file(end === INPUT ? ends.inputName : ends.outputName);
      throw new DdFailure(`setting flags for ${name}: ${systemWords(error.code)}`, false);
    }
  }
}

/** A terminal, say, has no offsets, and stands nowhere else. */
function goTo(calls: Calls, end: End, offset: bigint): void {
  try {
    calls.seek(end, offset, FROM.start);
  } catch (error) {
    if (!(error instanceof CallError && error.code === 'ESPIPE')) throw error;
  }
}

/** The message that ends it; what is to be said before that is posted. */
export async function copyOnce(job: CopyJob): Promise<FromCopy> {
  const { options, quoting, state, meter, post } = job;
  state.restart(monotonicMs());
  let ends: Ends | undefined;
  let copy: Copy | undefined;
  const soFar = () => {
    const { counts, seconds } = state.read();
    return { counts, seconds };
  };
  const tell = (text: string): void => post({ kind: 'sentence', text });
  try {
    ends = openEnds(options, quoting, { opened: (ms) => meter?.record('open', ms), tell });
    const calls = await callsFor(ends, job);
    if (!calls.isQuick && job.quick) post({ kind: 'slow' });
    setUp(calls, ends, job);
    state.restart(monotonicMs());
    const host = {
      tell,
      showCounts: () => post({ kind: 'counts', ...soFar() }),
    };
    copy = new Copy({ options, quoting, ends, calls, state, host, ...(meter && { meter }) });
    const status = copy.run();
    state.end(monotonicMs());
    return { kind: 'copied', status, ...soFar() };
  } catch (error) {
    if (error instanceof OutputClosed) return { kind: 'closed' };
    if (!(error instanceof DdFailure)) throw error;
    post({ kind: 'sentence', text: error.message });
    // What is written is flushed all the same; where that fails, dd ends without its counts.
    const isTold = error.hasBegun && copy?.syncOutput() === true;
    const { counts, seconds } = soFar();
    return { kind: 'copied', status: 1, seconds, ...(isTold && { counts }) };
  } finally {
    ends?.close();
  }
}
