// The users that top is asked for: by name or number, as lines name them, and no others.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { usersAsked } from '../../../src/run/top/users.js';

const root = mkdtempSync(path.join(tmpdir(), 'iowitness-users-'));
after(() => rmSync(root, { recursive: true, force: true }));
mkdirSync(path.join(root, 'etc'));
writeFileSync(
  path.join(root, 'etc/passwd'),
  'root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\npostgres:x:105:1:::\n',
);

test('a user is asked for by name or number, and named as the lines are', () => {
  assert.deepEqual(usersAsked(['postgres', '0', '105', '007', '4711'], root), [
    'postgres',
    'root',
    'postgres',
    '7',
    '4711',
  ]);
  assert.deepEqual(usersAsked([], root), []);
});

test('a name that there is not is refused in a sentence, and an empty one', () => {
  assert.throws(
    () => usersAsked(['root', 'nobdy'], root),
    /^UserError: There is no user nobdy in \/etc\/passwd: .*number\.$/,
  );
  assert.throws(() => usersAsked([''], root), /^UserError: There is no user ‘’/);
});
