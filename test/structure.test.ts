// Holds the layers of src/ against the code, and first proves that the check sees files and catches faults.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { circlesIn, faultsIn, MAY_IMPORT, roomOf } from './support/import-rules.js';
import { codeOnly, importsOf } from './support/source-text.js';

// This file runs as dist/test/structure.test.js.
const src = path.join(fileURLToPath(import.meta.url), '../../../src');

function sources(): string[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.split(path.sep).join('/'))
    .sort();
}

/** As many files as there were when this was last looked at; a check that sees fewer has lost some. */
const LEAST_FILES = 1100;

const MOST_LINES = 300;

/** The built files that one loads when it begins, itself included: what `import()` names is loaded where it is asked for. */
function loadedBy(file: string, loaded = new Set<string>()): Set<string> {
  if (loaded.has(file)) return loaded;
  loaded.add(file);
  const text = readFileSync(path.join(import.meta.dirname, '../src', file), 'utf8');
  for (const [, specifier = ''] of text.matchAll(/^(?:import|export)\b[^;]*?'(\.[^']+)';/gm))
    loadedBy(path.posix.join(path.posix.dirname(file), specifier), loaded);
  return loaded;
}

describe('the rooms of src', () => {
  it('are all seen', () => {
    const files = sources();
    assert.ok(files.length >= LEAST_FILES, `only ${files.length} sources were seen in ${src}`);
    const seen = new Set(files.map(roomOf));
    assert.deepEqual(
      Object.keys(MAY_IMPORT).filter((room) => !seen.has(room)),
      [],
      'rooms without a source',
    );
  });

  it('import one way, and only cli reads the command line and the environment', () => {
    const faults = sources().flatMap((file) => faultsIn(file, readFileSync(path.join(src, file), 'utf8')));
    assert.deepEqual(faults, []);
  });

  it('have no circle of imports, of types neither', () => {
    const texts = new Map(sources().map((file) => [file, readFileSync(path.join(src, file), 'utf8')]));
    assert.deepEqual(circlesIn(texts), []);
  });

  it('have no file of more lines than are read at one go', () => {
    const lengths = sources().map(
      (file) => [file, readFileSync(path.join(src, file), 'utf8').split('\n').length - 1] as const,
    );
    assert.deepEqual(
      lengths.filter(([, lines]) => lines > MOST_LINES),
      [],
      `files of more than ${MOST_LINES} lines: cut each where something in it has a name of its own`,
    );
  });

  it('make the time of day of what was recorded in one place, which knows that there may be none', () => {
    const others = sources().filter(
      (file) =>
        file !== 'base/format.ts' &&
        /(?<!new Date\(\))\.toISOString\(/.test(codeOnly(readFileSync(path.join(src, file), 'utf8'))),
    );
    assert.deepEqual(others, []);
  });

  it('load the diagnosis with no tool that makes none, as that takes a quarter of a second of CPU and 13 MiB', () => {
    for (const tool of ['dd', 'hold', 'iostat', 'top', 'who']) {
      const loaded = loadedBy(`cli/${tool}.js`);
      assert.ok(loaded.has('base/errors.js'), 'what it needs is seen');
      assert.ok(!loaded.has('pipeline.js'), `${tool} loads pipeline.js`);
    }
  });

  it('that have no sub-rooms and more than a handful of files say what they are in a README', () => {
    const rooms = Object.keys(MAY_IMPORT).filter((room) => /^(analysis|causes|tools)\/|^(open|run|fleet)$/.test(room));
    assert.deepEqual(
      rooms.filter((room) => !existsSync(path.join(src, room, 'README.md'))),
      [],
      'rooms without a README',
    );
  });
});

describe('the check of the rooms', () => {
  const good: readonly (readonly [file: string, text: string])[] = [
    ['base/a.ts', "import { b } from './b.js';"],
    ['model/a.ts', "import type { B } from '../base/b.js';\nimport * as v from 'valibot';"],
    ['capture/deep/a.ts', "import { b } from '../../model/b.js';\nimport { readFileSync } from 'node:fs';"],
    ['analysis/a.ts', "export * from './machine/b.js';\nimport { performance } from 'node:perf_hooks';"],
    ['analysis/victim/a.ts', "import type { B } from '../requests/b.js';\nimport { c } from '../../base/c.js';"],
    ['causes/judge/a.ts', "import { c } from '../cause.js';"],
    ['tools/blkparse/text/a.ts', "import { b } from '../b.js';\nimport { g } from '../../getopt.js';"],
    [
      'causes/a.ts',
      "// import { x } from '../cli/x.js';\n/* process.env\nimport '../cli/y.js'; */\nexport const a = 1;",
    ],
    ['causes/mem.dirty-limit.ts', "import { x } from './cause.js';"],
    ['present/a.ts', "export const text = 'process.env and process.exit(1)';"],
    ['present/b.ts', 'export const text = `import(x) ${1 + 1} process.argv`;'],
    ['capture/b.ts', 'child.env = {}; export const running = process.exitCodes; process.kill(1, 0);'],
    ['capture/c.ts', "const glob = '/proc/*/stat'; const quote = /['\"`]/; export const a = [glob, quote];"],
    ['fleet/a.ts', "import { r } from '../pipeline.js';\nimport { p } from '../present/p.js';"],
    ['pipeline.ts', "import { p } from './present/p.js';\nimport { c } from './catalogue.js';"],
    ['cli/main.ts', "import { p } from '../pipeline.js';\nprocess.exitCode = process.argv.length;"],
    ['cli/b.ts', "const command = await import('./check.js');"],
  ];
  for (const [file, text] of good) {
    it(`accepts ${file}: ${text.split('\n')[0]}`, () => assert.deepEqual(faultsIn(file, text), []));
  }

  const bad: readonly (readonly [file: string, text: string, fault: string])[] = [
    ['base/a.ts', "import { m } from '../model/m.js';", 'base/a.ts:1: base may not import model'],
    ['model/a.ts', "import type { C } from '../capture/c.js';", 'model/a.ts:1: model may not import capture'],
    [
      'capture/a.ts',
      "\nimport {\n  a,\n  b,\n} from '../decode/d.js';",
      'capture/a.ts:2: capture may not import decode',
    ],
    ['decode/a/b.ts', "import { c } from '../../capture/c.js';", 'decode/a/b.ts:1: decode may not import capture'],
    ['recording/a.ts', "export { a } from '../analysis/a.js';", 'recording/a.ts:1: recording may not import analysis'],
    ['recording/b.ts', "export type * from '../capture/a.js';", 'recording/b.ts:1: recording may not import capture'],
    ['analysis/a.ts', "const a = await import('../causes/a.js');", 'analysis/a.ts:1: analysis may not import causes'],
    ['analysis/b.ts', "let a: import('../recording/a.js').A;", 'analysis/b.ts:1: analysis may not import recording'],
    ['causes/a.ts', "import '../decode/d.js';", 'causes/a.ts:1: causes may not import decode'],
    ['analysis/d.ts', "import '../decode/d.js';", 'analysis/d.ts:1: analysis may not import decode'],
    [
      'analysis/requests/a.ts',
      "import type { B } from '../victim/b.js';",
      'analysis/requests/a.ts:1: analysis/requests may not import analysis/victim',
    ],
    [
      'analysis/victim/b.ts',
      "import { m } from '../measures.js';",
      'analysis/victim/b.ts:1: analysis/victim may not import analysis',
    ],
    ['present/b.ts', "import '../analysis/d.js';", 'present/b.ts:1: present may not import analysis'],
    [
      'tools/blkparse/a.ts',
      "import '../../analysis/victim/d.js';",
      'tools/blkparse/a.ts:1: tools/blkparse may not import analysis/victim',
    ],
    [
      'analysis/victim/c.ts',
      "import { spawn } from 'node:child_process';",
      'analysis/victim/c.ts:1: analysis/victim only computes and may not import node:child_process',
    ],
    [
      'present/a.ts',
      "import { p } from '../pipeline.js';",
      'present/a.ts:1: present may not import the files right under src',
    ],
    ['lab/a.ts', "import { p } from '../present/p.js';", 'lab/a.ts:1: lab may not import present'],
    ['fleet/a.ts', "import { m } from '../cli/main.js';", 'fleet/a.ts:1: fleet may not import cli'],
    ['pipeline.ts', "import { m } from './cli/main.js';", 'pipeline.ts:1: src may not import cli'],
    ['cli/a.ts', "import x from '../../test/x.js';", 'cli/a.ts:1: ../../test/x.js lies outside src'],
    [
      'analysis/c.ts',
      "import { readFileSync } from 'node:fs';",
      'analysis/c.ts:1: analysis only computes and may not import node:fs',
    ],
    [
      'causes/b.ts',
      "import { readFile } from 'fs/promises';",
      'causes/b.ts:1: causes only computes and may not import fs/promises',
    ],
    [
      'causes/c.ts',
      "import cp from 'node:child_process';",
      'causes/c.ts:1: causes only computes and may not import node:child_process',
    ],
    ['lab/b.ts', 'const a = `${process.env}`;', 'lab/b.ts:1: only cli reads process.env'],
    ['capture/d.ts', '// why\nprocess.exit(1);', 'capture/d.ts:2: only cli reads process.exit'],
    ['pipeline.ts', 'process.exitCode = 1;', 'pipeline.ts:1: only cli reads process.exitCode'],
    ['base/b.ts', "import { argv } from 'node:process';", 'base/b.ts:1: only cli reads process.argv'],
    [
      'base/c.ts',
      'const a = await import(name);',
      'base/c.ts:1: import() of a computed name cannot be checked: write the name out',
    ],
    ['decode/c.ts', "const a = process['env'];", 'decode/c.ts:1: only cli reads process.env'],
    ['misc/a.ts', '', "misc/a.ts:1: the folder 'misc' has no import rule: add it to test/support/import-rules.ts"],
  ];
  for (const [file, text, fault] of bad) {
    it(`refuses ${file}: ${text.trim().split('\n')[0]}`, () => assert.deepEqual(faultsIn(file, text), [fault]));
  }

  it('finds an import behind every kind of token', () => {
    const before = [
      'const a = b / c; // "',
      'const r = /[/"]\\//.test("`");',
      'const t = `a ${`b ${"}"}`} c`;',
      "const s = 'it\\'s';",
    ];
    const text = [...before, "import { x } from './x.js';"].join('\n');
    assert.deepEqual(importsOf(text), [{ specifier: './x.js', line: 5 }]);
  });

  it('keeps the length and the lines when it blanks comments and strings', () => {
    const text = "a('b'); /* c\nd */ `e ${f} g`; // h\n";
    assert.deepEqual(codeOnly(text).split(/\s+/), ["a('", "');", 'f', ';', '']);
    assert.equal(codeOnly(text).length, text.length);
    assert.equal(codeOnly(text).split('\n').length, text.split('\n').length);
  });

  it('finds circles, of types as well, and no others', () => {
    const straight = [
      ['a.ts', "import { b } from './b/b.js';\nimport { c } from './c.js';"],
      ['b/b.ts', "import type { C } from '../c.js';"],
      ['c.ts', ''],
    ] as const;
    assert.deepEqual(circlesIn(new Map(straight)), []);
    assert.deepEqual(circlesIn(new Map([...straight, ['c.ts', "import type { A } from './a.js';"]])), [
      'a.ts → b/b.ts → c.ts → a.ts',
    ]);
  });
});
