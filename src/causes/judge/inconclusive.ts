// What is said when no cause holds and health can't be argued either: where the time went, the causes that are likeliest, and what would
// decide. It is a verdict like any other, so that pages and scripts need no second way.

import { shareOf, timesIn, type Measures } from '../../analysis/measures.js';
import { isThere, threadName } from '../../analysis/machine/processes.js';
import { unitsOf } from '../../analysis/machine/units.js';
import { busyShare } from '../../analysis/requests/disk-load.js';
import { percent } from '../../base/format.js';
import { shellWord } from '../../base/shell.js';
import { intersect, Intervals, total } from '../../base/intervals.js';
import { entry } from '../../base/maps.js';
import type { Case } from '../../model/case.js';
import type { Advice, Verdict } from '../../model/diagnosis.js';
import { number, part, said, time } from '../../model/quantity.js';
import type { Segment } from '../../model/segment.js';
import { STATES, type State } from '../../model/states.js';
import { DEVICE_JUDGING, JUDGING, SHOWN } from '../../model/thresholds/judging.js';
import { adviceOf, evidenceOf, type Argument } from '../cause.js';
import { advise, look, type Command } from './advice.js';
import { SOURCE_NOUNS } from './foreign.js';
import { isTraced, UNEXPLAINED } from './judgements.js';
import { keptInside } from './kept-inside.js';
import { devicesLogged, programsLogged } from './logged.js';
import { whatWasMeasured } from './measured.js';
import { TRACE } from './fidelity.js';
import type { Holding } from './order.js';

/** Waits for I/O that somebody may keep. */
const BLOCK_WAITS: readonly State[] = ['block-held', 'block-queue', 'block-device'];
const SCHEDULING = /^(__)?schedule(_timeout|_hrtimeout_range(_clock)?)?$/;

/** What a trace shows for certain, whoever waited: whether the device had work, and how it did it. */
function deviceOf(m: Measures): Argument[] {
  const { load, input } = m;
  if (input.source === 'recording' || !load) return [];
  const busy = busyShare(load, Intervals.of([{ from: 0, to: input.durationMs }]));
  return [
    {
      measure: `${m.topology.name(load.disk)} during the trace`,
      value: said`busy ${part(busy)} of ${time(input.durationMs)}, ${number(load.rows.length)} requests`,
      meaning:
        busy < DEVICE_JUDGING.hadRoom
          ? 'the device had room: whoever was slow meanwhile was held up above the block layer, or was idle'
          : 'the device had work for most of the time',
      source: TRACE,
    },
  ];
}

/** Where in the kernel it slept for longest in states that nothing explains: what a person who knows the kernel asks for first. */
function stacksOf({ account, input }: Measures): Argument[] {
  const byStack = new Map<number, number>();
  for (const { state, stack, from, to } of account?.segments ?? [])
    if (stack !== undefined && UNEXPLAINED.includes(state)) byStack.set(stack, (byStack.get(stack) ?? 0) + to - from);
  const wall = account ? account.to - account.from : 0;
  return [...byStack]
    .sort((a, b) => b[1] - a[1])
    .slice(0, SHOWN.stacks)
    .filter(([, ms]) => ms >= SHOWN.leastOfStack * wall)
    .map(([stack, ms]): Argument => {
      const frames = input.events?.stacks.stacks[stack] ?? [];
      const told = frames.filter((frame) => !SCHEDULING.test(frame)).slice(0, SHOWN.frames);
      return {
        measure: 'kernel stack',
        value: said`${time(ms)} (${part(ms / wall)}) in ${told.join(' ← ')}`,
        meaning: 'where it slept, the innermost function first',
        source: 'stack trace at sched:sched_switch',
      };
    });
}

/** Which thread let the lock of the memory map go, and what it had waited for meanwhile: that is what the victim waited for. */
function mapLockOf({ account, input }: Measures): Argument[] {
  const waits = account?.segments.filter(({ state }) => state === 'map-lock') ?? [];
  const ms = total(waits);
  if (!account || ms < JUDGING.noticeable * (account.to - account.from)) return [];
  const byThread = new Map<number, Segment[]>();
  for (const wait of waits) entry(byThread, wait.wokenBy ?? 0, () => []).push(wait);
  const [holder, ended] = [...byThread].sort((a, b) => total(b[1]) - total(a[1]))[0] ?? [0, []];
  const line = account.lines.get(holder);
  const meanwhile = (state: State) => total(intersect(line?.timesIn([state]) ?? [], ended));
  const [most] = [...(line?.sums().keys() ?? [])]
    .map((state): [State, number] => [state, meanwhile(state)])
    .sort((a, b) => b[1] - a[1]);
  return [
    {
      measure: 'who released the memory map',
      value: said`${holder > 0 ? `${threadName(input, holder) || `thread ${holder}`} (${holder})` : 'not known'}, after ${time(total(ended))} of ${time(ms)}`,
      meaning: most ? `it was itself mostly ${STATES[most[0]]} meanwhile` : 'what it did meanwhile was not recorded',
      source: 'sched:sched_waking, sched_switch with kernel stacks',
    },
  ];
}

