// Side by side with sysstat on the machine at hand, while it works: what either has counted since boot only grows, so ours lies between what sysstat says
// before and after; and over the same seconds both tell of the same bytes, but for what was done while one of them had begun and the other had not.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { run } from '../../support/cli.js';
import { needsCommand } from '../../support/requirements.js';

const skip = needsCommand('iostat');
const folder = mkdtempSync('/var/tmp/iowitness-iostat-live-');
after(() => rmSync(folder, { recursive: true }));

interface Disk {
  readonly disk_device: string;
  readonly kB_read: number;
  readonly kB_wrtn: number;
}

interface Statistics {
  readonly disk: readonly Disk[];
}

const statisticsOf = (text: string): readonly Statistics[] => JSON.parse(text).sysstat.hosts[0].statistics;

function sysstat(...args: readonly string[]): readonly Statistics[] {
  const { stdout } = spawnSync('iostat', args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  return statisticsOf(stdout);
}

/** Of each disk what was read and written, in all steps together. */
function sums(statistics: readonly Statistics[]): Map<string, { read: number; written: number }> {
  const found = new Map<string, { read: number; written: number }>();
  for (const { disk } of statistics)
    for (const { disk_device: name, kB_read: read, kB_wrtn: written } of disk) {
      const sum = found.get(name) ?? { read: 0, written: 0 };
      found.set(name, { read: sum.read + read, written: sum.written + written });
    }
  return found;
}

function work(): void {
  writeFileSync(path.join(folder, 'x'), Buffer.alloc(4 * 1024 * 1024, 1), { flush: true });
}

test('what was counted since boot lies between what sysstat says before and after', { skip }, async () => {
  const before = sums(sysstat('-d', '-o', 'JSON'));
  work();
  const ours = sums(statisticsOf((await run(['iostat', '-d', '-o', 'JSON'])).stdout));
  work();
  const later = sums(sysstat('-d', '-o', 'JSON'));
  assert.ok(ours.size > 0);
  for (const [name, { read, written }] of ours) {
    const [low, high] = [before.get(name), later.get(name)];
    // One that came or went meanwhile is in one of them alone.
    if (!low || !high || low.read > high.read) continue;
    assert.ok(low.read <= read && read <= high.read, `${name}: ${low.read} ≤ ${read} ≤ ${high.read}`);
    assert.ok(
      low.written <= written && written <= high.written,
      `${name}: ${low.written} ≤ ${written} ≤ ${high.written}`,
    );
  }
});

test('over the same seconds both tell of the same bytes, but for the seconds at the edges', { skip }, async () => {
  const before = sums(sysstat('-d', '-o', 'JSON'));
  const theirs = spawn('iostat', ['-d', '-y', '-o', 'JSON', '1', '3'], { env: { ...process.env, LC_ALL: 'C' } });
  let said = '';
  theirs.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise((settle) => theirs.on('close', settle));
  const ours = run(['iostat', '-d', '-y', '-o', 'JSON', '1', '3']);
  const timer = setInterval(work, 300);
  const mine = sums(statisticsOf((await ours).stdout));
  await ended;
  clearInterval(timer);
  const other = sums(statisticsOf(said));
  const later = sums(sysstat('-d', '-o', 'JSON'));
  for (const [name, { read, written }] of mine) {
    const [low, high, their] = [before.get(name), later.get(name), other.get(name)];
    if (!low || !high || !their || low.read > high.read) continue;
    // What either saw is a part of all that was done from before both to after both; a kB is lost in each of three steps.
    const all = { read: high.read - low.read + 3, written: high.written - low.written + 3 };
    for (const seen of [{ read, written }, their])
      assert.ok(seen.read <= all.read && seen.written <= all.written, `${name}: ${JSON.stringify([seen, all])}`);
  }
});
