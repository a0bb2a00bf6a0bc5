// The rooms of src/ and what each may import, the check of one file against them, and the search for circles. ARCHITECTURE.md tells why.

import path from 'node:path';
import { codeOnly, importsOf, lineAt } from './source-text.js';

/** Everything but cli may be imported from here. */
const ALL_BUT_CLI = 'all but cli';

const MACHINE = ['base', 'model', 'analysis/machine'];
const REQUESTS = [...MACHINE, 'analysis/requests'];
const ATTRIBUTION = [...REQUESTS, 'analysis/attribution'];
const VICTIM = [...ATTRIBUTION, 'analysis/victim'];
const MEASURES = [...VICTIM, 'analysis'];

/** Room → the rooms that it may import besides itself. A file belongs to the deepest room on its path; those right under src/ to ''. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[] | typeof ALL_BUT_CLI | 'all'>> = {
  base: [],
  model: ['base'],
  capture: ['base', 'model'],
  decode: ['base', 'model'],
  recording: ['base', 'model', 'decode'],
  'analysis/machine': ['base', 'model'],
  'analysis/requests': MACHINE,
  'analysis/attribution': REQUESTS,
  'analysis/victim': ATTRIBUTION,
  analysis: VICTIM,
  'analysis/block-stats': MEASURES,
  'analysis/charts': MEASURES,
  'analysis/export': MEASURES,
  onset: [...MEASURES, 'statistics'],
  'causes/judge': [...MEASURES, 'causes', 'onset', 'statistics'],
  causes: [...MEASURES, 'causes/judge'],
  comparison: [...MEASURES, 'analysis/charts', 'causes/judge'],
  statistics: ['base'],
  differences: [...MEASURES, 'statistics', 'onset', 'comparison', 'causes/judge', 'analysis/charts'],
  experiment: ['base', 'model', 'analysis/charts', 'statistics', 'differences'],
  known: [...MEASURES, 'causes/judge'],
  baseline: REQUESTS,
  present: ['base', 'model'],
  lab: ['base', 'model', 'capture'],
  open: [...MEASURES, 'decode', 'recording', 'analysis/block-stats', 'tools/threads'],
  tools: ['base', 'model'],
  'tools/blkparse': ['base', 'model', 'decode', 'tools'],
  'tools/iostat': ['base', 'model', 'tools'],
  'tools/dd': ['base', 'model', 'statistics', 'tools'],
  'tools/top': ['base', 'model', 'present', 'tools'],
  'tools/threads': ['base', 'model'],
  'tools/heap': ['base', 'model', 'tools/threads'],
  'tools/jfr': ['base', 'model', 'tools/threads'],
  run: ALL_BUT_CLI,
  fleet: ALL_BUT_CLI,
  '': ALL_BUT_CLI,
  cli: 'all',
};

/** Rooms that compute only: what they need is handed to them. */
const PURE =
  /^(analysis|causes|baseline|comparison|differences|known|onset|statistics|experiment|tools\/(?:threads|heap|jfr))(\/|$)/;
const OUTSIDE = /^(?:node:)?(?:fs|child_process|net|http|https|dgram|worker_threads)(?:\/|$)/;

/** Only cli reads the command line and the environment and decides how the process ends. */
const PROCESS_USE = /\bprocess\s*(?:\?\.|\.)\s*(argv|env|exit|exitCode)\b/g;
const PROCESS_NAMES =
  /\bprocess\s*\[\s*['"](argv|env|exit|exitCode)['"]|\bimport\b[^;]*?\b(argv|env|exit|exitCode)\b[^;]*?\bfrom\s*['"](?:node:)?process['"]/g;

/** The room that a path below src/ belongs to; the first folder of the path where the table has none. */
export function roomOf(file: string): string {
  const folders = file.split('/').slice(0, -1);
  for (let depth = folders.length; depth > 0; depth -= 1) {
    const room = folders.slice(0, depth).join('/');
    if (MAY_IMPORT[room] !== undefined) return room;
  }
  return folders[0] ?? '';
}

function importFault(room: string, target: string): string | undefined {
  const allowed = MAY_IMPORT[room];
  if (allowed === undefined) return `the folder '${room}' has no import rule: add it to test/support/import-rules.ts`;
  const permitted =
    target === room ||
    allowed === 'all' ||
    (allowed === ALL_BUT_CLI ? target !== 'cli' : allowed.includes(target) && target !== '');
  return permitted ? undefined : `${room || 'src'} may not import ${target || 'the files right under src'}`;
}

/** The rules that a source breaks, each as 'file:line: sentence'. `file` is the path under src/, with slashes. */
export function faultsIn(file: string, text: string): string[] {
  const room = roomOf(file);
  const faults: string[] = [];
  const fault = (line: number, sentence: string): void => void faults.push(`${file}:${line}: ${sentence}`);

  if (MAY_IMPORT[room] === undefined) fault(1, importFault(room, room) ?? '');
  for (const { specifier, line } of importsOf(text)) {
    if (specifier === undefined) {
      // The catalogue loads the causes' folder whatever files lie in it: that is its whole purpose.
      if (file !== 'catalogue.ts') fault(line, 'import() of a computed name cannot be checked: write the name out');
    } else if (specifier.startsWith('.')) {
      const target = targetOf(file, specifier);
      const sentence = target.startsWith('..')
        ? `${specifier} lies outside src`
        : MAY_IMPORT[room] && importFault(room, roomOf(target));
      if (sentence) fault(line, sentence);
    } else if (PURE.test(room) && OUTSIDE.test(specifier)) {
      fault(line, `${room} only computes and may not import ${specifier}`);
    }
  }
  // A child process's own entry file reads its argument; its parent in the same folder wrote it.
  if (room !== 'cli' && !file.endsWith('-main.ts')) {
    const uses = [...codeOnly(text).matchAll(PROCESS_USE), ...codeOnly(text, true).matchAll(PROCESS_NAMES)];
    for (const use of uses) fault(lineAt(text, use.index), `only cli reads process.${use[1] ?? use[2]}`);
  }
  return faults;
}

function targetOf(file: string, specifier: string): string {
  return path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '.ts');
}

/** Circles of imports, of types as well, each as 'a.ts → b.ts → a.ts'; `sources` are texts by path under src/. */
export function circlesIn(sources: ReadonlyMap<string, string>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (file: string): void => {
    const at = way.indexOf(file);
    if (at >= 0) circles.push([...way.slice(at), file].join(' → '));
    const text = sources.get(file);
    if (at >= 0 || done.has(file) || text === undefined) return;
    way.push(file);
    for (const { specifier } of importsOf(text)) {
      if (specifier?.startsWith('.') === true) visit(targetOf(file, specifier));
    }
    way.pop();
    done.add(file);
  };
  for (const file of sources.keys()) visit(file);
  return circles;
}
