// What is said of a stall by two diagnoses: gone only where nothing stands against it, and each doubt in words. The nearest look-alikes stand on each side of
// every number.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outcomeOf, type Judged } from '../../src/comparison/outcome.js';
import type { Settings } from '../../src/comparison/settings.js';
import type { Work } from '../../src/comparison/work.js';
import type { Diagnosis } from '../../src/model/diagnosis.js';
import { aDiagnosis, aHealthyDiagnosis } from '../support/diagnosis.js';

const CAUSE = 'mem.dirty-limit';
const FILE = '/proc/sys/vm/dirty_bytes';
const NOTHING = { ruledOut: [], notChecked: [] };

function work(read: number, written: number, by: Work['by'] = 'calls'): Work[] {
  return [{ by, read, written }];
}

function settings(dirtyBytes: string): Settings {
  return new Map([['vm.dirty_bytes', { value: dirtyBytes, file: FILE }]]);
}

function before(different: Partial<Judged> = {}): Judged {
  return {
    diagnosis: aDiagnosis(),
    otherwise: NOTHING,
    work: work(0, 1e6),
    settings: settings('8192'),
    longestPauseMs: 0,
    ...different,
  };
}

/** Nothing wrong, and everything there that is needed to say so. */
function healthy(different: Partial<Diagnosis> = {}): Diagnosis {
  const diagnosis = aHealthyDiagnosis();
  return { ...diagnosis, ruledOut: [{ cause: CAUSE, why: 'nothing was paused' }], losses: [], ...different };
}

function after(different: Partial<Judged> = {}): Judged {
  return {
    diagnosis: healthy(),
    otherwise: NOTHING,
    work: work(0, 2e6),
    settings: settings('0'),
    longestPauseMs: 0,
    ...different,
  };
}

/** A stall by another cause. */
function slow(different: Partial<Diagnosis> = {}): Diagnosis {
  const { verdict } = aDiagnosis();
  return healthy({ verdict: { ...verdict, cause: 'dev.slow', share: 0.5 }, ...different });
}

/** The single doubt that keeps it open. */
function doubtOf(was: Judged, is: Judged): string {
  const { kind, doubts } = outcomeOf(was, is);
  assert.equal(kind, 'open');
  assert.equal(doubts.length, 1, doubts.join(' '));
  return doubts[0] ?? '';
}

