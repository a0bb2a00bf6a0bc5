// The head of a line of kernel events as text: which thread, on which CPU, when, which event. Three tools print three forms.
//
//   ftrace     dd-1234    [001] d..2.  1234.567890: block_rq_issue: 8,0 WS …       thread-pid [cpu] flags time: event: text
//   trace-cmd  dd-1234    [001]  1234.567890: block_rq_issue:       8,0 WS …
//   perf       dd  1234 [001]  1234.567890: block:block_rq_issue: 8,0 WS …         (the pid may be pid/tid)
//
// Source: Documentation/trace/ftrace.rst, 'Output format'; trace-cmd-report(1); perf-script(1).

import { bareName } from '../ftrace/symbols.js';
import { unquoted } from '../unquoted.js';

/** The context of ftrace's flags, as common_flags has it (include/linux/trace_events.h). */
const IN_HARD_INTERRUPT = 0x08;
const IN_SOFT_INTERRUPT = 0x10;

export interface EventLine {
  readonly name: string;
  readonly pid: number;
  readonly cpu: number;
  readonly ns: bigint;
  /** common_flags, as far as the text tells: 0 where it has none. */
  readonly flags: number;
  readonly event: string;
  /** What the event says. */
  readonly text: string;
}

/** No line of an event that is made use of is longer. */
const MOST_LETTERS = 1024;
/** trace-cmd puts the name of a trace instance before each line. */
const INSTANCE = /^[\w.-]+: +(?=\S)/;
const TIME = String.raw`(\d{1,9})\.(\d{6,9})`;
const FTRACE_HEAD = String.raw`^\s*(.{1,32}?)-(\d{1,10})\s+(?:\(\s*[\d-]+\)\s+)?\[(\d{1,5})\]\s+(?:(\S{3,8})\s+)?${TIME}: `;
const FTRACE = new RegExp(String.raw`${FTRACE_HEAD}(\w{1,64}):\s+(.*)$`);
const PERF = new RegExp(
  String.raw`^\s*(.{1,32}?)\s+(?:\d{1,10}\/)?(\d{1,10})\s+\[(\d{1,5})\]\s+${TIME}:\s+(?:\d+\s+)?\w+:(\w{1,64}):\s+(.*)$`,
);
/** ftrace names a stack so, and lists it on lines of its own. */
const STACK = new RegExp(String.raw`${FTRACE_HEAD}<stack trace>\s*$`);

/** The third letter of the flags: h and H a hard interrupt, s a soft one, z and Z not maskable. */
function flagsOf(letters: string | undefined): number {
  const context = letters?.[2] ?? '.';
  if (context === 's') return IN_SOFT_INTERRUPT;
  return 'hHzZ'.includes(context) ? IN_HARD_INTERRUPT : 0;
}

function nsOf(seconds: string, fraction: string): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** A line of an event; undefined for everything else. */
export function parseEventLine(line: string): EventLine | undefined {
  if (line.length > MOST_LETTERS) return undefined;
  const bare = unquoted(line).replace(INSTANCE, '');
  const ftrace = FTRACE.exec(bare);
  if (ftrace) {
    const [, name = '', pid, cpu, flags, seconds = '0', fraction = '0', event = '', text = ''] = ftrace;
    return {
      name,
      pid: Number(pid),
      cpu: Number(cpu),
      ns: nsOf(seconds, fraction),
      flags: flagsOf(flags),
      event,
      text,
    };
  }
  const stack = STACK.exec(bare);
  if (stack) {
    const [, name = '', pid, cpu, , seconds = '0', fraction = '0'] = stack;
    return {
      name,
      pid: Number(pid),
      cpu: Number(cpu),
      ns: nsOf(seconds, fraction),
      flags: 0,
      event: 'kernel_stack',
      text: '',
    };
  }
  const perf = PERF.exec(bare);
  if (!perf) return undefined;
  const [, name = '', pid, cpu, seconds = '0', fraction = '0', event = '', text = ''] = perf;
  return { name, pid: Number(pid), cpu: Number(cpu), ns: nsOf(seconds, fraction), flags: 0, event, text };
}

/** A function of a kernel stack, on a line of its own: ` => schedule+0x2c`, or perf's `ffffffff81 schedule+0x2c ([kernel.kallsyms])`. */
export function parseFrame(line: string): string | undefined {
  const bare = unquoted(line);
  const [, ofFtrace] = /^=> ([\w.]{1,128})/.exec(bare) ?? [];
  const [, ofPerf] =
    /^[0-9a-f]{8,16} ([\w.]{1,128})(?:\+0x[0-9a-f]+)? \(\[(?:kernel|guest\.kernel|[\w-]+\])/.exec(bare) ?? [];
  const name = ofFtrace ?? ofPerf;
  return name === undefined ? undefined : bareName(name);
}
