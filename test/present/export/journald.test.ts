// The verdict as a journal entry: written in the Journal Export Format, taken into a journal by systemd's own program and read back by
// journalctl, and the same for names with line ends and control characters.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { journalFields, renderJournalExport, serialized } from '../../../src/present/export/journald.js';
import { aDiagnosis, aHealthyDiagnosis, aHostileDiagnosis, HOSTILE_NAMES } from '../../support/diagnosis.js';
import { bytesOf, exported, inputOf } from '../../support/exported.js';
import { needsCommand, systemdProgram } from '../../support/requirements.js';

const REMOTE = systemdProgram('systemd-journal-remote');

let folder = '';
before(() => {
  folder = mkdtempSync('/tmp/iowitness-journal-');
});
after(() => rmSync(folder, { recursive: true }));

/** The fields of one entry, as the format says: text in a line, or length and bytes. */
function parseEntry(bytes: Buffer): [string, string][] {
  const fields: [string, string][] = [];
  let at = 0;
  while (bytes[at] !== 0x0a) {
    const end = bytes.indexOf(0x0a, at);
    const line = bytes.toString('utf8', at, end);
    const equals = line.indexOf('=');
    if (equals >= 0) {
      fields.push([line.slice(0, equals), line.slice(equals + 1)]);
      at = end + 1;
    } else {
      const length = Number(bytes.readBigUInt64LE(end + 1));
      fields.push([line, bytes.toString('utf8', end + 9, end + 9 + length)]);
      assert.equal(bytes[end + 9 + length], 0x0a);
      at = end + 10 + length;
    }
  }
  assert.equal(at, bytes.length - 1);
  return fields;
}

describe('the journal entry', () => {
  it('has the verdict, its evidence and its advice field by field', async () => {
    const input = await exported('dev.neighbour-root');
    const { verdict, recording } = input.diagnosis;
    const fields = parseEntry(bytesOf(renderJournalExport, input));
    const all = (name: string) => fields.filter(([one]) => one === name).map(([, value]) => value);
    assert.deepEqual(all('IOWITNESS_CAUSE'), [verdict.cause]);
    assert.deepEqual(all('PRIORITY'), ['4']);
    assert.deepEqual(all('IOWITNESS_CULPRIT'), [verdict.culprit?.name]);
    assert.equal(all('IOWITNESS_EVIDENCE').length, verdict.evidence.length);
    assert.equal(all('IOWITNESS_ADVICE').length, verdict.advice.length);
    assert.match(all('MESSAGE')[0] ?? '', /^dev\.neighbour, .+\(\d+ in 100\): .+/);
    const ended = Date.parse(recording.startedAt ?? '') + recording.durationMs;
    assert.equal(Number(all('__REALTIME_TIMESTAMP')[0]), Math.round(ended * 1000));
  });

  it('is a warning for a stall alone', () => {
    const priority = (diagnosis: ReturnType<typeof aDiagnosis>) =>
      journalFields(diagnosis).find(([name]) => name === 'PRIORITY')?.[1];
    assert.deepEqual([priority(aDiagnosis()), priority(aHealthyDiagnosis())], ['4', '6']);
  });

  it('keeps names whole that hold line ends and control characters, and makes no field of them', () => {
    for (const name of [...HOSTILE_NAMES, 'a\nPRIORITY=0\n\nMESSAGE=b']) {
      const diagnosis = aHostileDiagnosis(name);
      const entry = parseEntry(bytesOf(renderJournalExport, { ...inputOf(undefined), diagnosis }));
      assert.deepEqual(
        entry.filter(([field]) => !field.startsWith('__')),
        journalFields(diagnosis).map(([field, value]) => [field, value]),
      );
    }
    assert.equal(serialized(['A', 'b\nc']).toString('latin1'), 'A\n\x03\0\0\0\0\0\0\0b\nc\n');
  });

  it(
    'goes through systemd’s own reader into a journal',
    { skip: REMOTE.skip || needsCommand('journalctl') },
    async () => {
      const [file, journal] = [path.join(folder, 'entry'), path.join(folder, 'x.journal')];
      const input = await exported('dev.neighbour-root');
      const hostile = { ...inputOf(undefined), diagnosis: aHostileDiagnosis('a\nb') };
      writeFileSync(file, Buffer.concat([bytesOf(renderJournalExport, input), bytesOf(renderJournalExport, hostile)]));
      const remote = spawnSync(REMOTE.path, ['-o', journal, file], { encoding: 'utf8' });
      assert.equal(remote.status, 0, remote.stderr);
      const { stdout, stderr } = spawnSync('journalctl', ['--file', journal, '-o', 'json'], { encoding: 'utf8' });
      const entries: Record<string, unknown>[] = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.equal(entries.length, 2, stderr);
      for (const [index, { diagnosis }] of [input, hostile].entries()) {
        const wanted = new Map<string, string[]>();
        for (const [name, value] of journalFields(diagnosis)) wanted.set(name, [...(wanted.get(name) ?? []), value]);
        for (const [name, values] of wanted) {
          const found = entries[index]?.[name];
          // Equal values of one field are kept once; bytes that are no plain text come as numbers.
          const list = (Array.isArray(found) && typeof found[0] !== 'number' ? found : [found]).map((value: unknown) =>
            Array.isArray(value) ? Buffer.from(value.map(Number)).toString() : value,
          );
          assert.deepEqual(new Set(list), new Set(values), name);
        }
      }
    },
  );
});
