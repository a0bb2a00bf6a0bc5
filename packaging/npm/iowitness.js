#!/usr/bin/env node
// Starts the installed program, or says that this Node is too old for it. It is read by such a Node as well, so it is written for one.

const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 20 || (major === 20 && minor >= 20)) {
  void import('../dist/src/cli/main.js');
} else {
  process.stderr.write(
    `iowitness: it needs Node.js 20.20 or newer, and ${process.execPath} is v${process.versions.node}: install a newer one, then start again.\n`,
  );
  process.exitCode = 2;
}
