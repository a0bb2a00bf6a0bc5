// Makes what is handed out: `tarball` the npm package, `deb` the Debian package, into dist/package/. scripts/package.mjs calls it when the
// clone is built; the time of the release is SOURCE_DATE_EPOCH, or that of the last commit, or now.

import { spawnSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDeb } from './deb.js';
import { stagePackage } from './stage.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const out = path.join(root, 'dist/package');
const staged = path.join(out, 'npm');

function releaseTime(): number {
  const given = Number(process.env['SOURCE_DATE_EPOCH'] ?? NaN);
  if (Number.isInteger(given)) return given;
  const { stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  const committed = Number(stdout?.trim() || NaN);
  return Number.isInteger(committed) ? committed : Math.floor(Date.now() / 1000);
}

/** Who makes it, by the variables that Debian's own tools read. */
function maintainer(): string {
  const { DEBFULLNAME: name = 'iowitness maintainers', DEBEMAIL: address = 'iowitness@localhost' } = process.env;
  return `${name} <${address}>`;
}

/** npm's own tarball of the staged folder. npm writes a log and a cache, which not every user has a home for. */
function packTarball(): string {
  const cache = path.join(out, 'npm-cache');
  const env = { ...process.env, npm_config_cache: cache, npm_config_update_notifier: 'false' };
  const ran = spawnSync('npm', ['pack', staged, '--json', '--pack-destination', out], {
    cwd: out,
    encoding: 'utf8',
    env,
  });
  rmSync(cache, { recursive: true, force: true });
  if (ran.error) throw new Error('there is no npm on the PATH.');
  if (ran.status !== 0) throw new Error(`npm could not pack it: ${ran.stderr.trim()}`);
  const [packed]: { readonly filename: string }[] = JSON.parse(ran.stdout);
  return path.join(out, packed?.filename ?? '');
}

/** Makes one of the two and says where it is. */
export async function makePackage(kind: 'tarball' | 'deb'): Promise<void> {
  const epoch = releaseTime();
  await stagePackage(root, staged, new Date(epoch * 1000).toISOString().slice(0, 10));
  const file = kind === 'deb' ? buildDeb(root, staged, out, { epoch, maintainer: maintainer() }) : packTarball();
  process.stdout.write(`${path.relative(process.cwd(), file)} (${Math.ceil(statSync(file).size / 1000)} kB)\n`);
}
