// What an event says as text → the fields that its table keeps, named as in the kernel's format files. The kernel prints events in a form that
// changed over time, and trace-cmd and perf have forms of their own for the scheduler's: all that are known are tried.
//
//   block_rq_issue:    8,0 WS 4096 () 223490 + 8 none,0,0 [dd]      (the priority since 6.10)
//   block_rq_complete: 8,0 WS () 223490 + 8 none,0,0 [0]
//   block_bio_queue:   8,0 WS 223490 + 8 [dd]
//   sched_switch:      prev_comm=dd prev_pid=7 prev_prio=120 prev_state=D ==> next_comm=sh next_pid=9 next_prio=120
//                      dd:7 [120] D ==> sh:9 [120]
//
// Source: the TP_printk of include/trace/events/block.h and sched.h.

/** Numbers by field; texts to be kept are told apart. */
export interface EventFields {
  readonly numbers: Readonly<Record<string, number>>;
  readonly rwbs?: string;
  /** Names of threads that the event tells. */
  readonly names?: readonly (readonly [pid: number, name: string])[];
}

const BLOCK =
  /^(\d{1,4}),(\d{1,7}) ([A-Z]{1,8}) (?:\d{1,10} )?(?:\([^()]{0,512}\) )?(\d{1,20}) \+ (\d{1,10})(?: [\w-]{1,16},\w{1,8},\w{1,8})?(?: \[([^[]{0,64})\])?$/;
const SPLIT = /^(\d{1,4}),(\d{1,7}) ([A-Z]{1,8}) (\d{1,20}) \/ (\d{1,20})(?: \[.{0,64}\])?$/;
const SWITCH =
  /^prev_comm=(.{0,64}) prev_pid=(\d+) prev_prio=-?\d+ prev_state=(\S+) ==> next_comm=(.{0,64}) next_pid=(\d+) next_prio=-?\d+/;
const SHORT_SWITCH = /^(.{0,64}):(\d+) \[-?\d+\] (\S+) ==> (.{0,64}):(\d+) \[-?\d+\]/;
const WAKING = /^comm=(.{0,64}) pid=(\d+) prio=-?\d+/;
const SHORT_WAKING = /^(.{0,64}):(\d+) \[-?\d+\]/;
const FORK = /^comm=(.{0,64}) pid=(\d+) child_comm=(.{0,64}) child_pid=(\d+)/;

/** Bits of a task's state by the letters that stand for them (fs/proc/array.c, include/linux/sched.h). */
const STATE_BITS: Readonly<Record<string, number>> = { R: 0, S: 1, D: 2, T: 4, t: 8, X: 16, Z: 32, P: 64, I: 0x402 };

function deviceOf(major: string | undefined, minor: string | undefined): number {
  return Number(major) * 0x10_0000 + Number(minor);
}

function blockFields(event: string, text: string): EventFields | undefined {
  if (event === 'block_split') {
    const [, major, minor, rwbs = '', sector, rest] = SPLIT.exec(text) ?? [];
    if (rest === undefined) return undefined;
    return { numbers: { dev: deviceOf(major, minor), sector: Number(sector), new_sector: Number(rest) }, rwbs };
  }
  const [, major, minor, rwbs = '', sector, sectors, last] = BLOCK.exec(text) ?? [];
  if (sectors === undefined) return undefined;
  const error = Number(/^-?\d+$/.exec(last ?? '')?.[0] ?? 0);
  return {
    numbers: { dev: deviceOf(major, minor), sector: Number(sector), nr_sector: Number(sectors), error },
    rwbs,
  };
}

function switchFields(text: string): EventFields | undefined {
  const [, prevName = '', prev, state = 'R', nextName = '', next] = SWITCH.exec(text) ?? SHORT_SWITCH.exec(text) ?? [];
  if (next === undefined) return undefined;
  const [letter = 'R'] = state;
  return {
    numbers: { prev_pid: Number(prev), prev_state: STATE_BITS[letter] ?? 0, next_pid: Number(next) },
    names: [
      [Number(prev), prevName],
      [Number(next), nextName],
    ],
  };
}

/** The fields of an event; undefined where the text is in no form that is known. */
export function fieldsOf(event: string, text: string, flags: number): EventFields | undefined {
  if (event.startsWith('block_')) return blockFields(event, text);
  switch (event) {
    case 'sched_switch':
      return switchFields(text);
    case 'sched_waking': {
      const [, name = '', pid] = WAKING.exec(text) ?? SHORT_WAKING.exec(text) ?? [];
      if (pid === undefined) return undefined;
      return { numbers: { pid: Number(pid), common_flags: flags }, names: [[Number(pid), name]] };
    }
    case 'sched_process_fork': {
      const [, name = '', parent, , child] = FORK.exec(text) ?? [];
      if (child === undefined) return undefined;
      return { numbers: { parent_pid: Number(parent), child_pid: Number(child) }, names: [[Number(parent), name]] };
    }
    default:
      return undefined;
  }
}

/** Events whose text is understood. */
export const UNDERSTOOD: ReadonlySet<string> = new Set([
  'block_bio_queue',
  'block_split',
  'block_getrq',
  'block_rq_issue',
  'block_rq_requeue',
  'block_rq_complete',
  'block_bio_complete',
  'sched_switch',
  'sched_waking',
  'sched_process_fork',
]);
