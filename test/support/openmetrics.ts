// The text of OpenMetrics 1.0 by its grammar (ABNF), as far as it has no timestamps and exemplars, and the rules that the grammar leaves to
// prose: families whole and once, suffixes by type, no series twice, buckets that add up.

import assert from 'node:assert/strict';

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*';
const TEXT = String.raw`(?:[^\n"\\]|\\.)*`;
const NUMBER = String.raw`(?:[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|[+-]?Inf|NaN)`;
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|gaugehistogram|stateset|info|summary|unknown)$`);
const UNIT = new RegExp(`^# UNIT (${NAME}) ([a-zA-Z0-9_:]*)$`);
const HELP = new RegExp(String.raw`^# HELP (${NAME}) (?:[^\n\\]|\\.)*$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{((?:${LABEL}="${TEXT}"(?:,${LABEL}="${TEXT}")*)?)\\})? (${NUMBER})$`, 'i');
const PAIR = new RegExp(`(${LABEL})="(${TEXT})"`, 'g');

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  gauge: [''],
  counter: ['_total'],
  histogram: ['_bucket', '_count', '_sum'],
};

export interface Series {
  readonly family: string;
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

function unescaped(content: string): string {
  return content.replaceAll(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one));
}

/** Asserts that the text keeps to the format, and returns its series. */
export function parseOpenMetrics(text: string): Series[] {
  assert.ok(text.endsWith('# EOF\n'), 'it ends with # EOF');
  const series: Series[] = [];
  const families = new Map<string, string>();
  let family = '';
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const [, typed, type = ''] = TYPE.exec(line) ?? [];
    if (typed !== undefined) {
      assert.ok(!families.has(typed), `${typed} comes twice`);
      families.set((family = typed), type);
      continue;
    }
    const [, unitOf, unit = ''] = UNIT.exec(line) ?? [];
    if (unitOf !== undefined) {
      assert.equal(unitOf, family);
      assert.ok(family.endsWith(`_${unit}`), `${family} does not end in its unit, ${unit}`);
      continue;
    }
    const [, helpOf] = HELP.exec(line) ?? [];
    if (helpOf !== undefined) {
      assert.equal(helpOf, family);
      continue;
    }
    const sample = SAMPLE.exec(line);
    assert.ok(sample, `no line of OpenMetrics: ${line}`);
    const [, name = '', pairs = '', value = ''] = sample;
    const suffix = name.slice(family.length);
    assert.ok(
      name.startsWith(family) && SUFFIXES[families.get(family) ?? '']?.includes(suffix),
      `${name} in ${family}`,
    );
    const found = [...pairs.matchAll(PAIR)].map(([, key = '', content = '']) => [key, unescaped(content)] as const);
    const labels = new Map(found);
    assert.equal(labels.size, found.length, `a label comes twice: ${line}`);
    series.push({ family, name, labels, value: value === '+Inf' ? Infinity : Number(value) });
  }
  const keys = series.map(({ name, labels }) =>
    JSON.stringify([
      name,
      ...[...labels].map(([key, content]) => `${key}=${content}`).toSorted((a, b) => a.localeCompare(b)),
    ]),
  );
  assert.equal(new Set(keys).size, keys.length, 'a series comes twice');
  for (const [name, type] of families)
    if (type === 'histogram') checkHistograms(series.filter((one) => one.family === name));
  return series;
}

/** Buckets of one histogram go up, and the last of them is the count. */
function checkHistograms(series: readonly Series[]): void {
  const histograms = new Map<string, Series[]>();
  for (const one of series) {
    const key = JSON.stringify([...one.labels].filter(([label]) => label !== 'le'));
    histograms.set(key, [...(histograms.get(key) ?? []), one]);
  }
  for (const parts of histograms.values()) {
    const buckets = parts.filter(({ name }) => name.endsWith('_bucket'));
    const bounds = buckets.map(({ labels }) => (labels.get('le') === '+Inf' ? Infinity : Number(labels.get('le'))));
    assert.deepEqual(
      bounds,
      bounds.toSorted((a, b) => a - b),
    );
    assert.equal(bounds.at(-1), Infinity);
    for (const [index, { value }] of buckets.entries()) assert.ok(value >= (buckets[index - 1]?.value ?? 0));
    assert.equal(buckets.at(-1)?.value, parts.find(({ name }) => name.endsWith('_count'))?.value);
    assert.ok((parts.find(({ name }) => name.endsWith('_sum'))?.value ?? -1) >= 0);
  }
}
