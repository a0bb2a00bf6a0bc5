// What a thread's time is told as: begin, end and state of each stretch.

import type { Segment } from '../../src/model/segment.js';

export function told(segments: Iterable<Segment> | undefined) {
  return Array.from(segments ?? [], ({ from, to, state }) => [from, to, state]);
}
