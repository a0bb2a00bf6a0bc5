// A kernel for a guest: a file, a Debian package or a series of Debian's cloud kernels → the image to boot and its modules, on this machine. A package
// is fetched by apt-get and unpacked beside the others in the cache, never installed, so that nothing that the host boots from changes; a
// second guest finds it there. apt-get asks the archive's signature as for any package. Since Linux 6.19 Debian's linux-image is an empty package
// that needs the ones with the image, the modules and their lists.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, unlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../base/errors.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { holdFolder } from '../../base/hold-path.js';
import { removeTree } from '../../base/remove-tree.js';

export interface GuestKernel {
  /** As `uname -r` says it in the guest. */
  readonly release: string;
  readonly image: string;
  /** The folder of its modules, with the index that depmod makes. */
  readonly modules: string;
}

/** Where packages of kernels are kept. */
export const KERNELS = '/var/cache/iowitness/kernels';

const PACKAGE = /^linux-image-[\w.+-]+$/;
const SERIES = /^\d+\.\d+$/;
/** Older packages have modules in /lib, newer ones in /usr/lib. */
const MODULE_FOLDERS = ['lib/modules', 'usr/lib/modules'];
/** Newer packages have the image among the modules. */
const BESIDE_MODULES = /\/lib\/modules\/[^/]+\/vmlinu[xz]$/;

/** Finds a kernel: the path of an image, the name of a package, or a series ('6.12'). Throws a UserError where there is none. */
export function findKernel(name: string, cache: string): GuestKernel {
  if (name.includes('/')) return fromFile(resolve(name));
  if (SERIES.test(name)) return fromPackage(newestOf(name), cache);
  if (PACKAGE.test(name)) return fromPackage(name, cache);
  throw new UserError(
    `There is no kernel ${name}: name an image by its path (/boot/vmlinuz-…), a Debian package (linux-image-…) or a series (6.12).`,
  );
}

function fromFile(image: string): GuestKernel {
  if (!existsSync(image))
    throw new UserError(`There is no kernel ${image}: name an image such as /boot/vmlinuz-6.1.0.`);
  if (BESIDE_MODULES.test(image)) return withModules({ release: basename(dirname(image)), image }, [dirname(image)]);
  const release = /^vmlinu[xz]-(.+)$/.exec(basename(image))?.[1];
  if (release === undefined)
    throw new UserError(
      `${image} does not say which kernel it is: its name must be vmlinuz-RELEASE, or its folder lib/modules/RELEASE.`,
    );
  const roots = [join(dirname(image), '..'), '/'];
  const folders = roots.flatMap((root) => MODULE_FOLDERS.map((folder) => join(root, folder, release)));
  return withModules({ release, image }, folders);
}

function withModules({ release, image }: Omit<GuestKernel, 'modules'>, folders: readonly string[]): GuestKernel {
  const modules = folders.find((path) => existsSync(join(path, 'modules.dep')));
  if (modules !== undefined) return { release, image, modules };
  throw new UserError(
    `The modules of ${image} were found neither beside it nor in /lib/modules (with modules.dep, which depmod makes): put them there.`,
  );
}

/** Runs a program of the package manager and returns what it printed. */
function ask(program: string, args: readonly string[], cwd: string, what: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status === 0) return stdout;
  if (error && 'code' in error && error.code === 'ENOENT')
    throw new UserError(`${what}: ${program} is not there; install the package that has it (kmod has depmod).`);
  const why = error?.message ?? stderr.trim().split('\n').at(-1) ?? '';
  throw new UserError(`${what} (${program}: ${why}): name a kernel’s image, or run \`apt-get update\` and try again.`);
}

/** Debian names a kernel after its ABI: linux-image-6.1.0-57-cloud-amd64, linux-image-6.12.117+deb12-cloud-amd64. */
function newestOf(series: string): string {
  const prefix = `linux-image-${series}.`;
  const failure = `No kernel ${series} is known here`;
  const architecture = ask('dpkg', ['--print-architecture'], '/', failure).trim();
  const names = ask('apt-cache', ['pkgnames', prefix], '/', failure)
    .split('\n')
    .filter((name) => name.endsWith(`-cloud-${architecture}`))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const newest = names.at(-1);
  if (newest !== undefined) return newest;
  throw new UserError(
    `apt knows no ${prefix}*-cloud-${architecture}: run \`apt-get update\`, or add the suite that has it (bookworm-security, bookworm-backports).`,
  );
}

/** The packages of a kernel that a package needs. */
function needsOf(name: string): string[] {
  const text = ask('apt-cache', ['depends', '--important', name], '/', `apt knows no package ${name}`);
  return [...text.matchAll(/^\s*Depends: (linux-(?:image|base|binary|modules)-\S+)$/gm)].flatMap(
    ([, one]) => one ?? [],
  );
}

/** A meta package names the kernel that it stands for at present. */
function meant(name: string): string {
  return needsOf(name).find((one) => one.startsWith('linux-image-')) ?? name;
}

/** A kernel's package with those that hold parts of it. */
function partsOf(name: string): string[] {
  return [name, ...needsOf(name).filter((one) => one.endsWith(name.slice('linux-image'.length)))];
}

function fromPackage(name: string, cachePath: string): GuestKernel {
  const cache = holdFolder(cachePath, { make: true, guarded: true });
  try {
    const danger = cache.danger();
    if (danger !== undefined)
      throw new UserError(`${cachePath}, where kernels are kept, ${danger}: name another folder.`);
    const real = meant(name);
    if (cache.stat(real) === undefined) unpack(real, cache);
    return inTree(cache.realPath(), real);
  } finally {
    cache.close();
  }
}

/** Fetches and unpacks under a name of its own, so that what is there under the package's name is whole. */
function unpack(name: string, cache: HeldFolder): void {
  const fresh = `${name}.new`;
  removeTree(cache, fresh);
  cache.makeFolder(fresh).close();
  const folder = join(cache.realPath(), fresh);
  ask(
    'apt-get',
    ['download', '-q', '-o', 'APT::Sandbox::User=root', ...partsOf(name)],
    folder,
    `The package ${name} was not to be had`,
  );
  const files = readdirSync(folder).filter((one) => one.endsWith('.deb'));
  if (files.length === 0) throw new UserError(`apt-get brought no file for ${name}: see whether the package exists.`);
  for (const file of files) {
    ask('dpkg-deb', ['-x', file, '.'], folder, `The package ${name} could not be unpacked`);
    unlinkSync(join(folder, file));
  }
  const modules = MODULE_FOLDERS.find((path) => existsSync(join(folder, path)));
  if (modules === undefined)
    throw new UserError(`${name} has no modules in it: name the package of the kernel itself.`);
  const [release = ''] = readdirSync(join(folder, modules));
  ask(
    'depmod',
    ['-b', join(folder, dirname(dirname(modules))), release],
    folder,
    `The modules of ${name} have no index`,
  );
  cache.renameSync(fresh, name);
}

function inTree(cache: string, name: string): GuestKernel {
  const tree = join(cache, name);
  const filesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : []);
  const releases = MODULE_FOLDERS.flatMap((folder) => filesIn(join(tree, folder)));
  const image = [join(tree, 'boot'), ...releases]
    .flatMap(filesIn)
    .find((file) => /^vmlinu[xz]-/.test(basename(file)) || BESIDE_MODULES.test(file));
  if (image === undefined) throw new UserError(`${tree} has no kernel in it: remove it, so that it is fetched anew.`);
  return fromFile(image);
}