/** What would decide on the candidates, which may be the same for several: that it tells one from the other is why both are left. */
function deciding(candidates: readonly Holding[]): Advice[] {
  const onWhat = new Map<string, { readonly ids: string[]; readonly commands: Advice['commands'] }>();
  for (const { cause, finding } of candidates) {
    if (finding.decidedBy === undefined) continue;
    const { text, commands } = adviceOf(finding.decidedBy);
    entry(onWhat, text, () => ({ ids: [], commands })).ids.push(cause.id);
  }
  return [...onWhat].map(([text, { ids, commands }]) => ({
    text: `What would decide on ${ids.join(' and ')}: ${text}.`,
    commands,
  }));
}

/** A recorder that was ended before it had read anything, or whose logs are lost, leaves a manifest alone. */
function isEmpty({ source, durationMs, facts, events }: Case): boolean {
  return source === 'recording' && (durationMs === 0 || (facts.length === 0 && (events?.count ?? 0) === 0));
}

/** The same again: of what `check` and `record` started the whole, of a process that has not ended that one, or else whoever does the most I/O. */
function sameAgain({ input, account }: Measures): Command {
  const { directory, argv } = input.manifest.plan ?? {};
  if (directory !== undefined) return look(`iowitness check ${shellWord(directory)}`);
  // What it ran is not repeated for anybody who only pastes.
  if (argv) return look('iowitness record -- COMMAND');
  const isOn = account && isThere(input, account.pid);
  return look(`iowitness record --for 60s${isOn ? ` --pid ${account.pid}` : ''}`);
}

/** What would show more than this recording does. */
function recordNext(m: Measures): Advice {
  const { input, account } = m;
  const again = input.source === 'recording' ? sameAgain(m) : look('iowitness record --for 60s --pid PID');
  if (isEmpty(input)) return advise`Record again: ${again}, as root.`;
  if (input.source === 'benchmark')
    return advise`Run it again while it is recorded: ${look('iowitness record -- fio JOBFILE')}, as root.`;
  if (input.source !== 'recording')
    return advise`Record what ${SOURCE_NOUNS[input.source]} leaves out: ${again}, as root.`;
  if (account?.source === 'events') return advise`Look at the accounting and record for longer: ${again}.`;
  return account && isTraced(m, 'sched_switch')
    ? advise`It did not move once while it was recorded: ${look(`cat /proc/${account.thread}/stack`)} shows where it stands.`
    : advise`Record as root, so that the victim’s sleeps and the requests are seen: ${again}.`;
}

/** Where what it waited for may be, if its disk kept all of it from what it stands on. */
function insideAdvice(m: Measures): Advice[] {
  const { account } = m;
  if (!account || shareOf(account, BLOCK_WAITS) < JUDGING.noticeable) return [];
  const kept = keptInside(m, timesIn(account, BLOCK_WAITS));
  return kept ? [kept.advice] : [];
}

/** The likeliest causes with what each says, or the state that most of the time went into, and `why` the victim is not called healthy. */
function sentence({ account, input }: Measures, why: string, candidates: readonly Holding[]): string {
  if (isEmpty(input)) return 'Nothing was recorded, so there is nothing to judge.';
  if (input.source === 'statistics' || input.source === 'benchmark')
    return `No stall is told or ruled out: what held a process up is not in ${SOURCE_NOUNS[input.source]}.`;
  if (candidates.length > 0) {
    const names = candidates.map(({ cause }) => cause.id).join(' or ');
    const told = candidates.map(({ finding }) => finding.sentence).join(' ');
    return `Perhaps ${names}, but the recording does not show ${candidates.length > 1 ? 'which' : 'it'} for certain. ${told}`;
  }
  const waits = [...(account?.ms ?? [])].filter(([state]) => state !== 'running');
  const [largest] = waits.sort((a, b) => b[1] - a[1]);
  const wall = account ? account.to - account.from : 0;
  return largest && wall > 0
    ? `No known cause explains what was recorded: the victim spent ${percent(largest[1] / wall)} of its time ${STATES[largest[0]]}; ${why}.`
    : `There is no verdict: ${why}.`;
}

/** Whose time a verdict is about. */
export function victimOf({ account, input }: Measures): Verdict['victim'] {
  if (!account) return null;
  const unit = unitsOf(input)(account.pid);
  return { pid: account.pid, name: account.name, ...(unit !== undefined && { unit }) };
}

/** `why`: what keeps the victim from being called healthy. */
export function inconclusive(m: Measures, why: string, candidates: readonly Holding[]): Verdict {
  return {
    cause: 'inconclusive',
    layer: 'none',
    sureness: null,
    confidence: 0,
    score: 0,
    share: 0,
    since: null,
    sinceMs: null,
    fromStart: false,
    onset: null,
    victim: victimOf(m),
    culprit: null,
    sentence: sentence(m, why, candidates),
    evidence: [
      ...candidates.flatMap(({ finding }) => finding.evidence),
      ...deviceOf(m),
      ...whatWasMeasured(m),
      ...devicesLogged(m),
      ...programsLogged(m),
      ...mapLockOf(m),
      ...stacksOf(m),
    ].map(evidenceOf),
    advice: [...deciding(candidates), ...insideAdvice(m), recordNext(m)].map(adviceOf),
  };
}
