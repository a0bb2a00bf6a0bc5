// The filesystem is frozen: whoever writes sleeps until it is thawed. Source: fsfreeze(8); fs/super.c (freeze_super, sb_start_write).

import { shellWord } from '../base/shell.js';
import { total } from '../base/intervals.js';
import { shareOf, timesIn, type Measures } from '../analysis/measures.js';
import { percent } from '../base/format.js';
import { part, said, time } from '../model/quantity.js';
import { FROZEN } from '../model/thresholds/filesystem.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { advise, change } from './judge/advice.js';
import { FIDELITY } from './judge/fidelity.js';
import { journalAround } from './judge/logs.js';
import { mountOfVictim } from './judge/judgements.js';
import { defineCause, holds, ruledOut } from './cause.js';

function thaw(mount: string | undefined) {
  const where = mount === undefined ? 'MOUNTPOINT' : shellWord(mount);
  return change(
    `fsfreeze --unfreeze ${where}`,
    'the filesystem takes writes again; a snapshot that is under way may be inconsistent',
    `\`fsfreeze --freeze ${where}\``,
  );
}

/** What is frozen: where the file lies that the holder of a JVM's lock was seen to write while it waited, or else the victim's own filesystem. */
function frozenMount(m: Measures): string | undefined {
  const { mostly, does } = m.javaLock?.holder ?? {};
  const path = mostly?.state === 'fs-frozen' ? does?.kernel?.path : null;
  return (path?.startsWith('/') === true ? m.topology.mountPointOf(path) : undefined) ?? mountOfVictim(m);
}

export const cause = defineCause({
  id: 'fs.frozen',
  layer: 'filesystem',
  rank: 'verdict',
  proof: 'time',
  waits: ['fs-frozen'],
  needs: ['victim'],
  judge({ account }) {
    const share = shareOf(account, ['fs-frozen']);
    if (share < JUDGING.noticeable)
      return ruledOut(`it waited for a frozen filesystem for ${percent(share)} of its time`);
    const confidence = FROZEN.sure * FIDELITY[account.source].ofStates;
    return holds({ share, confidence, lost: timesIn(account, ['fs-frozen']) }, { share });
  },
  tell({ share }, m) {
    const mount = frozenMount(m);
    const times = timesIn(m.account, ['fs-frozen']);
    // Whoever waits until the end was not thawed; what is over can't be undone.
    const isOver = (times.at(-1)?.to ?? 0) < m.account.to - FROZEN.stillMs;
    const where = `The filesystem${mount === undefined ? '' : ` at ${mount}`}`;
    return {
      sentence: `${where} ${isOver ? 'was frozen for a time' : 'is frozen'}: the victim waited ${percent(share)} of its time for it to be thawed.`,
      yardstick: { measure: 'frozen', value: said`${part(share)} of its time`, against: 'a filesystem in use: never' },
      culprit: mount === undefined ? null : { kind: 'filesystem', name: mount },
      evidence: [
        {
          measure: 'waiting for the freeze to end',
          value: said`${time(total(times))} (${part(share)})`,
          meaning: 'asleep where a write begins (sb_start_write), which only a frozen filesystem makes wait',
          source: FIDELITY[m.account.source].waits,
        },
      ],
      advice: [
        ...(isOver ? [] : [advise`If no snapshot is under way, thaw it: ${thaw(mount)}.`]),
        advise`Look at what takes snapshots of the volume: a backup agent, LVM, the hypervisor’s guest agent (fsfreeze hooks). What they logged then: ${journalAround(m.input, times)}.`,
      ],
    };
  },
});
