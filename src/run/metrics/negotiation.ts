// Which of the two texts a scraper gets, by its Accept header: OpenMetrics where it asks for that at least as much as for the older text, which is
// what everybody else gets.
//
// Source: prometheus.io/docs/instrumenting/content_negotiation; RFC 9110, section 12.5.1.

import type { TextFormat } from '../../present/export/openmetrics/exposition.js';

export const CONTENT_TYPE: Readonly<Record<TextFormat, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
};

/** Versions of OpenMetrics that differ in nothing that is written here. */
const OPEN_VERSIONS = new Set(['1.0.0', '0.0.1']);

interface Range {
  readonly type: string;
  readonly version: string | undefined;
  readonly weight: number;
}

function rangesOf(accept: string): Range[] {
  return accept.split(',').map((one) => {
    const [type = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase());
    const values = new Map(parameters.map((part) => [part.split('=')[0], part.split('=')[1]?.replaceAll('"', '')]));
    const weight = Number(values.get('q') ?? 1);
    return { type, version: values.get('version'), weight: Number.isNaN(weight) ? 0 : weight };
  });
}

export function formatFor(accept: string | undefined): TextFormat {
  const ranges = rangesOf(accept ?? '');
  const weightOf = (matches: (range: Range) => boolean) =>
    Math.max(0, ...ranges.filter(matches).map(({ weight }) => weight));
  const open = weightOf(
    ({ type, version }) =>
      type === 'application/openmetrics-text' && (version === undefined || OPEN_VERSIONS.has(version)),
  );
  const plain = weightOf(({ type }) => type === 'text/plain' || type === 'text/*');
  return open > 0 && open >= plain ? 'openmetrics' : 'prometheus';
}
