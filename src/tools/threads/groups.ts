// Threads of a dump → groups with the same stack and state, the largest first: a pool of two hundred is one line.

import { grouped } from '../../base/maps.js';
import type { DumpedThread } from '../../model/thread-dump.js';
import type { Threads } from '../../model/threads.js';

type Group = Threads['groups'][number];

const SHOWN_FRAMES = 8;
const SHOWN_NAMES = 4;

export function groupsOf(threads: readonly DumpedThread[]): Group[] {
  const shown = threads.filter(({ frames }) => frames.length > 0);
  const groups = grouped(shown, ({ state = '', frames }) => `${state}\n${frames.join('\n')}`);
  return [...groups.values()]
    .sort((a, b) => b.length - a.length)
    .map((group) => ({
      threads: group.length,
      names: group
        .slice(0, SHOWN_NAMES)
        .map(({ name, javaId }) => (name === '' && javaId !== undefined ? `#${javaId}` : name)),
      state: group[0]?.state ?? null,
      frames: group[0]?.frames.slice(0, SHOWN_FRAMES) ?? [],
      depth: group[0]?.frames.length ?? 0,
    }));
}
