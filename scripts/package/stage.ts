// Puts the npm package together in a folder: the bundled program, what it reads at run time, man pages, completion, and the documents that
// help a user. Its package.json is made here, because that of the clone names what builds the program, and who installs it needs none of that.

import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadDrills } from '../../src/catalogue.js';
import { buildProgram } from '../../src/cli/program.js';
import { bundleProgram } from './bundle.js';
import { bashCompletion } from './completion/bash.js';
import { fishCompletion } from './completion/fish.js';
import { zshCompletion } from './completion/zsh.js';
import { describeProgram } from './describe.js';
import { manPages, type Release } from './man.js';

/** Parts of docs/ for who works on iowitness. Everything else there helps a user. */
const FOR_CONTRIBUTORS = /^(adr|images|dependencies\.md)(\/|$)/;

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: { readonly node: string };
}

export function readManifest(root: string): Manifest {
  const { name, version, description, license, engines }: Manifest = JSON.parse(
    readFileSync(path.join(root, 'package.json'), 'utf8'),
  );
  return { name, version, description, license, engines };
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

interface Bundled {
  readonly version: string;
  readonly license: string;
  readonly repository?: { readonly url: string };
}

/** The text of a package's licence: its own file, or where it has none the one that it names, and where its source is. */
function licenceOf(root: string, name: string): string {
  const folder = path.join(root, 'node_modules', name);
  const own = readdirSync(folder).find((each) => /^licen[cs]e(\.|$)/i.test(each));
  const { version, license, repository }: Bundled = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const named = path.join(root, 'packaging/licences', `${license}.txt`);
  if (own === undefined && !existsSync(named)) throw new Error(`${name} is bundled and has no licence file`);
  const source = own === undefined ? `Source: ${repository?.url ?? ''}\n\n` : '';
  const text = readFileSync(own === undefined ? named : path.join(folder, own), 'utf8');
  return `${name} ${version}\n\n${source}${text.trim()}\n`;
}

/** The licences of what is bundled, and of the fonts. */
function licences(root: string, packages: readonly string[]): string {
  const fonts = readFileSync(path.join(root, 'packaging/fonts/LICENSE'), 'utf8').trim();
  const parts = [
    ...packages.map((name) => licenceOf(root, name)),
    `DejaVu fonts 2.37, Latin, Greek and Cyrillic\n\n${fonts}\n`,
  ];
  return `iowitness contains the following packages, each under its own licence.\n\n${parts.join('\n---\n\n')}`;
}

/** Markdown whose relative links all lead to a file of the package: a link to anything else becomes its text, a picture goes. */
function withoutDeadLinks(text: string, folder: string): string {
  return text.replace(
    /(!?)\[([^\]]*)\]\(([^)#\s]+)(#[^)]*)?\)/g,
    (whole, picture: string, words: string, target: string) => {
      if (/^[a-z]+:/.test(target) || existsSync(path.join(folder, target))) return whole;
      return picture === '' ? words : '';
    },
  );
}

/** Without the marks by which tests find the figures of thresholds. */
function withoutMarks(text: string): string {
  return text.replace(/<!--\/?t[:\w.-]*-->/g, '');
}

function stageDocuments(root: string, out: string): void {
  const docs = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  const forUsers = docs.filter((name) => path.extname(name) !== '' && !FOR_CONTRIBUTORS.test(name));
  const files = [
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
    'packaging/grafana/fleet.json',
    'packaging/grafana/iowitness.json',
    ...forUsers.sort().map((name) => `docs/${name}`),
  ];
  for (const file of files) {
    mkdirSync(path.dirname(path.join(out, file)), { recursive: true });
    copyFileSync(path.join(root, file), path.join(out, file));
  }
  for (const file of files.filter((name) => name.endsWith('.md'))) {
    const place = path.join(out, file);
    writeFileSync(place, withoutDeadLinks(withoutMarks(readFileSync(place, 'utf8')), path.dirname(place)));
  }
}

/** README.md's first paragraph says what the program is; so does its man page. */
function aboutFrom(readme: string): string {
  return readme.split(/\n\s*\n/)[1]?.replace(/\s+/g, ' ') ?? '';
}

async function stageHelp(root: string, out: string, release: Release): Promise<string[]> {
  const program = describeProgram(await buildProgram());
  const drills = (await loadDrills()).map(({ id }) => id);
  const pages = manPages(program, aboutFrom(readFileSync(path.join(root, 'README.md'), 'utf8')), release);
  for (const [name, text] of pages) write(path.join(out, 'man', name), text);
  write(path.join(out, 'completion/iowitness.bash'), bashCompletion(program, drills));
  write(path.join(out, 'completion/_iowitness'), zshCompletion(program, drills));
  write(path.join(out, 'completion/iowitness.fish'), fishCompletion(program, drills));
  return [...pages.keys()].map((name) => `./man/${name}`);
}

/** Makes the package's folder anew. `root` is a clone that is built. */
export async function stagePackage(root: string, out: string, day: string): Promise<void> {
  rmSync(out, { recursive: true, force: true });
  const manifest = readManifest(root);
  const packages = await bundleProgram(root, path.join(out, 'dist'));
  cpSync(path.join(root, 'dist/web'), path.join(out, 'dist/web'), { recursive: true });
  mkdirSync(path.join(out, 'bin'));
  copyFileSync(path.join(root, 'packaging/npm/iowitness.js'), path.join(out, 'bin/iowitness.js'));
  stageDocuments(root, out);
  // dist/web is bundled from uPlot by the build.
  write(path.join(out, 'LICENSE.third-party'), licences(root, [...packages, 'uplot']));
  const man = await stageHelp(root, out, { version: manifest.version, day });
  const packed = { ...manifest, type: 'module', bin: { [manifest.name]: 'bin/iowitness.js' }, man };
  write(path.join(out, 'package.json'), `${JSON.stringify(packed, null, 2)}\n`);
}
