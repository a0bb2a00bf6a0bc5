// The npm package as its user meets it: packed, installed by npm into an empty folder without a network, and run. What it says has to be
// what the clone says, and it must hold all that is started or listed at run time.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { entriesOf } from '../../scripts/package/bundle.js';
import { loadCauses } from '../../src/catalogue.js';
import { MAIN } from '../support/cli.js';
import { ROOT, scratch, staged } from '../support/package.js';

const npm = await staged();
const prefix = scratch();
const installed = path.join(prefix, 'lib/node_modules/iowitness');
const program = path.join(prefix, 'bin/iowitness');
const recording = path.join(ROOT, 'test/fixtures/recordings/v1.iow');
const trace = path.join(ROOT, 'test/fixtures/blktrace/linux-6.18-loop/ext4-bfq-read-write');

/** An environment in which npm has no settings, no cache and no registry, and Node nothing to find but itself. */
const ENV: NodeJS.ProcessEnv = {
  PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`,
  HOME: prefix,
  npm_config_registry: 'http://127.0.0.1:9/',
  npm_config_offline: 'true',
  npm_config_cache: path.join(prefix, 'cache'),
  npm_config_update_notifier: 'false',
  LANG: 'C.UTF-8',
};

/** Runs it to its end, whatever the verdict: a complaint is none. */
function run(command: string, args: readonly string[], cwd = prefix): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env: ENV, encoding: 'utf8' });
  assert.ok(
    status !== null && !/^(iowitness:|npm error|\s+at )/m.test(stderr),
    `${command} ${args.join(' ')}: ${stderr} ${error?.message ?? ''}`,
  );
  return stdout;
}

function filesBelow(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  return names.filter((one) => one.isFile()).map((one) => path.relative(folder, path.join(one.parentPath, one.name)));
}

function megabytes(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6;
}

let tarball = '';
before(() => {
  mkdirSync(path.join(prefix, 'cache'));
  const [packed]: { readonly filename: string }[] = JSON.parse(run('npm', ['pack', npm, '--json']));
  tarball = path.join(prefix, packed?.filename ?? '');
  run('npm', ['install', '-g', '--prefix', prefix, tarball]);
});

test('it is as large as docs/install.md says, within a tenth', () => {
  const text = readFileSync(path.join(ROOT, 'docs/install.md'), 'utf8');
  const said = /\(([\d.]+) MB, ([\d.]+) MB when installed\)/.exec(text);
  assert.ok(said, 'docs/install.md tells both sizes');
  const is = [[tarball], filesBelow(installed).map((file) => path.join(installed, file))].map(megabytes);
  is.forEach((size, i) =>
    assert.ok(Math.abs(Number(said[i + 1]) / size - 1) < 0.1, `${size} MB, said: ${said[i + 1]}`),
  );
});

test('it installs nothing else, and has neither sources nor tests nor what builds it', () => {
  assert.deepEqual(readdirSync(path.join(prefix, 'lib/node_modules')), ['iowitness']);
  const manifest: Record<string, unknown> = JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8'));
  for (const key of ['dependencies', 'devDependencies', 'private', 'scripts'])
    assert.equal(manifest[key], undefined, key);
  const files = filesBelow(installed);
  assert.deepEqual(files.sort(), filesBelow(npm).sort());
  assert.deepEqual(
    files.filter((file) => /\.ts$|\.map$|(^|\/)(test|bench|fixtures|node_modules)\//.test(file)),
    [],
  );
  for (const file of [
    'LICENSE',
    'LICENSE.third-party',
    'README.md',
    'docs/install.md',
    'docs/causes/mem.swap.md',
    'man/iowitness.1',
    'completion/_iowitness',
    'dist/web/causes.json',
    'dist/web/known.json',
    'dist/web/resvg.wasm',
    'dist/web/DejaVuSans-Bold.ttf',
  ])
    assert.ok(files.includes(file), file);
});

test('no module of it needs a package, and what is in it is licensed', () => {
  const foreign = filesBelow(path.join(installed, 'dist/src')).flatMap((file) => {
    const text = readFileSync(path.join(installed, 'dist/src', file), 'utf8');
    const names = [...text.matchAll(/^(?:import|export)\b[^'"\n]*['"]([^'"]+)['"];?$/gm)].map(([, name = '']) => name);
    return names.filter((name) => !/^(\.|node:)/.test(name)).map((name) => `${file}: ${name}`);
  });
  assert.deepEqual(foreign, []);
  const licences = readFileSync(path.join(installed, 'LICENSE.third-party'), 'utf8');
  for (const name of ['commander', 'valibot', 'uplot', '@resvg/resvg-wasm'])
    assert.match(licences, new RegExp(`^${name} \\d`, 'm'));
  assert.match(licences, /Mozilla Public License Version 2\.0/);
  assert.match(licences, /Bitstream Vera/);
});

test('every file that is started or listed at run time is where its source says', () => {
  const entries = entriesOf(ROOT);
  for (const one of [
    'src/cli/main.ts',
    'src/capture/watchdog-main.ts',
    'src/lab/probe-main.ts',
    'src/lab/workload-main.ts',
    'src/causes/healthy.ts',
    'src/lab/drills/mem.swap.ts',
  ])
    assert.ok(entries.includes(one), one);
  for (const entry of entries)
    assert.ok(existsSync(path.join(installed, 'dist', entry.replace(/\.ts$/, '.js'))), entry);
  const mains = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('-main.ts'),
  );
  assert.deepEqual(
    mains.filter((file) => !entries.includes(`src/${file}`)),
    [],
  );
});

test('it says what the clone says', async () => {
  const causes = (await loadCauses()).length;
  assert.ok(causes >= 28);
  for (const args of [
    ['--version'],
    ['--help'],
    ['drill'],
    ['diagnose', recording, '--json'],
    ['diagnose', trace, '--json'],
    ['blkparse', trace],
    ['blkstats', trace],
  ])
    assert.equal(run(program, args), run(process.execPath, [MAIN, ...args]), args.join(' '));
  run(program, ['report', recording, '--format', 'png', '-o', 'card.png']);
  run(process.execPath, [MAIN, 'report', recording, '--format', 'png', '-o', 'clone.png']);
  assert.ok(readFileSync(path.join(prefix, 'card.png')).equals(readFileSync(path.join(prefix, 'clone.png'))));
  run(program, ['report', recording, '-o', 'page.html']);
  run(process.execPath, [MAIN, 'report', recording, '-o', 'clone.html']);
  assert.equal(
    readFileSync(path.join(prefix, 'page.html'), 'utf8'),
    readFileSync(path.join(prefix, 'clone.html'), 'utf8'),
  );
});

test('npx runs it from the tarball, without a network', () => {
  assert.match(run('npx', ['--yes', '--package', tarball, 'iowitness', '--version']), /^iowitness \d/);
});

test('its watchdog starts, undoes what there is, and ends', () => {
  const journals = path.join(prefix, 'journals');
  mkdirSync(journals, { mode: 0o700 });
  run(process.execPath, [path.join(installed, 'dist/src/capture/watchdog-main.js'), journals, '1']);
});

test('a Node that is too old is told so in one sentence', () => {
  const old = path.join(prefix, 'old.mjs');
  const start = readFileSync(path.join(installed, 'bin/iowitness.js'), 'utf8').replaceAll(
    'process.versions.node',
    "'18.19.0'",
  );
  writeFileSync(old, start);
  const { status, stdout, stderr } = spawnSync(process.execPath, [old], { env: ENV, encoding: 'utf8' });
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(
    stderr,
    /^iowitness: it needs Node\.js 20\.20 or newer, and \S+ is v18\.19\.0: install a newer one, then start again\.\n$/,
  );
});

test('no document in it has a link that leads nowhere', () => {
  for (const file of filesBelow(installed).filter((name) => name.endsWith('.md'))) {
    const text = readFileSync(path.join(installed, file), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)/g))
      assert.ok(
        /^https?:/.test(target) || existsSync(path.join(installed, path.dirname(file), target)),
        `${file}: ${target}`,
      );
    assert.doesNotMatch(text, /<!--\/?t/, file);
  }
});
