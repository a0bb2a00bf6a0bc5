// The JSON that sysstat's tools write, of sadf -j and iostat -o JSON alike: hosts with intervals, each with its figures. One that was cut, as
// an iostat that a signal ended leaves it, is closed behind its last whole interval.
//
// Source: sadf(1), iostat(1); sysstat's json_stats.c prints an interval as one object.

import * as v from 'valibot';
import { Fields, parsedJson } from './fields.js';

const Document = v.object({
  sysstat: v.object({
    hosts: v.pipe(
      v.array(
        v.looseObject({
          nodename: v.optional(v.string()),
          release: v.optional(v.string()),
          statistics: v.array(Fields),
        }),
      ),
      v.minLength(1),
    ),
  }),
});

export interface SysstatLog {
  readonly host: string | undefined;
  readonly kernel: string | undefined;
  /** In order of time. */
  readonly intervals: readonly Fields[];
  /** True where the end is missing. */
  readonly isCut: boolean;
  /** Hosts behind the first, which are not looked at. */
  readonly furtherHosts: number;
}

/** Undefined where the text is no such JSON. */
export function parseSysstat(text: string): SysstatLog | undefined {
  const whole = parsed(text);
  const found = whole ?? closed(text);
  if (!found) return undefined;
  const [host, ...others] = found.sysstat.hosts;
  if (!host) return undefined;
  return {
    host: host.nodename,
    kernel: host.release,
    intervals: host.statistics,
    isCut: !whole,
    furtherHosts: others.length,
  };
}

function parsed(text: string): v.InferOutput<typeof Document> | undefined {
  const result = v.safeParse(Document, parsedJson(text));
  return result.success ? result.output : undefined;
}

/** How many levels of the document lie above an interval: the document, sysstat, hosts, a host, statistics. */
const LEVELS = 5;
const CLOSING = ']}]}}';

/** The document up to its last whole interval, closed. */
function closed(text: string): v.InferOutput<typeof Document> | undefined {
  let depth = 0;
  let inText = false;
  let end = -1;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (inText) {
      if (letter === '\\') at += 1;
      else if (letter === '"') inText = false;
    } else if (letter === '"') inText = true;
    else if (letter === '{' || letter === '[') depth += 1;
    else if (letter === '}' || letter === ']') {
      depth -= 1;
      if (depth === LEVELS && letter === '}') end = at + 1;
    }
  }
  return end < 0 ? undefined : parsed(text.slice(0, end) + CLOSING);
}

/** Whether a text begins as one of sysstat's. */
export function isSysstat(beginning: string): boolean {
  return /^\s*\{\s*"sysstat"\s*:/.test(beginning);
}
