// Every JSON document that a command prints, by the name that its `schema` property and its file in docs/schemas/ have.

import type * as v from 'valibot';
import { BaselineSchema } from './baseline.js';
import { BlockStatsSchema } from './block-stats.js';
import { ComparisonSchema } from './comparison.js';
import { DiagnosisSchema } from './diagnosis.js';
import { CopiedSchema } from './copied.js';
import { DifferencesSchema } from './differences.js';
import { DrillReportSchema } from './drills.js';
import {
  FleetCompareSchema,
  FleetDemoSchema,
  FleetEpisodesSchema,
  FleetExportSchema,
  FleetFetchSchema,
  FleetInitSchema,
  FleetShowSchema,
  FleetStatusSchema,
  FleetWhySchema,
} from './fleet.js';
import { HeldSchema } from './held.js';
import { ExperimentSchema, NextSchema } from './experiment.js';
import { TopSchema } from './top.js';
import { HistorySchema } from './history.js';
import { JfrSchema } from './jfr.js';
import { KnownListSchema } from './known.js';
import {
  AbilitiesSchema,
  DrillListSchema,
  ErrorSchema,
  RecordedSchema,
  RecordingsSchema,
  TracedSchema,
  UndoneSchema,
  WrittenSchema,
} from './results.js';
import { WhoSchema } from './who.js';
import { HeapSchema } from './heap.js';
import { ThreadsSchema } from './threads.js';
import { EpisodesSchema } from './watch.js';

/** Each with what prints it. */
export const DOCUMENTS = {
  abilities: { schema: AbilitiesSchema, printedBy: ['doctor --json'] },
  baseline: { schema: BaselineSchema, printedBy: ['baseline --json'] },
  blkstats: { schema: BlockStatsSchema, printedBy: ['blkstats --json'] },
  comparison: { schema: ComparisonSchema, printedBy: ['report BEFORE AFTER --format json'] },
  copied: { schema: CopiedSchema, printedBy: ['dd --json'] },
  diagnosis: { schema: DiagnosisSchema, printedBy: ['diagnose --json', 'check --json', 'report --format json'] },
  'drill-list': { schema: DrillListSchema, printedBy: ['drill --json'] },
  differences: { schema: DifferencesSchema, printedBy: ['compare --json'] },
  drills: { schema: DrillReportSchema, printedBy: ['drill ID --json', 'drill --all --json'] },
  episodes: { schema: EpisodesSchema, printedBy: ['episodes --json'] },
  error: { schema: ErrorSchema, printedBy: ['any command --json that fails'] },
  experiment: { schema: ExperimentSchema, printedBy: ['experiment --json'] },
  'fleet-compare': { schema: FleetCompareSchema, printedBy: ['fleet compare --json'] },
  'fleet-demo': { schema: FleetDemoSchema, printedBy: ['fleet demo --json'] },
  'fleet-episodes': { schema: FleetEpisodesSchema, printedBy: ['fleet episodes --json'] },
  'fleet-init': { schema: FleetInitSchema, printedBy: ['fleet init --json'] },
  'fleet-export': { schema: FleetExportSchema, printedBy: ['fleet export --json'] },
  'fleet-fetch': { schema: FleetFetchSchema, printedBy: ['fleet fetch --json'] },
  'fleet-show': { schema: FleetShowSchema, printedBy: ['fleet show --json'] },
  'fleet-status': { schema: FleetStatusSchema, printedBy: ['fleet status --json'] },
  'fleet-why': { schema: FleetWhySchema, printedBy: ['fleet why --json'] },
  heap: { schema: HeapSchema, printedBy: ['heap --json'] },
  held: { schema: HeldSchema, printedBy: ['hold --json'] },
  history: { schema: HistorySchema, printedBy: ['episodes history --json'] },
  jfr: { schema: JfrSchema, printedBy: ['jfr --json'] },
  known: { schema: KnownListSchema, printedBy: ['known --json'] },
  next: { schema: NextSchema, printedBy: ['experiment next --json'] },
  recorded: { schema: RecordedSchema, printedBy: ['record --json'] },
  recordings: { schema: RecordingsSchema, printedBy: ['ls --json'] },
  top: { schema: TopSchema, printedBy: ['top --json'] },
  threads: { schema: ThreadsSchema, printedBy: ['threads --json'] },
  traced: { schema: TracedSchema, printedBy: ['trace --json'] },
  undone: { schema: UndoneSchema, printedBy: ['undo --json'] },
  who: { schema: WhoSchema, printedBy: ['who --json'] },
  written: { schema: WrittenSchema, printedBy: ['report --json', 'export --json'] },
} as const;

export type JsonDocument = v.InferOutput<(typeof DOCUMENTS)[keyof typeof DOCUMENTS]['schema']>;
