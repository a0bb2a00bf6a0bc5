// `npm run package` and `npm run deb`: make the clone ready, build it, and hand over to scripts/package/, which is TypeScript and built with
// the tests.
//   node scripts/package.mjs [--deb]

import { orExplain, prepare } from './setup.mjs';

if (await orExplain(() => prepare({ full: true, tests: true }))) {
  const { makePackage } = await import('../dist/scripts/package/main.js');
  try {
    await makePackage(process.argv.includes('--deb') ? 'deb' : 'tarball');
  } catch (error) {
    process.stderr.write(`package: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
