// The terminal's text: the whole of it against golden files, and what must hold for any diagnosis.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { renderText } from '../../src/present/text.js';
import { widthOf } from '../../src/present/text-layout.js';
import { statesOfVerdict } from '../../src/present/words.js';
import {
  aDiagnosis,
  aTraceDiagnosis,
  aHealthyDiagnosis,
  aHostileDiagnosis,
  HOSTILE_NAMES,
  TERMINAL_CONTROLS,
} from '../support/diagnosis.js';
import { assertGolden } from '../support/golden.js';

describe('the text of a diagnosis', () => {
  it('tells the dirty-limit story', () => {
    assertGolden(
      'present/dirty-limit.txt',
      `${renderText(aDiagnosis(), { colour: false, verbose: true, width: 120 })}\n`,
    );
  });

  it('tells it on a narrow terminal', () => {
    assertGolden(
      'present/dirty-limit-80.txt',
      `${renderText(aDiagnosis(), { colour: false, verbose: true, width: 80 })}\n`,
    );
  });

  it('tells that nothing is wrong', () => {
    assertGolden(
      'present/healthy.txt',
      `${renderText(aHealthyDiagnosis(), { colour: false, verbose: true, width: 120 })}\n`,
    );
  });

  it('has the whole message on a first screen of 80 × 24', () => {
    const lines = renderText(aDiagnosis(), { colour: false, verbose: false, width: 80, height: 24 }).split('\n');
    assert.ok(lines.length <= 22, `${lines.length} lines, and two are for files`);
    const text = lines.join('\n');
    for (const part of [
      /^✗ mem\.dirty-limit, sure \(97 in 100\): The page cache’s dirty limit is too low/,
      /culprit vm\.dirty_bytes=8192 · victim iowitness-probe \(4711\)/,
      /time lost +52\.3 s +93 % of/,
      /since +02:12:09 UTC/,
      /→ Put the limit back/,
      /dirty-throttle +◀/,
      /-v shows evidence and rivals/,
    ])
      assert.match(text, part);
  });

  it('begins a command of its own as it was called', () => {
    const healthy = aHealthyDiagnosis();
    const command = { command: 'iowitness record -- COMMAND', changes: null, undo: null };
    const advice = [{ text: 'Record then: `iowitness record -- COMMAND`.', commands: [command] }];
    const diagnosis = { ...healthy, verdict: { ...healthy.verdict, advice } };
    const text = renderText(diagnosis, { colour: false, verbose: false, called: './iowitness' });
    assert.match(text, /^    \.\/iowitness record -- COMMAND$/m);
    assert.doesNotMatch(text, /^    iowitness /m);
  });

  it('never wraps a command, however narrow the terminal', () => {
    const { advice } = aDiagnosis().verdict;
    const commands = advice.flatMap((one) => one.commands.map(({ command }) => command));
    assert.ok(commands.length > 0);
    for (const width of [60, 80, 200]) {
      const lines = renderText(aDiagnosis(), { colour: false, verbose: true, width }).split('\n');
      for (const command of commands) assert.ok(lines.includes(`    ${command}`), `${width}: ${command}`);
    }
  });

  it('gives up states, and then the line before the last, where the screen is low', () => {
    const at = (height: number) =>
      renderText(aDiagnosis(), { colour: false, verbose: false, width: 80, height }).split('\n');
    const whole = at(50);
    assert.deepEqual(at(whole.length + 2), whole);
    const lower = at(whole.length + 1);
    assert.equal(lower.length, whole.length - 1);
    assert.deepEqual(lower[0], whole[0]);
    const lowest = at(10);
    assert.ok(
      lowest.some((line) => line.includes('◀')),
      'the verdict’s state stays',
    );
    assert.equal(lowest.filter((line) => line.includes('█')).length, 1);
    assert.equal(lowest.at(-1), whole.at(-1));
  });

  it('keeps the verdict’s state where larger ones take the room', () => {
    const accounting = [
      { state: 'block-device', ms: 35_000, share: 0.35, lostMs: 0 },
      { state: 'dirty-throttle', ms: 33_000, share: 0.33, lostMs: 33_000 },
      { state: 'running', ms: 32_000, share: 0.32, lostMs: 100 },
    ];
    const text = renderText(aDiagnosis({ accounting }), { colour: false, verbose: false, width: 80, height: 10 });
    assert.match(text, /dirty-throttle +◀/);
    assert.doesNotMatch(text, /block-device/);
  });

  it('marks the state that has most of what the verdict explains, and none that has next to nothing of it', () => {
    const accounting = [
      { state: 'user-lock', ms: 14_900, share: 0.95, lostMs: 6600 },
      { state: 'running', ms: 558, share: 0.036, lostMs: 200 },
      { state: 'cpu-wakeup', ms: 27, share: 0.002, lostMs: 20 },
    ];
    assert.deepEqual([...statesOfVerdict(accounting)], ['user-lock']);
    assert.deepEqual([...statesOfVerdict(accounting.map((one) => ({ ...one, lostMs: 0 })))], []);
  });

  it('breaks no command, and has commands that follow each other on lines of their own where they are too wide', () => {
    const commands = 'echo 0 > /sys/class/bdi/7:0/strict_limit; echo 100 > /sys/class/bdi/7:0/max_ratio';
    const quoted = `sh -c 'echo 1 > /sys/block/sda/queue/scheduler; echo 2 > /sys/block/sda/queue/nr_requests'`;
    const diagnosis = aDiagnosis();
    const advised = (command: string, width: number) =>
      renderText(
        {
          ...diagnosis,
          verdict: {
            ...diagnosis.verdict,
            advice: [{ text: `Do \`${command}\`.`, commands: [{ command, changes: 'it', undo: null }] }],
          },
        },
        { colour: false, verbose: false, width },
      ).split('\n');
    assert.ok(advised(commands, 120).includes(`    ${commands}`));
    const lines = advised(commands, 80);
    for (const command of commands.split('; ')) assert.ok(lines.includes(`    ${command}`), command);
    assert.ok(advised(quoted, 80).includes(`    ${quoted}`), 'what a shell is given is one command');
  });

  it('keeps to the width, but for the path in the last line', () => {
    for (const width of [80, 100, 132]) {
      for (const line of renderText(aDiagnosis(), { colour: false, verbose: true, width }).split('\n').slice(0, -1))
        assert.ok(line.startsWith('    ') || widthOf(line) <= width, `${widthOf(line)} > ${width}: ${line}`);
    }
  });

  it('says the same with and without colour, and colours only when asked', () => {
    const coloured = renderText(aDiagnosis(), { colour: true, verbose: true, width: 100 });
    const plain = renderText(aDiagnosis(), { colour: false, verbose: true, width: 100 });
    assert.notEqual(coloured, plain);
    assert.equal(stripVTControlCharacters(coloured), plain);
    assert.doesNotMatch(plain, TERMINAL_CONTROLS);
  });

  it('lets no name reach the terminal as a control', () => {
    for (const name of HOSTILE_NAMES) {
      const text = renderText(aHostileDiagnosis(name), { colour: false, verbose: true, width: 100 });
      assert.doesNotMatch(text, TERMINAL_CONTROLS);
      const lines = text.split('\n').length;
      assert.ok(lines < 150, `${lines} lines from ${JSON.stringify(name)}`);
    }
  });

  it('says of a block trace what it can’t tell, and when without a time of day', () => {
    const lines = renderText(aTraceDiagnosis(), { colour: false, verbose: true, width: 100 }).split('\n');
    const below = lines.indexOf('From a block trace alone');
    assert.equal(lines[below + 1], '  Nobody was watched: the victim is chosen.');
    assert.ok(below < lines.indexOf('Evidence'));
    assert.ok(lines.some((line) => line.includes('since 4.10 s into the recording')));
    assert.ok(lines.includes('Where the time of iowitness-probe (4711) went, by its requests alone'));
    assert.equal(lines.at(-1), 'Block trace: /var/tmp/sda (60 s, host unknown)');
  });

  it('stands without anything to tell', () => {
    const { verdict } = aDiagnosis();
    const empty = aDiagnosis({
      aboutOnset: null,
      verdict: {
        ...verdict,
        cause: 'inconclusive',
        sureness: null,
        victim: null,
        culprit: null,
        since: null,
        sinceMs: null,
        evidence: [],
        advice: [],
        sentence: 'There is no verdict: no victim.',
      },
      keyFigures: [],
      also: [],
      changes: [],
      accounting: [],
      accountingFrom: 'none',
      ruledOut: [],
      notChecked: [],
      losses: [],
      phases: [],
      writers: [],
      machine: [],
    });
    const text = renderText(empty, { colour: false, verbose: true, width: 100 });
    assert.equal(
      text,
      '? inconclusive: There is no verdict: no victim.\n\n' +
        'Recording: /var/tmp/iowitness-check-db-7-20260314-021205.iow (60 s on db-7.example.net)',
    );
  });
});
