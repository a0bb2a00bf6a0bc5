// The Debian package from the folder of the npm package, built by dpkg-deb alone. Every file goes where Debian keeps its kind; times are
// those of the release, so that the same sources give the same bytes. The unit for systemd is installed and not enabled: who wants a watch says so.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { readManifest, type Manifest } from './stage.js';

/** Files and folders of the npm package → their places. */
const LAYOUT: readonly (readonly [from: string, to: string])[] = [
  ['package.json', 'usr/lib/iowitness/package.json'],
  ['dist', 'usr/lib/iowitness/dist'],
  ['bin/iowitness.js', 'usr/lib/iowitness/bin/iowitness.js'],
  ['completion/iowitness.bash', 'usr/share/bash-completion/completions/iowitness'],
  ['completion/_iowitness', 'usr/share/zsh/vendor-completions/_iowitness'],
  ['completion/iowitness.fish', 'usr/share/fish/vendor_completions.d/iowitness.fish'],
  ['README.md', 'usr/share/doc/iowitness/README.md'],
  ['docs', 'usr/share/doc/iowitness/docs'],
];
const DOC = 'usr/share/doc/iowitness';
/** Scripts that dpkg runs. */
const SCRIPTS = ['prerm', 'postrm'];
/** Of systemd. */
const UNITS = ['iowitness-watch.service', 'iowitness.slice'];
/** Counts packages of one release: Debian's part of the version. */
const REVISION = 1;

export interface DebRelease {
  /** Its time, s since 1970. */
  readonly epoch: number;
  /** Who made the package: 'NAME <ADDRESS>'. */
  readonly maintainer: string;
}

function write(file: string, content: string | Buffer): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function gzip(content: Buffer | string): Buffer {
  return gzipSync(content, { level: 9 });
}

/** Everything below a folder, folders included, deepest first. */
function below(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .sort()
    .toReversed()
    .map((name) => path.join(folder, name));
}

/** The first part of a sentence, as a list of packages shows it: short, and without the capital at its beginning. */
function synopsis(description: string): string {
  const [first = ''] = description.split(',');
  return `${first.charAt(0).toLowerCase()}${first.slice(1)}`;
}

/** Debian's own change log names the release; what changed in it stands in the program's. */
function debianChanges({ name, version }: Manifest, { epoch, maintainer }: DebRelease): string {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  const head = `${name} (${version}-${REVISION}) unstable; urgency=medium`;
  return `${head}\n\n  * Release ${version}; changelog.gz says what is new.\n\n -- ${maintainer}  ${date}\n`;
}

/** What dpkg reads first (deb-control(5)). It is for all architectures, as nothing in it is native. */
function control({ name, version, description, engines }: Manifest, maintainer: string, kibibytes: number): string {
  return `Package: ${name}
Version: ${version}-${REVISION}
Architecture: all
Maintainer: ${maintainer}
Installed-Size: ${kibibytes}
Depends: nodejs (${engines.node.replace(/^>=\s*/, '>= ')})
Recommends: mount
Suggests: e2fsprogs, fio, blktrace
Section: admin
Priority: optional
Description: ${synopsis(description)}
 It records kernel trace events, counters and settings around a stall of the
 disk, accounts for the time of the process that waits, and names the cause
 with its evidence and with what it rules out. It changes nothing on a machine
 that it does not put back, also after it was killed.
`;
}

function stageFiles(npm: string, tree: string, root: string): void {
  for (const [from, to] of LAYOUT) {
    mkdirSync(path.dirname(path.join(tree, to)), { recursive: true });
    cpSync(path.join(npm, from), path.join(tree, to), { recursive: true });
  }
  const program = path.join(tree, 'usr/lib/iowitness/bin/iowitness.js');
  // Debian's own Node, whatever else is on the PATH.
  writeFileSync(program, readFileSync(program, 'utf8').replace('#!/usr/bin/env node', '#!/usr/bin/node'));
  mkdirSync(path.join(tree, 'usr/bin'));
  symlinkSync('../lib/iowitness/bin/iowitness.js', path.join(tree, 'usr/bin/iowitness'));
  for (const name of readdirSync(path.join(npm, 'man')))
    write(path.join(tree, 'usr/share/man/man1', `${name}.gz`), gzip(readFileSync(path.join(npm, 'man', name))));
  const licence = '\nOn Debian the text of the Apache License 2.0 is in /usr/share/common-licenses/Apache-2.0.\n\n';
  const copyright = `iowitness is under the Apache License, version 2.0.${licence}`;
  write(path.join(tree, DOC, 'copyright'), copyright + readFileSync(path.join(npm, 'LICENSE.third-party'), 'utf8'));
  write(path.join(tree, DOC, 'changelog.gz'), gzip(readFileSync(path.join(npm, 'CHANGELOG.md'))));
  for (const unit of UNITS)
    write(path.join(tree, 'usr/lib/systemd/system', unit), readFileSync(path.join(root, 'packaging/deb', unit)));
  mkdirSync(path.join(tree, 'DEBIAN'));
  for (const name of SCRIPTS) copyFileSync(path.join(root, 'packaging/deb', name), path.join(tree, 'DEBIAN', name));
}

/** Modes as policy has them, whatever the umask was. */
function setModes(tree: string): void {
  for (const place of below(tree)) {
    const found = lstatSync(place);
    if (found.isSymbolicLink()) continue;
    const runs = found.isDirectory() || /\/(DEBIAN\/(prerm|postrm)|bin\/iowitness\.js)$/.test(place);
    chmodSync(place, runs ? 0o755 : 0o644);
  }
  chmodSync(tree, 0o755);
}

/** Builds OUT/iowitness_VERSION-REVISION_all.deb from the staged npm package; returns its path. */
export function buildDeb(root: string, npm: string, out: string, release: DebRelease): string {
  const manifest = readManifest(root);
  const tree = path.join(out, 'deb');
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  stageFiles(npm, tree, root);
  write(path.join(tree, DOC, 'changelog.Debian.gz'), gzip(debianChanges(manifest, release)));
  const files = below(tree).filter((place) => lstatSync(place).isFile());
  const bytes = files.reduce((sum, place) => sum + lstatSync(place).size, 0);
  write(path.join(tree, 'DEBIAN/control'), control(manifest, release.maintainer, Math.ceil(bytes / 1024)));
  setModes(tree);
  const file = path.join(out, `${manifest.name}_${manifest.version}-${REVISION}_all.deb`);
  const ran = spawnSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', tree, file], {
    encoding: 'utf8',
    env: { ...process.env, SOURCE_DATE_EPOCH: String(release.epoch) },
  });
  if (ran.error) throw new Error('there is no dpkg-deb here: make the .deb on Debian or Ubuntu, or install dpkg.');
  if (ran.status !== 0) throw new Error(`dpkg-deb could not build it: ${ran.stderr.trim()}`);
  rmSync(tree, { recursive: true });
  return file;
}
