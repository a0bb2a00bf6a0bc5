// Keys and clicks, from what a terminal sends to what the screen is then.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInput } from '../../../src/tools/top/input.js';
import { step } from '../../../src/tools/top/keys.js';
import { newScreen, shownRows, type Screen } from '../../../src/tools/top/screen.js';
import { Totals } from '../../../src/tools/top/totals.js';
import { viewOf } from '../../../src/tools/top/view.js';
import { aSample } from '../../support/top.js';

function after(sent: string, different: Partial<Screen> = {}): { screen: Screen; actions: string[] } {
  let screen = newScreen(new Totals(), { sample: aSample(), columns: 200, lines: 50, ...different });
  const actions: string[] = [];
  for (const input of parseInput(sent)) {
    const next = step(screen, viewOf(screen).table, input);
    ({ screen } = next);
    if (next.action !== undefined) actions.push(next.action);
  }
  return { screen, actions };
}

const names = (screen: Screen): string[] => shownRows(screen).map(({ name }) => name.slice(0, 8));

test('sequences of keys and of the mouse, also several at once and unknown ones', () => {
  assert.deepEqual(
    parseInput('\u001b[A\u001bOBq\u001b[5~\u001b[<0;3;7M\u001b[<0;3;7m\u001b[<65;1;1M\u001b[99;5uö\u0003'),
    [
      { kind: 'key', key: 'up' },
      { kind: 'key', key: 'down' },
      { kind: 'key', key: 'q' },
      { kind: 'key', key: 'page-up' },
      { kind: 'click', line: 6, column: 2 },
      { kind: 'wheel', by: 3 },
      { kind: 'key', key: 'ö' },
      { kind: 'key', key: 'interrupt' },
    ],
  );
  assert.deepEqual(parseInput('\u001b'), [{ kind: 'key', key: 'escape' }]);
});

test('idle ones are left out until o asks for them', () => {
  assert.ok(!names(after('').screen).includes('sleepy'));
  assert.ok(names(after('o').screen).includes('sleepy'));
});

test('most bytes first; by a column, and the other way round', () => {
  assert.equal(names(after('').screen)[0], 'postgres');
  const { screen } = after('', { sort: 'read' });
  assert.equal(names(screen)[0], '/usr/bin');
  const ascending = names(after('r', { sort: 'command' }).screen);
  assert.deepEqual(ascending, names(after('', { sort: 'command' }).screen).toReversed());
});

test('a click on a column sorts by it, a second one turns that round, one on a line chooses it, another opens it', () => {
  const { table } = viewOf(after('').screen);
  const write = table.columns.find(({ id }) => id === 'write');
  const click = (column: number, line: number) => `\u001b[<0;${column + 1};${line + 1}M`;
  const head = click((write?.from ?? 0) + 1, table.headLine);
  assert.equal(after(head).screen.sort, 'write');
  assert.deepEqual([after(head + head).screen.sort, after(head + head).screen.reversed], ['write', true]);
  const first = click(5, table.firstLine);
  assert.equal(after(first).screen.selected, '812/');
  assert.deepEqual(after(first + first).actions, ['detail']);
});

test('a filter is typed, kept by Enter and cleared by Escape; its letters are no commands', () => {
  const typed = after('/user:backup\r');
  assert.deepEqual([typed.screen.filter, typed.screen.mode, typed.actions], ['user:backup', 'table', []]);
  assert.deepEqual(names(typed.screen), ['/usr/bin']);
  assert.deepEqual(names(after('/device:loop0 post\r').screen), ['postgres']);
  assert.deepEqual(names(after('/unit:postgresql\r').screen), ['postgres']);
  assert.deepEqual(names(after('/pid:4711\r').screen), ['/usr/bin']);
  assert.equal(after('/abc\u007fd\u001b').screen.filter, '');
});

test('Enter needs a process; detail goes back by Escape', () => {
  assert.match(after('\r').screen.message ?? '', /Choose/);
  assert.deepEqual(after('\u001b[B\r').actions, ['detail']);
  assert.equal(after('\u001b[B\r\u001b').screen.mode, 'table');
});

test('what leads out of the screen', () => {
  assert.deepEqual(after('q').actions, ['quit']);
  assert.deepEqual(after('/\u0003').actions, ['quit']);
  assert.deepEqual(after('\u001a').actions, ['suspend']);
  assert.deepEqual(after('\u0014v').actions, ['delays', 'verdict']);
});
