// Makes recorded stalls of kept drills: `iowitness drill … --keep FOLDER --json > RUNS.json`, then
// `node dist/test/support/make-stalls-main.js RUNS.json [OUT]`. Of a drill's runs the one that packs smallest is taken, as root and as the
// victim's user, unless OUT has it already; of that as much as packs into LEAST_BYTES, if its verdict stays what it is of the whole.
// `… make-stalls-main.js --one FROM.iow NAME TRUTH.json [FROM_MS TO_MS] [KEPT_NAME…]` makes one of any recording.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isKernelName } from '../../src/analysis/machine/kernel-names.js';
import { loadDrills } from '../../src/catalogue.js';
import type { DrillReport, DrillRun } from '../../src/model/drills.js';
import type { Diagnosis } from '../../src/model/diagnosis.js';
import { diagnoseRecording } from '../../src/pipeline.js';
import { copyRecording } from '../../src/recording/copy/copy-recording.js';
import { Pseudonyms } from '../../src/recording/copy/pseudonyms.js';
import { packed, STALLS, type Truth } from './stalls.js';

/** Names that the lab gives to what it starts. */
const LAB_NAMES = (
  'mysqld clickhouse postgres etcd prometheus rsyncd minio journald node sh scanner poller mailqueue ' +
  'worker importer encoder backup logd httpd compactor indexer iowitness iowitness-probe fsfreeze'
).split(' ');
const AIM_BYTES = 320_000;
/** More than this of an original never packs into that. */
const MOST_BYTES = 40e6;
const BEST_QUALITY = 11;
const QUICK_QUALITY = 5;
/** What is kept of a stall that begins late: so much before it at least, ms. */
const BEFORE_MS = 1500;

interface Cut {
  readonly window: readonly [number, number] | undefined;
  readonly bytes: Buffer;
  readonly verdict: Diagnosis['verdict'];
}

async function cut(
  from: string,
  window: readonly [number, number] | undefined,
  quality: number,
  keep: readonly string[] = [],
): Promise<Cut> {
  const folder = mkdtempSync('/var/tmp/iowitness-stall-');
  const to = path.join(folder, 'copy.iow');
  try {
    const names = new Pseudonyms({ keepNames: [...LAB_NAMES, ...keep], isKernelName: isKernelName });
    copyRecording(from, to, { names, ...(window && { fromMs: window[0], toMs: window[1] }) });
    const { diagnosis } = await diagnoseRecording(to, '');
    return { window, bytes: packed(to, quality), verdict: diagnosis.verdict };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function bytesOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
}

/** Windows to try, the longest first. A late onset lies within each. */
function windowsOf(durationMs: number, onsetMs: number | null): readonly (readonly [number, number] | undefined)[] {
  const begin = onsetMs !== null && onsetMs > BEFORE_MS ? onsetMs - BEFORE_MS : 300;
  const least = onsetMs !== null && onsetMs > BEFORE_MS ? BEFORE_MS : 0;
  const lengths = [5000, 4000, 3000, 2500, 2000, 1500, 1000, 700, 500].filter((ms) => begin + least + ms <= durationMs);
  return [undefined, ...lengths.map((ms) => [begin, begin + least + ms] as const)];
}

/** The longest part that packs small enough; otherwise the smallest whose verdict is that of the whole. */
async function smallest(recording: string): Promise<Cut> {
  const { diagnosis } = await diagnoseRecording(recording, '');
  const { verdict } = diagnosis;
  const onset = verdict.fromStart ? null : verdict.sinceMs;
  let best: Cut | undefined;
  for (const window of windowsOf(diagnosis.recording.durationMs, onset)) {
    const lengthMs = window ? window[1] - window[0] : diagnosis.recording.durationMs;
    if (bytesOf(recording) * (lengthMs / diagnosis.recording.durationMs) > MOST_BYTES) continue;
    const tried = await cut(recording, window, QUICK_QUALITY);
    if (tried.verdict.cause !== verdict.cause) continue;
    if (!best || tried.bytes.length < best.bytes.length) best = tried;
    if (best.bytes.length <= AIM_BYTES * 1.25) break;
  }
  if (!best) throw new Error(`${recording}: no part of it that packs small has the verdict of the whole`);
  return best;
}

function write(name: string, { window, bytes }: Cut, truth: Truth, out: string): void {
  writeFileSync(path.join(out, `${name}.tar.br`), bytes);
  writeFileSync(
    path.join(out, `${name}.json`),
    `${JSON.stringify({ ...truth, ...(window && { window: window.map(Math.round) }) }, null, 2)}\n`,
  );
}

async function fromDrills(report: DrillReport, out: string): Promise<void> {
  const drills = await loadDrills();
  for (const drill of drills) {
    const runs = report.runs.filter((run) => run.drill === drill.id && run.events?.right === true);
    for (const as of ['root', 'user'] as const) {
      if (existsSync(path.join(out, `${drill.id}-${as}.json`))) continue;
      const cuts: { readonly run: DrillRun; readonly recording: string; readonly cut: Cut }[] = [];
      for (const run of runs) {
        const recording = run.recordings?.find((one) => one.endsWith(`-${as}.iow`));
        if (recording !== undefined) cuts.push({ run, recording, cut: await smallest(recording) });
      }
      const best = cuts.sort((a, b) => a.cut.bytes.length - b.cut.bytes.length)[0];
      if (!best) {
        console.log(`${drill.id}-${as}: no run that was right`);
        continue;
      }
      const { run, recording } = best;
      const final = await cut(recording, best.cut.window, BEST_QUALITY);
      const isTold = drill.verdicts.includes(final.verdict.cause);
      write(
        `${drill.id}-${as}`,
        final,
        {
          of: `drill ${drill.id}`,
          seed: run.seed,
          parameters: run.parameters,
          verdicts: drill.verdicts,
          ...(as === 'root' && drill.named && { named: drill.named }),
          ...(as === 'user' && !isTold && { notTold: drill.needsEvents ?? 'counters alone' }),
        },
        out,
      );
      const { cause, confidence } = final.verdict;
      const kept = final.window ? final.window.map(Math.round).join('–') : 'whole';
      console.log(`${drill.id}-${as}: ${final.bytes.length} bytes, ${kept}, ${cause} ${confidence.toFixed(2)}`);
    }
  }
}

const [first = '', ...rest] = process.argv.slice(2);
if (first === '--one') {
  const [from = '', name = '', truth = '', fromMs, toMs, ...keep] = rest;
  const window = fromMs !== undefined && toMs !== undefined ? ([Number(fromMs), Number(toMs)] as const) : undefined;
  const made = await cut(from, window, BEST_QUALITY, keep);
  write(name, made, JSON.parse(readFileSync(truth, 'utf8')), STALLS);
  console.log(`${name}: ${made.bytes.length} bytes, ${made.verdict.cause} ${made.verdict.confidence.toFixed(2)}`);
} else await fromDrills(JSON.parse(readFileSync(first, 'utf8')), rest[0] ?? STALLS);
