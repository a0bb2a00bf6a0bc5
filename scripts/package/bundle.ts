// Bundles the program for those who install it: src/ and the two libraries that it runs with become a few modules in OUT/src, so that a
// start loads one file where it loaded dozens, and nothing has to be installed beside it. What a source names by
// new URL('./…', import.meta.url) is a file that is started or listed at run time: it stays a file of its own at the same place below src/,
// and so does every file of a folder that is named like that. No list has to be kept.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';

const BY_URL = /new URL\(\s*'(\.{1,2}\/[^']*)',\s*import\.meta\.url\s*\)/g;
/** Stands in bundled code for the URL of OUT/src/, which is another expression in each output's folder. */
const SRC_URL = '__URL_OF_SRC__';
/** commander is CommonJS and asks for modules of Node alone; esbuild's own stand-in for `require` refuses in an ES module. */
const REQUIRE = 'const require = process.getBuiltinModule;';

/** The sources that have to be files of their own, as paths below `root`, sorted. */
export function entriesOf(root: string): string[] {
  const src = path.join(root, 'src');
  const entries = new Set(['src/cli/main.ts']);
  for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
    for (const [, place = ''] of readFileSync(path.join(src, file), 'utf8').matchAll(BY_URL))
      for (const named of filesAt(path.join(src, path.dirname(file), place)))
        if (named.startsWith(`${src}/`)) entries.add(path.relative(root, named));
  }
  return [...entries].sort();
}

/** A module's source, or the sources right in a folder. */
function filesAt(place: string): string[] {
  if (place.endsWith('.js')) return [place.replace(/\.js$/, '.ts')];
  const names = readdirSync(place).filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
  return names.map((name) => path.join(place, name));
}

/** Bundled code lies in other files than its source; every source keeps the URL that it has when it is compiled by itself. */
function keepUrls(root: string): esbuild.Plugin {
  return {
    name: 'keep-urls',
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path: file }) => {
        const text = readFileSync(file, 'utf8');
        const place = path.relative(path.join(root, 'src'), file).replace(/\.ts$/, '.js');
        const url = `new URL(${JSON.stringify(place)}, ${SRC_URL}).href`;
        return { contents: text.replaceAll('import.meta.url', url), loader: 'ts' };
      });
    },
  };
}

/** The names of the packages that a build took in. */
function packagesIn({ inputs }: esbuild.Metafile): string[] {
  const names = Object.keys(inputs).map((file) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
  return [...new Set(names)].filter((name) => name !== undefined).sort();
}

/** Writes the bundle into OUT/src; returns the packages that are in it. */
export async function bundleProgram(root: string, out: string): Promise<string[]> {
  const built = await esbuild.build({
    absWorkingDir: root,
    entryPoints: entriesOf(root),
    outbase: '.',
    outdir: out,
    chunkNames: 'src/chunks/[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.20',
    banner: { js: REQUIRE },
    plugins: [keepUrls(root)],
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  for (const { path: file, text } of built.outputFiles) {
    const up = path.relative(path.dirname(file), path.join(out, 'src')) || '.';
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text.replaceAll(SRC_URL, `new URL('${up}/', import.meta.url)`));
  }
  return packagesIn(built.metafile);
}
