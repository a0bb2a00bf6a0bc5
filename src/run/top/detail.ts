// One process looked at closely, for its page: its waits, the kernel stacks of its threads that wait, and the files that it has open. None of it is
// asked of a filesystem: a link of /proc/PID/fd comes from the kernel's memory.

import { parsePidStat } from '../../base/procfs/pid-stat.js';
import { listFolder, readLink, readWhole } from '../../capture/files.js';
import type { Detail } from '../../tools/top/screen.js';
import type { Waits } from './waits.js';

const MOST_THREADS = 64;
const MOST_STACKS = 8;
const MOST_FRAMES = 12;
const MOST_LINKS = 400;

/** `[<0>] balance_dirty_pages+0x695/0xb60` (proc_pid_stack() in fs/proc/base.c). */
const FRAME = /^\[<[0-9a-fx]+>\] ([\w.]+)/gm;

/** `thread`: whose waits are meant; unless told, all of the process. */
export function detailOf(key: string, pid: number, waits: Waits, thread?: number): Detail {
  const [stacks, noStacks] = stacksOf(pid);
  const [files, noFiles] = filesOf(pid);
  return { key, waits: waits.allOf(pid, thread), stacks, noStacks, files, noFiles };
}

function stacksOf(pid: number): [Detail['stacks'], string | null] {
  const stacks: { tid: number; frames: string[] }[] = [];
  for (const name of listFolder(`/proc/${pid}/task`).slice(0, MOST_THREADS)) {
    const folder = `/proc/${pid}/task/${name}`;
    const isBlocked = parsePidStat(readWhole(`${folder}/stat`) ?? '')?.state === 'D';
    if (!isBlocked && Number(name) !== pid) continue;
    const text = readWhole(`${folder}/stack`);
    if (text === undefined) return [[], 'not shown: needs root'];
    const frames = [...text.matchAll(FRAME)].map(([, frame = '']) => frame).slice(0, MOST_FRAMES);
    if (frames.length > 0) stacks.push({ tid: Number(name), frames });
    if (stacks.length === MOST_STACKS) break;
  }
  return [stacks, stacks.length === 0 ? 'none: it runs, or its threads wait outside the kernel' : null];
}

function filesOf(pid: number): [string[], string | null] {
  const names = listFolder(`/proc/${pid}/fd`);
  const links = names.slice(0, MOST_LINKS).flatMap((name) => readLink(`/proc/${pid}/fd/${name}`) ?? []);
  const files = [
    ...new Set(links.filter((link) => link.startsWith('/') && !/^\/(proc|sys|dev\/(null|pts|tty))\b/.test(link))),
  ];
  if (files.length > 0) return [files.toSorted((a, b) => a.localeCompare(b)), null];
  return [
    [],
    names.length === 0 ? 'not shown: needs root, or it has none' : 'no file but sockets, pipes and terminals',
  ];
}
