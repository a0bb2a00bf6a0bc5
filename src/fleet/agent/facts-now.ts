// The facts of this machine now, as `compare` has them of a recording.

import { readKernelUnits } from '../../capture/auxv.js';
import { captureFacts } from '../../capture/facts.js';
import { FactsDecoder } from '../../decode/facts.js';
import { factsOfMachine } from '../../differences/facts.js';
import type { NamedFact } from '../../model/fleet-rows.js';
import { SOURCE } from '../../model/recording.js';

/** Costs what taking and decoding a set of facts does. */
export function factsNow(): readonly NamedFact[] {
  const decoder = new FactsDecoder(readKernelUnits().ticksPerSecond ?? NaN);
  captureFacts(
    {
      reading: (path, bytes) => {
        const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8');
        if (path === SOURCE.facts) decoder.begin({ when: 'start' }, 0);
        else decoder.add({ path, text, atNs: 0, failed: false });
      },
      failure: () => {},
      pages: () => {},
      file: () => {},
    },
    { when: 'start', victims: [] },
  );
  const [facts] = decoder.within({ from: 0, to: Infinity });
  if (!facts) return [];
  return [...factsOfMachine(facts).values()].map(({ area, name, value }) => ({ area, name, value }));
}
