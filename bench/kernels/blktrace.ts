// blktrace itself, in a guest without lockdown: its files are printed by Debian's blkparse and by ours, on the host, line by line the same.

import { spawnSync } from 'node:child_process';
import path from 'node:path';

/** Traces a writer on the plain disk for eight seconds. */
export function blktraceScript(shared: string): string {
  return `disk=$(readlink -f /dev/iowitness/plain)
mkdir -p ${shared}/traced; cd ${shared}/traced
fio --name=writer --filename=$disk --rw=randrw --bs=4k --direct=1 --rate_iops=20 --size=64m --time_based --runtime=120 --thread >/dev/null & writer=$!
sleep 10; blktrace -d $disk -w 8 -o traced -D /dev/shm; kill $writer; cp /dev/shm/traced.blktrace.* .; ls`;
}

export function judgeBlktrace(
  main: string,
  shared: string,
  said: string,
): { readonly text: string; readonly right: boolean } {
  const cwd = path.join(shared, 'traced');
  const print = (program: string, args: readonly string[]) =>
    spawnSync(program, [...args, '-i', 'traced'], { cwd, encoding: 'utf8', maxBuffer: 1e9 }).stdout.split('\n');
  const theirs = print('blkparse', []);
  const ours = print(process.execPath, [main, 'blkparse']);
  if (theirs.length < 10) return { text: `no trace: ${said.trim().split('\n').slice(-2).join(' / ')}`, right: false };
  const different = theirs.filter((line, index) => line !== ours[index]).length;
  return {
    text: `${different} of ${theirs.length} lines differ`,
    right: different === 0 && ours.length === theirs.length,
  };
}
