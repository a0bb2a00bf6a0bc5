// The report as JSON: one document as sysstat 12.6.1 prints it, byte for byte, which is whole when it ends; or JSONL, an object a line, each
// with its time, which is whole behind every line.

import { isoTime } from '../../base/format.js';
import { fixed } from '../fixed.js';
import { basicColumns, extendedParts, inUnit, shortColumns, unitName, type Column } from './columns.js';
import { CPU_SHARES } from './cpu.js';
import type { Row } from './device-list.js';
import { eventsOf } from './events.js';
import type { IostatOptions } from './options.js';
import type { Machine, Report, Shown } from './report.js';
import { dateText, timestampText } from './time-of-day.js';

/** -x has its columns by what they tell, not by what was asked of the disk. */
const ORDER = [/^[rwdf]\/s$/, /^[rwd](?:kB|MB|sec)\/s$/, /^[rwd]rqm\/s$/, /^%[rwd]rqm$/, /_await$/, /areq-sz$/, /./];

function columnsOf(options: IostatOptions): Column[] {
  const unit = unitName(options);
  // -s changes the text of the basic report alone.
  if (!options.extended) return basicColumns(unit, false);
  if (options.short) return shortColumns(unit);
  const placeOf = ({ name }: Column): number => ORDER.findIndex((pattern) => pattern.test(name));
  return extendedParts(unit)
    .flat()
    .sort((a, b) => placeOf(a) - placeOf(b));
}

/** Absent where NaN. */
const numberText = (value: number, places: number): string => (Number.isNaN(value) ? 'null' : fixed(value, places));

function cpuText(shares: readonly number[]): string {
  return `{${CPU_SHARES.map((name, index) => `"${name}": ${numberText(shares[index] ?? NaN, 2)}`).join(', ')}}`;
}

/** `timePlaces`: decimals of times. */
function diskText(options: IostatOptions, timePlaces: number): (row: Row, centiseconds: number) => string {
  const columns = columnsOf(options);
  const places = (form: Column['form']): number => (form === 'total' ? 0 : form === 'time' ? timePlaces : 2);
  return (row, centiseconds) => {
    const stretch = { ...row, centiseconds };
    const figures = columns.map((column) => {
      const value = inUnit(column, stretch, options.unit);
      return `"${column.name.replace('%', '')}": ${numberText(value, places(column.form))}`;
    });
    return `{"disk_device": ${JSON.stringify(row.label)}, ${figures.join(', ')}}`;
  };
}

const tabs = (count: number, text: string): string => `${'\t'.repeat(count)}${text}\n`;

export function jsonReport(
  options: IostatOptions,
  times: { readonly isIso: boolean; readonly isFine: boolean },
): Report {
  const disk = diskText(options, options.decimals === 3 ? 3 : 2);
  return {
    begin: ({ system, release, host, architecture, cpus }: Machine, now: Date) =>
      [
        tabs(0, '{"sysstat": {'),
        tabs(1, '"hosts": ['),
        tabs(2, '{'),
        tabs(3, `"nodename": ${JSON.stringify(host)},`),
        tabs(3, `"sysname": ${JSON.stringify(system)},`),
        tabs(3, `"release": ${JSON.stringify(release)},`),
        tabs(3, `"machine": ${JSON.stringify(architecture)},`),
        tabs(3, `"number-of-cpus": ${cpus},`),
        tabs(3, `"date": "${dateText(now, times.isIso)}",`),
        tabs(3, '"statistics": ['),
      ].join(''),
    sample: ({ at, cpu, rows, centiseconds }: Shown) => {
      const disks = rows.map((row) => `${'\t'.repeat(6)}${disk(row, centiseconds)}`).join(',\n');
      return [
        tabs(4, '{'),
        options.timestamp ? tabs(5, `"timestamp": "${timestampText(at, times.isIso, times.isFine)}",`) : '',
        options.cpu ? tabs(5, `"avg-cpu":  ${cpuText(cpu)}${options.disks ? ',' : ''}`) : '',
        options.disks ? `${tabs(5, '"disk": [')}${disks}\n${tabs(5, ']')}` : '',
        '\t'.repeat(4),
        '}',
      ].join('');
    },
    between: (wasShown, isLast) => (wasShown && !isLast ? ',\n' : '\n'),
    end: () => '\t\t\t]\n\t\t}\n\t]\n}}\n',
  };
}

/** `hasTickedUtil`: see isUtilApproximate. */
export function jsonLines(options: IostatOptions, hasTickedUtil: boolean): Report {
  const disk = diskText(options, 3);
  return {
    begin: () => '',
    sample: (shown: Shown) => {
      const { at, cpu, rows, centiseconds, isSinceBoot } = shown;
      const withEvents = options.events && !isSinceBoot;
      const parts = [
        `"timestamp": ${JSON.stringify(isoTime(at.getTime()))}`,
        `"seconds": ${fixed(centiseconds / 100, 4)}`,
        ...(isSinceBoot ? ['"since_boot": true'] : []),
        ...(options.cpu ? [`"avg-cpu": ${cpuText(cpu)}`] : []),
        ...(options.disks ? [`"disk": [${rows.map((row) => disk(row, centiseconds)).join(', ')}]`] : []),
        ...(withEvents ? [`"events": ${JSON.stringify(rows.map((row) => eventsOf(row, shown, hasTickedUtil)))}`] : []),
      ];
      return `{${parts.join(', ')}}\n`;
    },
    between: () => '',
    end: () => '',
  };
}
