// The numbers of src/model/thresholds as the pages show them: figures between markers in docs/causes/*.md, and docs/thresholds.md, the whole
// table. A marker is a pair of comments that Markdown leaves out: <!--t:GROUP.NAME-->10 %<!--/t-->.

import { bytes, count, duration, percent, rate } from '../../src/base/format.js';
import type { Basis, ThresholdGroup, Unit } from '../../src/model/thresholds/threshold.js';
import { valueOf, type Figure } from './thresholds.js';

const KIB = 1024;

function binary(value: number): string {
  if (value % (KIB * KIB) === 0) return `${value / KIB / KIB} MiB`;
  return value % KIB === 0 ? `${value / KIB} KiB` : bytes(value);
}

function shown(value: number, unit: Unit): string {
  if (unit === 'share' || unit === 'confidence') return percent(value);
  if (unit === 'ms') return duration(value);
  if (unit === 'B') return binary(value);
  if (unit === 'B/ms') return rate(value * 1000);
  if (unit === '%') return `${value} %`;
  return Number.isInteger(value) ? count(value) : String(Number(value.toPrecision(3)));
}

/** The page with the text between its markers as the numbers are now. Throws for a marker that names none. */
export function withFigures(page: string, figures: readonly Figure[]): string {
  return page.replace(/<!--t:([^>]*)-->[^<]*<!--\/t-->/g, (_all, id: string) => {
    const found = figures.find((one) => one.id === id);
    if (!found) throw new Error(`the marker t:${id} names no number of src/model/thresholds`);
    return `<!--t:${id}-->${shown(valueOf(found), found.unit)}<!--/t-->`;
  });
}

/** Figures with a unit that stand outside markers and code. */
export function bareFigures(page: string): string[] {
  const prose = page.replace(/<!--t:[^>]*-->[^<]*<!--\/t-->/g, '').replace(/`[^`]*`/g, '');
  return prose.match(/\d[\d.,]* ?(%|ms|µs|s|[kM]B\/s|[KM]iB|times)(?!\w)/g) ?? [];
}

function basisText(basis: Basis): string {
  return Object.entries(basis)
    .map(([kind, why]) => `**${kind}**: ${why}`)
    .join('; ');
}

function rowsOf({ group, table }: ThresholdGroup, figures: readonly Figure[]): string[] {
  return Object.entries(table).map(([name, of]) => {
    const own = figures.filter((one) => one.of === of);
    const units = [...new Set(own.map(({ unit }) => unit))];
    const parts = own.map((one) => {
      const text = shown(valueOf(one), one.unit);
      return typeof of.value === 'number' ? text : `${one.key} ${text}`;
    });
    return `| ${group} | ${name} | ${parts.join('<br>')} | ${units.join(', ')} | ${of.means} | ${basisText(of.basis)} |`;
  });
}

/** docs/thresholds.md. */
export function pageOf(groups: readonly ThresholdGroup[], figures: readonly Figure[]): string {
  return [
    '# Every number on which the diagnosis decides',
    '',
    'Made from `src/model/thresholds/` by `npm run golden`; change the table there, not this page. `npm run thresholds` proves for each of',
    'them that a test notices when it is doubled and when it is halved. What a basis is: **cited** – a source gives it; **derived** – it follows',
    'from something that is known; **measured** – a file of `bench/results/` and a day; **prior** – nobody measured it, and the reason says why',
    'it is of that order. Values of the kernel’s interfaces, formats, and bounds of memory and drawing are no judgements and not in it.',
    '',
    '| group | name | value | unit | what it means | basis |',
    '| --- | --- | --- | --- | --- | --- |',
    ...groups.flatMap((group) => rowsOf(group, figures)),
    '',
  ].join('\n');
}
