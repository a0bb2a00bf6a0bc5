// The guest's first root: a shell, the few programs and the modules that are needed to mount the host's tree, packed for the kernel to unpack.
// All of it is taken from the host, programs with the libraries that ldd names. What it does then stands in `INIT`: an overlay
// over the host's tree, read-only beneath and in memory above, in which the agent is started as process 1.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../base/errors.js';
import { cpioArchive, type ArchiveEntry } from './cpio.js';
import type { GuestKernel } from './kernel.js';

/** Tags of the folders that the host shows. */
export const TAGS = { root: 'host', modules: 'modules', shared: 'shared' } as const;

/** What the agent needs before it can hear and name disks; those that a kernel has built in need no file. */
const MODULES = ['virtio_pci', 'virtio_blk', 'virtiofs', 'overlay', 'virtio_console'];
const PROGRAMS = ['sh', 'mount', 'mkdir', 'insmod', 'switch_root'];
const SEARCHED = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const FOLDER = 0o40755;
const PROGRAM = 0o100755;
const FILE = 0o100644;
/** /dev/console, 5:1, must be there for process 1 to have a standard output: mounted by devtmpfs before it is used. */
const INIT = `#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1
while read -r module; do insmod /modules/$module || echo "no module $module"; done </modules/order
mount -t tmpfs -o mode=755 upper /upper
mkdir /upper/files /upper/work
mount -t virtiofs -o ro ${TAGS.root} /lower &&
mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work root /root || exit 1
read -r folder release </place
mkdir -p "/root$folder" "/root/lib/modules/$release"
mount -t virtiofs ${TAGS.modules} "/root/lib/modules/$release" && mount -t virtiofs ${TAGS.shared} "/root$folder" || exit 1
exec switch_root /root /bin/sh "$folder/agent"
`;

/** The archive, for a kernel and the folder that host and guest share under one path. Throws a UserError where the host lacks a program. */
export function firstRoot(kernel: GuestKernel, shared: string): Buffer {
  const entries = new Map<string, ArchiveEntry>();
  const put = (name: string, mode: number, content: Buffer): void => {
    if (entries.has(name)) return;
    if (name.includes('/')) put(dirname(name), FOLDER, Buffer.alloc(0));
    entries.set(name, { name, mode, content });
  };
  for (const folder of ['dev', 'upper', 'lower', 'root']) put(folder, FOLDER, Buffer.alloc(0));
  for (const name of PROGRAMS) {
    const program = programCalled(name);
    put(`bin/${name}`, PROGRAM, readFileSync(program));
    for (const library of librariesOf(program)) put(library.slice(1), PROGRAM, readFileSync(library));
  }
  const modules = modulesFor(kernel.modules, MODULES);
  for (const module of modules) put(`modules/${basename(module)}`, FILE, readFileSync(join(kernel.modules, module)));
  put('modules/order', FILE, Buffer.from(modules.map((module) => `${basename(module)}\n`).join('')));
  put('place', FILE, Buffer.from(`${shared} ${kernel.release}\n`));
  put('init', PROGRAM, Buffer.from(INIT));
  return cpioArchive([...entries.values()]);
}

function programCalled(name: string): string {
  const found = SEARCHED.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined)
    throw new UserError(
      `A guest begins with this machine’s own ${name}, which is not there: install util-linux and kmod.`,
    );
  return found;
}

/** By the paths under which the loader looks for them. */
function librariesOf(program: string): string[] {
  const { status, stdout } = spawnSync('ldd', [realpathSync(program)], { encoding: 'utf8' });
  if (status !== 0)
    throw new UserError(`ldd can’t tell which libraries ${program} needs, so a guest can’t be given them.`);
  return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].flatMap(([, path]) => path ?? []);
}

/** Files of modules and of what they need, in the order in which they can be loaded, relative to the folder. */
export function modulesFor(folder: string, wanted: readonly string[]): string[] {
  const needs = new Map<string, readonly string[]>();
  for (const line of readFileSync(join(folder, 'modules.dep'), 'utf8').split('\n')) {
    const [file, rest] = line.split(':');
    if (file !== undefined && rest !== undefined) needs.set(file, rest.split(' ').filter(Boolean));
  }
  const named = (name: string) =>
    [...needs.keys()].find(
      (file) =>
        basename(file)
          .replace(/\.ko.*$/, '')
          .replaceAll('-', '_') === name,
    );
  // modules.dep names all that a module needs, what is to be loaded first last.
  const files = wanted.flatMap((name) => {
    const file = named(name);
    return file === undefined ? [] : [...(needs.get(file) ?? []).toReversed(), file];
  });
  return [...new Set(files)];
}
