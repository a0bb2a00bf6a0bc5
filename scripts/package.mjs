// `npm run package` and `npm run deb`: make the clone ready, build it, and hand over to scripts/package/, which is TypeScript and built with
// the tests. Root in another user's clone lets that user do all of it (owner.mjs).
//   node scripts/package.mjs [--deb]

import { fileURLToPath } from 'node:url';
import { cannotRunAs, foreignOwner, runAs, warningForRoot } from './owner.mjs';
import { orExplain, prepare } from './setup.mjs';

async function main() {
  const args = process.argv.slice(2);
  const owner = foreignOwner();
  if (owner) {
    const warning = warningForRoot();
    if (warning !== undefined) process.stderr.write(`package: ${warning}\n`);
    const status = await runAs(owner, fileURLToPath(import.meta.url), args);
    if (status === undefined) throw new Error(cannotRunAs(owner));
    process.exitCode = status;
  } else if (await orExplain(() => prepare({ full: true, tests: true }))) {
    const { makePackage } = await import('../dist/scripts/package/main.js');
    await makePackage(args.includes('--deb') ? 'deb' : 'tarball');
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`package: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
