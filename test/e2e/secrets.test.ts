// A recording of this machine, with processes on it that carry secrets: in arguments, in a title, in the environment,
// and in the command that is recorded. None of them is anywhere in the recording, be it in the manifest, on the tape or
// in what the kernel's events hold.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';
import { run } from '../support/cli.js';
import { inFolder, textsOf } from '../support/recordings.js';

/** What must not be found; the numbers tell which it was. */
const secret = (number: number) => `hunter${number}secret`;

test('no secret that a command line shows is in a recording', async () => {
  const titled = `process.title = 'worker --token ${secret(3)} of many'; setInterval(() => {}, 1000); console.log('ready')`;
  const others = [
    spawn('sh', ['-c', 'echo ready; read -r _', 'sh', `--password=${secret(1)}`, '--api-key', secret(2)]),
    spawn(process.execPath, [
      '-e',
      titled,
      'a long argument that leaves room for the title, as titles are written over arguments',
    ]),
    spawn('sh', ['-c', 'echo ready; read -r _'], { env: { ...process.env, PASSWORD: secret(4) } }),
  ];
  try {
    for (const { stdout } of others) await once(stdout, 'data');
    await inFolder(async (cwd) => {
      const command = ['sh', '-c', 'sleep 0.5; :', 'mysql', `-p${secret(5)}`, `postgres://joe:${secret(6)}@db/`];
      const recorded = await run(['record', '-o', 'a.iow', '--', ...command], { cwd });
      assert.equal(recorded.status, 0, recorded.stderr);
      const texts = textsOf(path.join(cwd, 'a.iow'));
      assert.deepEqual(
        texts.filter((text) => /hunter\dsecret/.test(text)),
        [],
      );
      const shows = (pattern: RegExp) =>
        assert.ok(
          texts.some((text) => pattern.test(text)),
          String(pattern),
        );
      shows(/\/cmdline\nsh\0.*\0--password=\*\*\*\0--api-key\0\*\*\*\0/);
      shows(/\/cmdline\nworker --token \*\*\* of many/);
      shows(/"argv":\s*\[[^\]]*"mysql",\s*"-p\*\*\*",\s*"postgres:\/\/joe:\*\*\*@db\/"/);
      const { stdout } = await run(['diagnose', 'a.iow', '--json'], { cwd });
      assert.doesNotMatch(stdout, /hunter\dsecret/);
    });
  } finally {
    for (const child of others) child.kill();
  }
});
