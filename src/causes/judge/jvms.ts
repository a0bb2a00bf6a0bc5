// What the thread dumps of each watched JVM show, as the diagnosis tells it beside its verdict: also where they show no lock, or one that is not to blame.

import { threadName } from '../../analysis/machine/processes.js';
import { unitsOf } from '../../analysis/machine/units.js';
import type { Measures } from '../../analysis/measures.js';
import type { Diagnosis } from '../../model/diagnosis.js';

/** Nothing where no JVM was asked. */
export function jvmsOf({ input }: Measures): Pick<Diagnosis, 'jvms'> {
  if (!input.jvms) return {};
  const jvms = input.jvms.map(({ pid, dumps, askedMs, document: { answer, limits } }) => {
    const unit = unitsOf(input)(pid);
    const name = threadName(input, pid);
    return {
      process: { pid, name, ...(unit !== undefined && { unit }) },
      dumps: dumps.length,
      askedMs,
      answer,
      limits,
    };
  });
  return { jvms };
}