describe('what became of a stall', () => {
  it('is gone where it was looked for, at comparable work, with what was to blame changed', () => {
    const { kind, sentence, doubts, notes } = outcomeOf(before(), after());
    assert.deepEqual([kind, doubts], ['gone', []]);
    assert.equal(sentence, 'mem.dirty-limit cost 93 % of iowitness-probe’s time before, and holds no more.');
    assert.deepEqual(notes, ['By its own calls, iowitness-probe wrote 2 MB/s; before: 1 MB/s.']);
  });

  it('is gone as well where it is asked only when nothing else holds, and was; or could not be told, with the reason', () => {
    const { verdict } = aDiagnosis();
    const was = before({ diagnosis: { ...aDiagnosis(), verdict: { ...verdict, cause: 'cpu.slow', culprit: null } } });
    const looked = { ruledOut: [{ cause: 'cpu.slow', why: 'a small write cost 2 µs' }], notChecked: [] };
    assert.equal(outcomeOf(was, after({ otherwise: looked })).kind, 'gone');
    assert.match(
      outcomeOf(was, after({ diagnosis: slow(), otherwise: looked })).sentence,
      /cpu\.slow is ruled out there/,
    );
    const unknown = { ruledOut: [], notChecked: [{ cause: 'cpu.slow', why: 'no known work' }] };
    assert.match(doubtOf(was, after({ otherwise: unknown })), /could not be checked after: no known work\.$/);
    assert.match(doubtOf(was, after()), /does not say that cpu\.slow is ruled out/);
  });

  it('is still there where it holds, first or beside another', () => {
    const first = outcomeOf(before(), before());
    assert.equal(first.kind, 'still-there');
    assert.match(first.sentence, /costs 93 % .* after, and cost 93 % before\.$/);
    const beside = outcomeOf(before(), after({ diagnosis: slow({ also: [aDiagnosis().verdict] }) }));
    assert.equal(beside.kind, 'still-there');
    assert.match(beside.sentence, /most of it goes to dev\.slow now/);
  });

  it('is another one where another cause holds, and says whether the first was looked for', () => {
    const { kind, sentence } = outcomeOf(before(), after({ diagnosis: slow() }));
    assert.equal(kind, 'another');
    assert.match(sentence, /^dev\.slow costs 50 % .* and mem\.dirty-limit is ruled out there\.$/);
    const unchecked = slow({ ruledOut: [], notChecked: [{ cause: CAUSE, why: 'no counters' }] });
    assert.match(outcomeOf(before(), after({ diagnosis: unchecked })).sentence, /could not be checked\.$/);
    // It was looked for, and held below what is told.
    const silent = slow({ ruledOut: [], notChecked: [] });
    assert.match(
      outcomeOf(before(), after({ diagnosis: silent })).sentence,
      /mem\.dirty-limit is not ruled out there\.$/,
    );
  });

  it('that comes and goes may be in a pause after, but not where twice its longest pause was recorded', () => {
    const { durationMs } = healthy().recording;
    const pausing = (longestPauseMs: number) => before({ longestPauseMs });
    assert.match(doubtOf(pausing(durationMs * 0.6), after()), /^Before, it paused for up to .* may lie in a pause\.$/);
    assert.equal(outcomeOf(pausing(durationMs * 0.4), after()).kind, 'gone');
  });

  it('is open where events told of it before and samples are all there is after, or no settings', () => {
    const sampled = after({ diagnosis: healthy({ accountingFrom: 'samples' }) });
    assert.match(doubtOf(before(), sampled), /no kernel events of the victim/);
    const blamed = {
      ...aDiagnosis().verdict,
      culprit: { kind: 'setting', name: 'vm.dirty_bytes', file: FILE },
    } as const;
    const was = before({ diagnosis: { ...aDiagnosis(), verdict: blamed } });
    assert.match(doubtOf(was, after({ settings: undefined })), /^Whether vm\.dirty_bytes was changed is not in/);
  });

  it('appeared, or is in neither, where there was none before', () => {
    const none = before({ diagnosis: healthy() });
    assert.equal(outcomeOf(none, after({ diagnosis: slow() })).kind, 'appeared');
    assert.equal(outcomeOf(none, after()).kind, 'none');
  });

  it('is open where one of them has no verdict, and passes on what that says', () => {
    const verdict = { ...aDiagnosis().verdict, cause: 'inconclusive', sureness: null, sentence: 'Nobody knows.' };
    const candidates = [{ cause: CAUSE, confidence: 0.4, score: 0.4, decidedBy: null }];
    const late = outcomeOf(before(), after({ diagnosis: healthy({ verdict, candidates }) }));
    assert.equal(late.kind, 'open');
    assert.deepEqual(late.doubts, [
      'After: Nobody knows.',
      'mem.dirty-limit is among the likeliest causes after (40 %).',
    ]);
    const early = outcomeOf(before({ diagnosis: healthy({ verdict }) }), after());
    assert.deepEqual([early.kind, early.doubts], ['open', ['Before: Nobody knows.']]);
    assert.doesNotMatch(early.sentence, /is gone|holds no more/);
  });
});

