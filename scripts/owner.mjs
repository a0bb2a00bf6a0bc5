// Whose clone this is, where root starts one of another user. What is installed and built in it is made by its owner,
// or the owner could never build it again; and root is told that whoever can write the clone decides what root runs.
// The launcher says the same by itself when there is nothing to build, because a start of Node only for that would be
// felt.

import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** What decides which code runs, as far as it is there. */
const PARTS = ['', 'src', 'dist', 'node_modules', 'scripts'];

/** The user to build as; undefined where that is who we are. */
export function foreignOwner() {
  if (process.geteuid() !== 0) return undefined;
  const { uid, gid } = statSync(root);
  return uid === 0 ? undefined : { uid, gid };
}

/**
 * A sentence for root where others can write the clone. Who became root by sudo is no other: that user could run
 * anything anyhow.
 */
export function warningForRoot() {
  if (process.geteuid() !== 0) return undefined;
  const trusted = [0, Number(process.env.SUDO_UID ?? 0)];
  for (const folder of PARTS.map((part) => path.join(root, part)).filter((one) => existsSync(one))) {
    const { uid, mode } = statSync(folder);
    if (trusted.includes(uid) && (mode & 0o022) === 0) continue;
    const how = `${folder} is user ${uid}’s, mode ${(mode & 0o7777).toString(8)}`;
    return `root runs what others than root can write here (${how}): give root a clone of its own, or this one with chown -R root and chmod -R go-w.`;
  }
  return undefined;
}

/** A sentence where somebody else has left what we would have to replace; undefined where everything can be written. */
export function whyNotWritable() {
  const { uid, username } = nameOfUser();
  const made = [
    '',
    '.setup.lock',
    '.setup.log',
    'node_modules',
    'dist',
    'dist/src',
    'dist/web',
    'dist/test',
    'dist/bench',
    'dist/scripts',
    'dist/package',
  ];
  for (const file of made.map((part) => path.join(root, part))) {
    try {
      if (existsSync(file)) accessSync(file, constants.W_OK);
    } catch (error) {
      if (error.code !== 'EACCES') continue;
      const owner = statSync(file).uid;
      const whose = owner === 0 ? 'root' : `user ${owner}`;
      return statSync(root).uid === uid
        ? `${file} belongs to ${whose} and ${username} can’t replace it: \`sudo chown -R ${uid} ${root}\` gives the clone back, then start again.`
        : `${file} can’t be written by ${username}, so nothing can be built here: start it once as ${whose}, or use a clone of your own.`;
    }
  }
  return undefined;
}

function nameOfUser() {
  const uid = process.geteuid();
  try {
    return { uid, username: userInfo().username };
  } catch {
    return { uid, username: `user ${uid}` };
  }
}

/** Root's own places, which another user can't write or must not read. */
const ROOTS_OWN = /^(home|user|logname|tmpdir|xdg_.*|npm_config_(cache|userconfig|prefix|globalconfig|tmp))$/i;

/**
 * Runs one of our scripts as another user, and settles with its exit status; undefined where that user can't run it.
 */
export async function runAs({ uid, gid }, script, args) {
  const test = spawnSync('test', ['-r', script, '-a', '-x', process.execPath], { uid, gid });
  if (test.status !== 0) return undefined;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ROOTS_OWN.test(name)));
  const child = spawn(process.execPath, [script, ...args], { cwd: root, uid, gid, env, stdio: 'inherit' });
  return await new Promise((settle) => {
    child.on('error', () => settle(undefined));
    child.on('exit', (code) => settle(code ?? 1));
  });
}

/** What to do where `runAs` settled with undefined. */
export function cannotRunAs({ uid }) {
  return `this clone is user ${uid}’s, who can’t run ${process.execPath} or read ${root}: start it once as that user, or give it to root with chown -R root.`;
}
