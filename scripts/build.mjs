// Builds dist/ from the sources: tsc for src/ (with --all also for test/, bench/ and scripts/), esbuild for the pages' scripts and
// styles, marked for the causes' pages that reports embed, yaml for what is known of kernels, and copies of what paints pictures. Everything is built in a
// folder beside dist/ and moved in when it is whole, so a program that starts meanwhile finds the old build or the new one, and the output of a deleted
// source goes with the old one. dist/.built is the stamp that the launcher compares the sources with. Root in another user's clone lets that user build
// (owner.mjs).

import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cannotRunAs, foreignOwner, root, runAs, warningForRoot, whyNotWritable } from './owner.mjs';

const dist = path.join(root, 'dist');

/** The pages: web/NAME.ts and web/NAME.css become dist/web/NAME.js and dist/web/NAME.css. */
const PAGES = ['report', 'live', 'fleet'];

function compile(project, outDir) {
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const run = spawnSync(process.execPath, [tsc, '-p', project, '--outDir', outDir], { cwd: root, stdio: 'inherit' });
  if (run.error) throw run.error;
  if (run.status !== 0) throw new Error(`tsc -p ${project} found errors`);
}

async function bundlePages(outDir) {
  const entryPoints = PAGES.flatMap((page) => [`web/${page}.ts`, `web/${page}.css`]).filter((file) =>
    existsSync(path.join(root, file)),
  );
  if (entryPoints.length === 0) return;
  const esbuild = await import('esbuild');
  await esbuild.build({
    absWorkingDir: root,
    entryPoints,
    outbase: 'web',
    outdir: path.join(outDir, 'web'),
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    legalComments: 'inline',
    logLevel: 'warning',
  });
}

/**
 * docs/causes/ID.md as HTML, by id, in dist/web/causes.json. The title is left out: the report has it where it links. So are the comments that
 * mark figures.
 */
async function renderCauses(outDir) {
  const { marked } = await import('marked');
  const folder = path.join(root, 'docs', 'causes');
  const pages = {};
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.md')))
    pages[name.slice(0, -3)] = await marked.parse(
      readFileSync(path.join(folder, name), 'utf8')
        .replace(/^# .*\n/, '')
        .replace(/<!--.*?-->/g, ''),
    );
  mkdirSync(path.join(outDir, 'web'), { recursive: true });
  writeFileSync(path.join(outDir, 'web', 'causes.json'), JSON.stringify(pages));
}

/** docs/known/ID.yaml as one list in dist/web/known.json. */
async function gatherKnown(outDir) {
  const { parse } = await import('yaml');
  const folder = path.join(root, 'docs', 'known');
  const names = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  const all = names.sort().map((name) => ({
    id: name.slice(0, -'.yaml'.length),
    ...parse(readFileSync(path.join(folder, name), 'utf8')),
  }));
  writeFileSync(path.join(outDir, 'web', 'known.json'), JSON.stringify(all));
}

/** What paints PNG pictures: the program and its fonts, as dist/web/resvg.wasm and dist/web/NAME.ttf. */
function copyPainter(outDir) {
  const web = path.join(outDir, 'web');
  const fonts = path.join(root, 'packaging/fonts');
  copyFileSync(path.join(root, 'node_modules/@resvg/resvg-wasm/index_bg.wasm'), path.join(web, 'resvg.wasm'));
  for (const name of readdirSync(fonts).filter((file) => file.endsWith('.ttf')))
    copyFileSync(path.join(fonts, name), path.join(web, name));
}

/** Moves each built folder into dist/, the old one aside first: a rename can't replace a folder that has content. */
function moveIn(fresh) {
  const aside = path.join(fresh, 'replaced');
  mkdirSync(aside);
  for (const part of ['src', 'web', 'test', 'bench', 'scripts']) {
    const built = path.join(fresh, part);
    const current = path.join(dist, part);
    if (!existsSync(built)) continue;
    if (existsSync(current)) renameSync(current, path.join(aside, part));
    renameSync(built, current);
  }
}

/** Removes what builds that were killed have left: dist.PID of a process that is gone. */
function removeRemains() {
  for (const name of readdirSync(root)) {
    const pid = /^dist\.(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      rmSync(path.join(root, name), { recursive: true, force: true });
  }
}

async function build() {
  const refusal = whyNotWritable();
  if (refusal !== undefined) throw new Error(refusal);
  const all = process.argv.includes('--all');
  const began = Date.now();
  const fresh = path.join(root, `dist.${process.pid}`);
  const stamp = path.join(dist, '.built');
  removeRemains();
  try {
    compile(all ? 'tsconfig.json' : 'tsconfig.build.json', fresh);
    await bundlePages(fresh);
    await renderCauses(fresh);
    await gatherKnown(fresh);
    copyPainter(fresh);
    mkdirSync(dist, { recursive: true });
    // Without the stamp a kill between two renames leaves a dist/ that the next start builds anew.
    rmSync(stamp, { force: true });
    moveIn(fresh);
    writeFileSync(stamp, '');
    // The stamp carries the time at which the build began, less the kernel's clock tick: a source saved meanwhile is newer.
    utimesSync(stamp, new Date(began - 10), new Date(began - 10));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

async function main() {
  const warning = warningForRoot();
  if (warning !== undefined) process.stderr.write(`build: ${warning}\n`);
  const owner = foreignOwner();
  if (!owner) return await build();
  const status = await runAs(owner, fileURLToPath(import.meta.url), process.argv.slice(2));
  if (status === undefined) throw new Error(cannotRunAs(owner));
  process.exitCode = status;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`build: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