describe('it is not called gone', () => {
  it('where the cause was not looked for', () => {
    const unchecked = healthy({ ruledOut: [], notChecked: [{ cause: CAUSE, why: 'there are no counters' }] });
    assert.match(
      doubtOf(before(), after({ diagnosis: unchecked })),
      /could not be checked after: there are no counters\./,
    );
    assert.match(
      doubtOf(before(), after({ diagnosis: healthy({ ruledOut: [] }) })),
      /does not say that .* is ruled out/,
    );
  });

  it('where the second diagnosis is only possible, or its recording lost much', () => {
    const verdict = { ...healthy().verdict, sureness: 'possible' as const };
    assert.match(doubtOf(before(), after({ diagnosis: healthy({ verdict }) })), /only possible/);
    const loss = { code: 'x', severity: 'severe' as const, sentence: 's', remedy: 'r', where: 'w' };
    assert.match(doubtOf(before(), after({ diagnosis: healthy({ losses: [loss] }) })), /severe losses/);
    assert.equal(
      outcomeOf(before(), after({ diagnosis: healthy({ losses: [{ ...loss, severity: 'info' }] }) })).kind,
      'gone',
    );
  });

  it('where the second recording ends before the first one’s stall began', () => {
    const lasting = (durationMs: number) => healthy({ recording: { ...healthy().recording, durationMs } });
    assert.match(doubtOf(before(), after({ diagnosis: lasting(4099) })), /began 4\.10 s into .* lasts only 4\.10 s/);
    assert.equal(outcomeOf(before(), after({ diagnosis: lasting(4101) })).kind, 'gone');
  });

  it('where it is about another program, or nobody', () => {
    const { verdict } = healthy();
    const other = healthy({ verdict: { ...verdict, victim: { pid: 1, name: 'tar' } } });
    assert.match(doubtOf(before(), after({ diagnosis: other })), /about iowitness-probe, after it is about tar/);
    assert.deepEqual(outcomeOf(before(), after({ diagnosis: other })).notes, [], 'their work is not compared');
    const nobody = healthy({ verdict: { ...verdict, victim: null } });
    assert.match(doubtOf(before(), after({ diagnosis: nobody })), /after it is about nobody/);
  });

  it('where the setting that was to blame is as it was', () => {
    assert.match(doubtOf(before(), after({ settings: settings('8192') })), /vm\.dirty_bytes is 8192/);
    assert.equal(outcomeOf(before({ settings: undefined }), after()).kind, 'gone', 'where nothing tells of it before');
  });

  it('where the victim’s work is not known of both in the same way', () => {
    assert.match(doubtOf(before(), after({ work: [] })), /is not in both recordings/);
    assert.match(doubtOf(before(), after({ work: work(0, 2e6, 'requests') })), /is not in both recordings/);
    const both = [...work(0, 1e6), ...work(0, 5e5, 'requests')];
    assert.equal(outcomeOf(before({ work: both }), after({ work: work(0, 5e5, 'requests') })).kind, 'gone');
  });

  it('where the victim did less than half of what it did, told with figures', () => {
    const { doubts, notes, kind } = outcomeOf(before(), after({ work: work(0, 0.49e6) }));
    assert.deepEqual([kind, doubts], ['open', ['iowitness-probe did less after: it may have been asked for less.']]);
    assert.deepEqual(notes, ['By its own calls, iowitness-probe wrote 490 kB/s; before: 1 MB/s.']);
    assert.equal(outcomeOf(before(), after({ work: work(0, 0.51e6) })).kind, 'gone');
  });

  it('where it wrote no more, though it read as much, if writes were a quarter of its work', () => {
    assert.equal(outcomeOf(before({ work: work(74, 26) }), after({ work: work(100, 0) })).kind, 'open');
    assert.equal(outcomeOf(before({ work: work(76, 24) }), after({ work: work(100, 0) })).kind, 'gone');
  });
});

describe('what is told beside it', () => {
  it('names only directions in which more than a hundredth was moved', () => {
    const noteOf = (read: number) => outcomeOf(before(), after({ work: work(read, 1e6) })).notes[0] ?? '';
    assert.match(noteOf(19_000), /iowitness-probe wrote 1 MB\/s; before: 1 MB\/s\.$/);
    assert.match(noteOf(21_000), /read 21 kB\/s and wrote 1 MB\/s; before: 0 B\/s and 1 MB\/s\.$/);
  });

  it('says where a verdict is only possible, and where the accounts are of two kinds', () => {
    const { verdict } = aDiagnosis();
    const unsure = before({ diagnosis: aDiagnosis({ verdict: { ...verdict, sureness: 'possible' } }) });
    assert.match(outcomeOf(unsure, after()).notes.join(' '), /Before, mem\.dirty-limit was only possible\./);
    const sampled = after({ diagnosis: healthy({ accountingFrom: 'samples' }) });
    assert.match(outcomeOf(before(), sampled).notes.join(' '), /from events before and from samples after/);
  });
});
