// The text of a plan → a checked plan, or one sentence with the line and column of what is wrong. Nothing of the machine is looked at here: whether it can do
// what the plan asks is check-plan.ts's to say.

import * as v from 'valibot';
import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { UserError } from '../../base/errors.js';
import { typedAmount, type Amount } from '../../base/typed.js';
import { FALL } from '../../model/thresholds/measuring.js';
import { usualBlock } from '../../experiment/order.js';
import type { Change } from './change.js';
import { KINDS } from './kinds.js';
import { Kernel, Machine, machineOf, type PlannedMachine } from './machine.js';
import { count, Path, Size, Time, typed, within, Words } from './plan-values.js';

/** What is run: a property of `workload`, of which a plan has one. */
const WORKLOADS = {
  command: v.union([Words, v.pipe(v.array(Words), v.minLength(1))], 'a command line, or a list of its words'),
  dd: Words,
  snapshot: v.strictObject({
    size: Size,
    every: Time,
    readers: v.optional(count(0, 64), 2),
    block: v.optional(Size, '64k'),
  }),
  fio: Path,
} as const;

const Arm = v.strictObject({
  name: v.pipe(v.string('a name'), v.regex(/^[\w][\w .,+-]{0,60}$/, 'a name of letters, digits, spaces and -.,+')),
  changes: v.optional(v.array(v.unknown(), 'a list of changes'), []),
  /** Its runs are made in a guest that has this kernel; see guest.ts. */
  kernel: v.optional(Kernel),
  machine: v.optional(Machine),
});

/** Throughput is told by intervals of at most so long unless a plan says otherwise, s. */
const USUAL_INTERVAL = 1;
const LEAST_INTERVAL = 0.1;

/**
 * A fall is told from so many intervals before it and so many since: a short run has twice as many as that, or one in its middle could not be told however
 * deep it is.
 */
function usualInterval(run: number): number {
  return Math.max(LEAST_INTERVAL, Math.min(USUAL_INTERVAL, run / (2 * (FALL.before + FALL.stays))));
}

const PlanSchema = v.strictObject({
  name: v.optional(Words),
  volume: Path,
  workload: v.unknown(),
  pressure: v.optional(
    v.strictObject({ memory: typed<Amount>(typedAmount, 'a share such as 95%, or a size such as 4G') }),
  ),
  /** Of all arms that don't say otherwise. */
  kernel: v.optional(Kernel),
  machine: v.optional(Machine),
  arms: v.pipe(v.array(Arm, 'a list of arms'), v.minLength(2, 'a list of at least two arms')),
  repeats: count(1, 1000),
  block: v.optional(count(1, 1000)),
  run: Time,
  'warm-up': v.optional(Time),
  interval: v.optional(typed(within(LEAST_INTERVAL, 60), 'a time from 100ms to 60s')),
  stop: v.optional(v.picklist(['time', 'degraded'], 'time or degraded'), 'time'),
  settle: v.optional(Time, '60s'),
  disks: v.optional(v.array(Words, 'a list of disks')),
  sequential: v.optional(v.boolean('true or false'), false),
  events: v.optional(v.boolean('true or false')),
  seed: v.optional(count(0, 2 ** 31), 1),
});

type Written = v.InferOutput<typeof PlanSchema>;

export type WorkloadPlan = {
  readonly [Name in keyof typeof WORKLOADS]: {
    readonly kind: Name;
    readonly value: v.InferOutput<(typeof WORKLOADS)[Name]>;
  };
}[keyof typeof WORKLOADS];

export interface PlannedArm {
  readonly name: string;
  readonly changes: readonly Change[];
  /** The guest that its runs are made in; absent where they are made on this machine. */
  readonly machine?: PlannedMachine;
}

export interface Plan extends Omit<
  Written,
  'arms' | 'workload' | 'block' | 'name' | 'kernel' | 'machine' | 'interval'
> {
  readonly name: string;
  readonly workload: WorkloadPlan;
  readonly arms: readonly PlannedArm[];
  readonly block: number;
  /** s */
  readonly interval: number;
  /** As it was written. */
  readonly text: string;
  /** Lines of arms, by their place, for what this machine can't do. */
  readonly lineOf: (path: readonly (string | number)[]) => string;
}

type Place = readonly (string | number)[];

/** 'FILE:LINE:COLUMN' of what is at a path; of a key that is not known, of the key. */
function positionOf(file: string, doc: Document, lines: LineCounter, path: Place): string {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const at = depth === 0 ? doc.contents : doc.getIn(path.slice(0, depth), true);
    const parent = depth === 0 ? undefined : depth === 1 ? doc.contents : doc.getIn(path.slice(0, depth - 1), true);
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && key.value === path[depth - 1])
      : undefined;
    const node = isPair(pair) && isNode(pair.key) ? pair.key : at;
    if (!isNode(node) || !node.range) continue;
    const { line, col } = lines.linePos(node.range[0]);
    return `${file}:${line}:${col}`;
  }
  return file;
}

class Problem extends Error {
  readonly path: Place;
  constructor(path: Place, words: string) {
    super(words);
    this.path = path;
  }
}

function shownValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** What stands at a path. */
function valueAt(value: unknown, path: Place): unknown {
  const entries: unknown = path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null
        ? Object.entries(at).find(([name]) => name === String(key))?.[1]
        : undefined,
    value,
  );
  return entries;
}

