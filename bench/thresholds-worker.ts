// One worker of thresholds.ts. It opens every recorded stall once and keeps the case, its measures, and which numbers each of the two steps
// read. A changed number is tried on the stalls that read it, the quick ones first, up to the first that is diagnosed differently; measures
// are made again only where measuring itself reads the number. What no stall notices is tried on the unit tests that read it.

import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { diffFacts } from '../src/analysis/machine/changes.js';
import { measure, type Measures } from '../src/analysis/measures.js';
import { loadCauses } from '../src/catalogue.js';
import { diagnose } from '../src/causes/judge/diagnose.js';
import type { Case } from '../src/model/case.js';
import { openCase } from '../src/open/recording.js';
import { renderJson } from '../src/present/json.js';
import { stalls, unpack } from '../test/support/stalls.js';
import { allFigures, change, valueOf, watchReads } from '../test/support/thresholds.js';
import { noticedByTests } from './thresholds-tests.js';
import type { Mutation, Outcome } from './thresholds.js';

interface Stall {
  readonly name: string;
  readonly input: Case;
  readonly measures: Measures;
  readonly json: string;
  /** Ids of the numbers that measuring read, and that the diagnosis read. */
  readonly measured: ReadonlySet<string>;
  readonly argued: ReadonlySet<string>;
  readonly tookMs: number;
}

const figures = await allFigures();
const causes = await loadCauses();

/** What opening a recording has judged already is judged again, and a copy keeps nothing remembered of the original. */
function measureAnew(input: Case): Measures {
  return measure({ ...input, changes: diffFacts(input.facts) });
}

function argue(measures: Measures): string {
  return renderJson(diagnose({ ...measures }, causes, 'iowitness test').diagnosis);
}

/** The ids of the numbers that are read while something runs. */
function readBy<T>(run: () => T): { readonly result: T; readonly ids: ReadonlySet<string> } {
  const reads = watchReads(figures);
  const result = run();
  reads.stop();
  return { result, ids: reads.ids };
}

async function openStall(name: string, folder: string): Promise<Stall> {
  unpack(name, path.join(folder, name));
  const input = await openCase(path.join(folder, name));
  const began = performance.now();
  const measured = readBy(() => measureAnew(input));
  const argued = readBy(() => argue(measured.result));
  return {
    name,
    input,
    measures: measured.result,
    json: argued.result,
    measured: measured.ids,
    argued: argued.ids,
    tookMs: performance.now() - began,
  };
}

async function openStalls(): Promise<Stall[]> {
  const folder = mkdtempSync('/var/tmp/iowitness-thresholds-');
  try {
    const opened: Stall[] = [];
    for (const name of stalls()) opened.push(await openStall(name, folder));
    return opened.sort((a, b) => a.tookMs - b.tookMs);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The first recorded stall that is diagnosed differently. */
function noticedByStall(opened: readonly Stall[], { id, to }: Mutation): string | null {
  const figure = figures.find((one) => one.id === id);
  if (!figure) throw new Error(`there is no number ${id}`);
  const value = valueOf(figure);
  change(figure, to);
  try {
    const noticing = opened.find((stall) => {
      if (stall.measured.has(id)) return argue(measureAnew(stall.input)) !== stall.json;
      return stall.argued.has(id) && argue(stall.measures) !== stall.json;
    });
    return noticing?.name ?? null;
  } finally {
    change(figure, value);
  }
}

async function outcomeOf(opened: readonly Stall[], mutation: Mutation): Promise<Outcome> {
  const { id, to, tests } = mutation;
  const stall = noticedByStall(opened, mutation);
  return { id, to, noticedBy: stall ?? (await noticedByTests(id, to, tests)), byStall: stall !== null };
}

const opened = await openStalls();
process.on('message', (mutation: Mutation) => {
  void outcomeOf(opened, mutation).then((outcome) => process.send?.(outcome));
});
process.send?.('ready');
