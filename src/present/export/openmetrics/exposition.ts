// The text of OpenMetrics: families with their help, type and unit, samples with labels, and the mark of the end. Types are only those that
// the older text format of Prometheus has as well, because node_exporter's textfile collector reads that one and refuses a file with
// others: information is a gauge of 1 whose name ends in _info.
//
// Sources: 'OpenMetrics, a cloud-native, highly scalable metrics protocol' 1.0, section 'Text format'; for the older format, in which a counter's
// family has the name of its samples and units are not told, prometheus.io/docs/instrumenting/exposition_formats.

import { harmless } from '../../../base/format.js';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  /** Added to the family's name: '_total', '_bucket'. */
  readonly suffix?: string;
  readonly labels?: Labels;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  /** The name then ends in it. */
  readonly unit?: 'seconds' | 'bytes';
  readonly help: string;
  readonly samples: readonly Sample[];
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function lineOf(name: string, { suffix = '', labels = {}, value }: Sample): string {
  // A name from outside may hold control characters: they are no part of a label.
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(harmless(text))}"`);
  return `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${numberText(value)}`;
}

/** As both formats read it: no separators, 'NaN', '+Inf'. */
export function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

/** OpenMetrics 1.0.0, and the text format of Prometheus, version 0.0.4. */
export type TextFormat = 'openmetrics' | 'prometheus';

/** All families that have a sample, and the mark of the end where the format has one. */
export function exposition(families: readonly Family[], format: TextFormat = 'openmetrics'): string {
  const isOpen = format === 'openmetrics';
  const lines = families
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, type, unit, help, samples }) => {
      const family = !isOpen && type === 'counter' ? `${name}_total` : name;
      return [
        `# TYPE ${family} ${type}`,
        ...(unit === undefined || !isOpen ? [] : [`# UNIT ${family} ${unit}`]),
        `# HELP ${family} ${escaped(help)}`,
        ...samples.map((sample) => lineOf(name, sample)),
      ];
    });
  return `${[...lines, ...(isOpen ? ['# EOF'] : [])].join('\n')}\n`;
}
