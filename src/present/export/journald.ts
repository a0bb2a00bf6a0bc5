// The verdict as an entry of the systemd journal, field by field, and such an entry in the Journal Export Format, which
// systemd-journal-remote and `journalctl --file` read.
//
//   NAME=text\n                                    for text without control characters
//   NAME\n  u64 length, little-endian  bytes \n    for everything else
//   \n                                             ends the entry
//
// Source: systemd.io, 'Journal Export Formats' and 'Native Journal Protocol'; systemd.journal-fields(7).

import type { Diagnosis, Verdict } from '../../model/diagnosis.js';
import { outcomeOf, sureText, type Outcome } from '../words.js';
import type { ExportInput } from './format.js';

/** Every verdict of this program has it: `journalctl MESSAGE_ID=…` finds them all. */
const MESSAGE_ID = '5f0c9a4e7d1b4b0f9c39d2e8a6174d33';

/** syslog(3): warning, notice, informational. */
const PRIORITY: Readonly<Record<Outcome, string>> = { stall: '4', inconclusive: '5', healthy: '6' };

/** A field's name and value; a name may come several times. */
export type JournalField = readonly [name: string, value: string];

function aboutVerdict(verdict: Verdict): JournalField[] {
  const { cause, layer, sureness, confidence, share, since, victim, culprit, evidence, advice } = verdict;
  const given: readonly (readonly [string, string | number | null | undefined])[] = [
    ['IOWITNESS_CAUSE', cause],
    ['IOWITNESS_LAYER', layer],
    ['IOWITNESS_OUTCOME', outcomeOf(verdict)],
    ['IOWITNESS_SURENESS', sureness],
    ['IOWITNESS_CONFIDENCE', confidence],
    ['IOWITNESS_SHARE', share],
    ['IOWITNESS_SINCE', since],
    ['IOWITNESS_VICTIM', victim?.name],
    ['IOWITNESS_VICTIM_PID', victim?.pid],
    ['IOWITNESS_CULPRIT', culprit?.name],
    ['IOWITNESS_CULPRIT_KIND', culprit?.kind],
    ['IOWITNESS_CULPRIT_PID', culprit?.pid],
    ['IOWITNESS_CULPRIT_FILE', culprit?.file],
    ...evidence.map((one) => ['IOWITNESS_EVIDENCE', `${one.measure}: ${one.value} (${one.meaning})`] as const),
    ...advice.map((one) => ['IOWITNESS_ADVICE', one.text] as const),
  ];
  return given.flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, String(value)]]));
}

/** The verdict's fields. */
export function journalFields({ verdict, also, recording, tool }: Diagnosis): JournalField[] {
  const sure = sureText(verdict);
  return [
    ['MESSAGE', `${verdict.cause}${sure === undefined ? '' : `, ${sure}`}: ${verdict.sentence}`],
    ['MESSAGE_ID', MESSAGE_ID],
    ['PRIORITY', PRIORITY[outcomeOf(verdict)]],
    ['SYSLOG_IDENTIFIER', 'iowitness'],
    ...aboutVerdict(verdict),
    ...also.map(({ cause }): JournalField => ['IOWITNESS_ALSO', cause]),
    ['IOWITNESS_RECORDING', recording.path],
    ...(recording.id === null ? [] : [['IOWITNESS_RECORDING_ID', recording.id] as const]),
    ...(recording.host === null ? [] : [['IOWITNESS_HOST', recording.host] as const]),
    ['IOWITNESS_TOOL', tool],
  ];
}

/** When the last of it was recorded, µs since 1970; undefined where the recording does not tell the time of day. */
function endedAt({ recording: { startedAt, durationMs } }: Diagnosis): number | undefined {
  const start = startedAt === null ? NaN : Date.parse(startedAt);
  return Number.isNaN(start) ? undefined : Math.round((start + durationMs) * 1000);
}

export function serialized([name, value]: JournalField): Buffer {
  // eslint-disable-next-line no-control-regex
  if (!/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) return Buffer.from(`${name}=${value}\n`);
  const bytes = Buffer.from(value);
  const head = Buffer.alloc(name.length + 9);
  head.write(`${name}\n`);
  head.writeBigUInt64LE(BigInt(bytes.length), name.length + 1);
  return Buffer.concat([head, bytes, Buffer.from('\n')]);
}

export function* renderJournalExport({ diagnosis, rows }: ExportInput): Generator<Uint8Array> {
  const realtime = endedAt(diagnosis);
  const { startNs } = rows();
  const ended = (startNs ?? 0n) / 1000n + BigInt(Math.round(diagnosis.recording.durationMs * 1000));
  if (realtime !== undefined) yield serialized(['__REALTIME_TIMESTAMP', String(realtime)]);
  if (startNs !== undefined) yield serialized(['__MONOTONIC_TIMESTAMP', String(ended)]);
  for (const field of journalFields(diagnosis)) yield serialized(field);
  yield Buffer.from('\n');
}
