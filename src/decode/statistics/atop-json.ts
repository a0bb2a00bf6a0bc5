// What atop prints with -J: an object a sample, on a line of its own. What makes a sample no JSON in versions that are in use is mended: an object
// of LVM that ends too early (2.8), and control characters in command lines.
//
// Source: atop's json.c (2.8.1 and 2.13.0), atop(1).

import { objectOf, parsedJson, type Fields } from './fields.js';

/** A sample with the times that it is of, in seconds. */
export interface AtopSample {
  /** Since 1970, at its end. */
  readonly at: number;
  readonly seconds: number;
  readonly fields: Fields;
}

export interface AtopLog {
  readonly host: string | undefined;
  /** In order of time. */
  readonly samples: readonly AtopSample[];
  /** Samples that are cut or can't be read. */
  readonly cut: number;
}

const BEGINNING = /^\s*\{"host": ?"[^"]{0,256}", ?"timestamp": ?\d+, ?"elapsed": ?\d+/;
const NEXT = '\n{"host":';
/** `"avque": 5}, "inflight": 0}` */
const ENDED_EARLY = /("avque": -?\d+)\}, ("inflight": )/g;
/** A line feed stands between samples, and elsewhere in none of them. */
const CONTROL = /\p{Cc}/gu;

/** Whether a text begins as atop's. */
export function isAtop(beginning: string): boolean {
  return BEGINNING.test(beginning);
}

function sampleOf(line: string): AtopSample | undefined {
  const fields = objectOf(parsedJson(line.replace(CONTROL, ' ').replace(ENDED_EARLY, '$1, $2')));
  const { timestamp: at, elapsed: seconds } = fields;
  return typeof at === 'number' && typeof seconds === 'number' ? { at, seconds, fields } : undefined;
}

export function parseAtop(text: string): AtopLog {
  const samples: AtopSample[] = [];
  let cut = 0;
  for (let at = 0; at < text.length;) {
    const next = text.indexOf(NEXT, at);
    const end = next < 0 ? text.length : next;
    const line = text.slice(at, end).trim();
    const sample = line === '' ? undefined : sampleOf(line);
    if (sample) samples.push(sample);
    else if (line !== '') cut += 1;
    at = end + 1;
  }
  const host = samples[0]?.fields['host'];
  return { host: typeof host === 'string' ? host : undefined, samples, cut };
}