/** The first thing that is wrong, as a Problem. */
function parse<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  path: Place,
  keys?: readonly string[],
): v.InferOutput<Schema> {
  const { success, output, issues } = v.safeParse(schema, value);
  if (success) return output;
  // A property that is not known is most often one that is missing, misspelt.
  const issue = issues.find(({ type, expected }) => type === 'strict_object' && expected === 'never') ?? issues[0];
  const own = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
  const at = [...path, ...own];
  const name = at.findLast((part) => typeof part === 'string') ?? 'the plan';
  if (issue.type === 'strict_object' && issue.expected === 'never')
    throw new Problem(
      at,
      `there is no property ‘${name}’${own.length === 1 && keys ? `; there are ${keys.join(', ')}` : ''}`,
    );
  if (issue.type === 'strict_object' && issue.received === 'undefined')
    throw new Problem(at.slice(0, -1), `the property ‘${name}’ is missing`);
  throw new Problem(
    at,
    `${name} is ${shownValue(valueAt(value, own))}, and should be ${issue.type === 'strict_object' ? 'a list of properties' : issue.message}`,
  );
}

/** The one property that a value has, which the table knows. */
function only(
  value: unknown,
  path: Place,
  what: string,
  known: readonly string[],
): readonly [name: string, value: unknown] {
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  const [entry] = entries;
  if (!entry || entries.length > 1)
    throw new Problem(
      path,
      `${what} is ${shownValue(value)}, and should be one of ${known.map((name) => `${name}: …`).join(', ')}`,
    );
  if (!known.includes(entry[0]))
    throw new Problem([...path, entry[0]], `there is no ${what} ‘${entry[0]}’; there are ${known.join(', ')}`);
  return entry;
}

function workloadOf(value: unknown): WorkloadPlan {
  const [name, own] = only(value, ['workload'], 'workload', Object.keys(WORKLOADS));
  const path = ['workload', name];
  if (name === 'dd') return { kind: 'dd', value: parse(WORKLOADS.dd, own, path) };
  if (name === 'fio') return { kind: 'fio', value: parse(WORKLOADS.fio, own, path) };
  if (name === 'command') return { kind: 'command', value: parse(WORKLOADS.command, own, path) };
  return { kind: 'snapshot', value: parse(WORKLOADS.snapshot, own, path, Object.keys(WORKLOADS.snapshot.entries)) };
}

function changeOf(value: unknown, path: Place): Change {
  const [name, own] = only(value, path, 'change', Object.keys(KINDS));
  const kind = KINDS[name];
  if (!kind) throw new Problem(path, `there is no change ‘${name}’`);
  return kind.bind(parse(kind.schema, own, [...path, name]));
}

/** `plan`: what stands for all arms. */
function armOf(
  { name, changes, kernel, machine }: Written['arms'][number],
  at: number,
  plan: Pick<Written, 'kernel' | 'machine'>,
): PlannedArm {
  const path = ['arms', at];
  const booted = kernel ?? plan.kernel;
  if (machine !== undefined && booted === undefined)
    throw new Problem([...path, 'machine'], 'a machine needs a kernel to boot: add kernel: to the arm or the plan');
  return {
    name,
    changes: changes.map((change, place) => changeOf(change, [...path, 'changes', place])),
    ...(booted !== undefined && { machine: machineOf(booted, plan.machine, machine) }),
  };
}

function build(written: Written, file: string, { text, lineOf }: Pick<Plan, 'text' | 'lineOf'>): Plan {
  const { name = file.replace(/^.*\//, '').replace(/\.ya?ml$/, ''), ...others } = written;
  const { arms, workload, block, kernel, machine, ...rest } = others;
  const names = arms.map((arm) => arm.name);
  const twice = names.findIndex((one, at) => names.indexOf(one) < at);
  if (twice >= 0) throw new Problem(['arms', twice, 'name'], `a second arm is named ‘${names[twice]}’`);
  const repeats = rest.repeats;
  if (block !== undefined && block > repeats)
    throw new Problem(['block'], `block is ${block}, more than the ${repeats} repeats`);
  const planned = arms.map((arm, at) => armOf(arm, at, { kernel, machine }));
  if (machine !== undefined && planned.every((arm) => arm.machine === undefined))
    throw new Problem(['machine'], 'a machine needs a kernel to boot, and no arm has one: add kernel:');
  return {
    ...rest,
    name,
    workload: workloadOf(workload),
    arms: planned,
    interval: rest.interval ?? usualInterval(rest.run),
    block: block ?? usualBlock(repeats, rest.sequential),
    text,
    lineOf,
  };
}

/** Throws a UserError that names the place in the file. */
export function parsePlan(text: string, file: string): Plan {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true });
  const [error] = doc.errors;
  if (error) {
    const [place] = error.linePos ?? [];
    throw new UserError(
      `${file}${place ? `:${place.line}:${place.col}` : ''}: ${error.message.split('\n')[0]?.replace(/ at line .*$/, '')}: mend the plan’s YAML.`,
    );
  }
  const lineOf: Plan['lineOf'] = (path) => positionOf(file, doc, lines, path);
  try {
    if (!isMap(doc.contents))
      throw new Problem([], `the plan is ${shownValue(doc.toJS())}, and should be a list of properties`);
    // Aliases that multiply are refused by the library's own limit.
    return build(parse(PlanSchema, doc.toJS(), [], Object.keys(PlanSchema.entries)), file, { text, lineOf });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    throw new UserError(`${lineOf(problem.path)}: ${problem.message}.`);
  }
}
