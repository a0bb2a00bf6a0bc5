// What the live tools and those that read block traces say of odd calls: one sentence each, and an exit status that tells wrong use (64) from
// what can't be done here (2).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusal, run } from '../support/cli.js';

const NO_PID = '4194305';

/** The arguments, the exit status, and what the sentence says. */
const REFUSED: readonly (readonly [args: readonly string[], status: number, says: RegExp])[] = [
  [['top', '-b', '-n', '1', '-u', 'no-such-user'], 2, /no user no-such-user/],
  [['top', '-b', '-n', '1', '-u', ''], 2, /no user ‘’/],
  [['top', '-b', '-n', '1', '-p', NO_PID], 2, /no process 4194305/],
  [['top', '-u'], 64, /-u needs an argument/],
  [['top', '--no-such'], 64, /no option --no-such/],
  [['top', 'sda'], 64, /options alone/],
  [['iostat', ''], 2, /no disk or partition ‘’/],
  [['iostat', 'no-such', '1', '1'], 2, /no disk or partition no-such/],
  [['iostat', '--no-such'], 64, /no option --no-such/],
  [['iostat', '0.001', '1'], 64, /interval of 0\.001 s/],
  [['dd', 'if=/dev/zero', 'of=/dev/null', 'count=1', '--expect', 'fast'], 64, /‘fast’: that is not understood/],
  [['dd', 'if=/dev/zero', 'of=/dev/null', 'count=1', '--expect', 'max write < 5'], 64, /5 has no unit of time/],
  [
    ['dd', 'if=/dev/zero', 'of=/dev/null', 'count=1', '--expect', 'throughput > 5ms'],
    64,
    /ms is no unit of throughput/,
  ],
  [['blkstats', 'no-such', '--json', '--csv'], 64, /--csv.*--json/],
  [['blkstats', 'no-such', '--csv'], 2, /no no-such/],
  [['blkparse', '-x'], 64, /no option -x/],
  [['who', '/no/such', '--for', '1s'], 2, /no \/no\/such/],
  [['who', '/tmp', '--for', '0'], 64, /give a time/],
  [['who', '', '--for', '1s'], 2, /no ‘’/],
  [['top', '-b', '-n', ''], 64, /-n ‘’: give a whole number/],
  [['iostat', '-j', ''], 2, /names of kind ‘’/],
  [['dd', 'if=/dev/zero', 'of=/dev/null', 'count=1', '--log', ''], 2, /no file without a name/],
  [['hold', '--memory', '101%'], 64, /between 0% and 100%/],
  [['hold'], 64, /'--memory <amount>' not specified/],
  [['watch', '--share', 'redacted'], 64, /shared over a relay/],
  [['watch', '--share', 'whole', '--push', 'relay://x'], 64, /--push-names units keeps some from the fleet/],
  [['fleet', 'fetch', 'web1', '3'], 2, /fetched over the relay: name it/],
  // An option that is not known may be the one that is missing, misspelt.
  [['hold', '--memry', '1G'], 64, /unknown option '--memry'/],
  [['export', 'no-such', '--format', 'csv'], 64, /unknown option '--format'/],
  [['export', 'no-such'], 64, /'--as <format>' not specified/],
];

for (const [args, status, says] of REFUSED)
  test(`${args.map((word) => (word === '' ? "''" : word)).join(' ')} is refused in a sentence, with ${status}`, async () => {
    const ran = await run(args);
    assert.match(refusal(ran), says);
    assert.equal(ran.status, status);
  });

test('of several processes those that live are shown', async () => {
  const { status, stdout } = await run(['top', '-b', '-P', '-n', '1', '--no-events', '-p', `${NO_PID},${process.pid}`]);
  assert.equal(status, 0);
  assert.match(stdout, new RegExp(`^ *${process.pid} `, 'm'));
});
