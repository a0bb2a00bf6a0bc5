// `iowitness who` without anything that it could look at: refused in a sentence that says what it takes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusal, run } from '../support/cli.js';

test('a place that is none, or stands on no disk, is refused', async () => {
  assert.match(refusal(await run(['who', '/nosuch'])), /^There is no \/nosuch: name a folder, a file, or a disk/);
  assert.match(refusal(await run(['who', '/proc'])), /^\/proc lies on proc, which stands on no disk of this machine: /);
  assert.match(refusal(await run(['who', '/', '--for', '2h'])), /--for takes up to 10 minutes/);
});
