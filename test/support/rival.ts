// Another user who wants root to write where only root may: a folder of his, a folder that is precious, and a process of his that exchanges
// what appears in the first for links to the second.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { ORDINARY } from './cli.js';
import { needsRoot } from './requirements.js';

const TEXT = 'precious\n';

export interface Places {
  /** The rival's own folder, which others can look into. */
  readonly theirs: string;
  /** Root's alone: it holds `file` and the folder `folder`. */
  readonly precious: string;
  /** Root's, for all else. */
  readonly ours: string;
  /** Fails where anything in the precious folder is not as it was. */
  readonly assertUntouched: () => void;
}

/** Whether a rival can be had: root can start one as any user that can run Node. */
export function needsRival(): false | string {
  const root = needsRoot();
  if (root) return root;
  const { status } = spawnSync(process.execPath, ['-e', ''], { ...ORDINARY, cwd: '/' });
  return status === 0 ? false : 'cannot: an ordinary user can’t run Node';
}

/** Runs a test in these places, which are removed afterwards. */
export async function besideRival(work: (places: Places) => Promise<void>): Promise<void> {
  const folder = mkdtempSync('/var/tmp/iowitness-rival-');
  chmodSync(folder, 0o755);
  const [theirs, precious, ours] = ['theirs', 'precious', 'ours'].map((name) => path.join(folder, name));
  assert.ok(theirs !== undefined && precious !== undefined && ours !== undefined);
  mkdirSync(theirs);
  chownSync(theirs, ORDINARY.uid, ORDINARY.gid);
  mkdirSync(path.join(precious, 'folder'), { recursive: true });
  chmodSync(precious, 0o700);
  writeFileSync(path.join(precious, 'file'), TEXT, { mode: 0o600 });
  mkdirSync(ours);
  const assertUntouched = (): void => {
    assert.deepEqual(readdirSync(precious, { recursive: true }).map(String).sort(), ['file', 'folder']);
    assert.equal(readFileSync(path.join(precious, 'file'), 'utf8'), TEXT);
  };
  try {
    await work({ theirs, precious, ours, assertUntouched });
    assertUntouched();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs `work` while the rival plays unfair in a folder of his. Returns how often he has exchanged something, up to ten. */
export async function whileRivalPlays(folder: string, target: string, work: () => Promise<void>): Promise<number> {
  const program = path.join(import.meta.dirname, 'rival-main.js');
  const rival = spawn(process.execPath, ['--input-type=module', '-', folder, target], {
    stdio: [openSync(program, 'r'), 'pipe', 'inherit'],
    cwd: '/',
    ...ORDINARY,
  });
  assert.ok(rival.stdout);
  let said = '';
  rival.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const gone = once(rival, 'close');
  try {
    await once(rival.stdout, 'data');
    await work();
  } finally {
    rival.kill('SIGKILL');
    await gone;
  }
  return said.trim().split('\n').length - 1;
}
