// The layers of src/ and what each may import, and the check of one file against them. ARCHITECTURE.md tells why.

import path from 'node:path';
import { codeOnly, importsOf, lineAt } from './source-text.js';

/** Everything but cli may be imported from here. */
const ALL_BUT_CLI = 'all but cli';

/** Folder → the folders that it may import besides itself. Files right under src/ count as the folder ''. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[] | typeof ALL_BUT_CLI | 'all'>> = {
  base: [],
  model: ['base'],
  capture: ['base', 'model'],
  decode: ['base', 'model'],
  recording: ['base', 'model', 'decode'],
  analysis: ['base', 'model', 'decode'],
  causes: ['base', 'model', 'analysis'],
  present: ['base', 'model', 'analysis'],
  lab: ['base', 'model', 'capture', 'analysis'],
  fleet: ALL_BUT_CLI,
  '': ALL_BUT_CLI,
  cli: 'all',
};

/** Folders that compute only: what they need is handed to them. */
const PURE = ['analysis', 'causes'];
const OUTSIDE = /^(?:node:)?(?:fs|child_process|net|http|https|dgram|worker_threads)(?:\/|$)/;

/** Only cli reads the command line and the environment and decides how the process ends. */
const PROCESS_USE = /\bprocess\s*(?:\?\.|\.)\s*(argv|env|exit|exitCode)\b/g;
const PROCESS_NAMES =
  /\bprocess\s*\[\s*['"](argv|env|exit|exitCode)['"]|\bimport\b[^;]*?\b(argv|env|exit|exitCode)\b[^;]*?\bfrom\s*['"](?:node:)?process['"]/g;

/** The folder under src/ that a path belongs to; '' for a file right under src/. */
export function folderOf(file: string): string {
  const [first = '', ...rest] = file.split('/');
  return rest.length === 0 ? '' : first;
}

function importFault(folder: string, target: string): string | undefined {
  const allowed = MAY_IMPORT[folder];
  if (allowed === undefined) return `the folder '${folder}' has no import rule: add it to test/support/import-rules.ts`;
  const permitted =
    target === folder ||
    allowed === 'all' ||
    (allowed === ALL_BUT_CLI ? target !== 'cli' : allowed.includes(target) && target !== '');
  return permitted ? undefined : `${folder || 'src'} may not import ${target || 'the files right under src'}`;
}

/** The rules that a source breaks, each as 'file:line: sentence'. `file` is the path under src/, with slashes. */
export function faultsIn(file: string, text: string): string[] {
  const folder = folderOf(file);
  const faults: string[] = [];
  const fault = (line: number, sentence: string): void => void faults.push(`${file}:${line}: ${sentence}`);

  if (MAY_IMPORT[folder] === undefined) fault(1, importFault(folder, folder) ?? '');
  for (const { specifier, line } of importsOf(text)) {
    if (specifier === undefined) {
      // The catalogue loads the causes' folder whatever files lie in it: that is its whole purpose.
      if (file !== 'catalogue.ts') fault(line, 'import() of a computed name cannot be checked: write the name out');
    } else if (specifier.startsWith('.')) {
      const target = path.posix.join(path.posix.dirname(file), specifier);
      const sentence = target.startsWith('..')
        ? `${specifier} lies outside src`
        : MAY_IMPORT[folder] && importFault(folder, folderOf(target));
      if (sentence) fault(line, sentence);
    } else if (PURE.includes(folder) && OUTSIDE.test(specifier)) {
      fault(line, `${folder} only computes and may not import ${specifier}`);
    }
  }
  // A child process's own entry file reads its argument; its parent in the same folder wrote it.
  if (folder !== 'cli' && !file.endsWith('-main.ts')) {
    const uses = [...codeOnly(text).matchAll(PROCESS_USE), ...codeOnly(text, true).matchAll(PROCESS_NAMES)];
    for (const use of uses) fault(lineAt(text, use.index), `only cli reads process.${use[1] ?? use[2]}`);
  }
  return faults;
}
