// Which facts differ and which separates: pairs of recordings of one machine, of which none may; forty sets of forty recordings with the facts of ten kinds of
// machines, of which one fact separates, also where five of them contradict; and what is said of few.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { measure } from '../../src/analysis/measures.js';
import { generator } from '../../src/base/random.js';
import { answerOf, dividing } from '../../src/differences/answer.js';
import { factsOf, factsOfMachine, type Fact, type FactSet } from '../../src/differences/facts.js';
import { separate, separates, type Side } from '../../src/differences/separate.js';
import { openCase } from '../../src/open/recording.js';
import { someFacts } from '../support/case.js';
import { unpack } from '../support/stalls.js';

const SAME = path.join(import.meta.dirname, '../../../test/fixtures/same-machine');

let folder = '';
before(() => (folder = mkdtempSync('/var/tmp/iowitness-facts-')));
after(() => rmSync(folder, { recursive: true }));

async function factsAt(name: string, from?: string): Promise<FactSet> {
  const recording = path.join(folder, `${name}.iow`);
  unpack(name, recording, from);
  return factsOf(measure(await openCase(recording, { events: false }))) ?? assert.fail(`${name} has no facts`);
}

function fact(name: string, value: string): Fact {
  return { name, area: 'setting', value };
}

describe('forty-five pairs of the same machine', () => {
  it('have no fact that differs', async () => {
    const names = readdirSync(SAME).filter((name) => name.endsWith('.tar.br'));
    const sets = await Promise.all(names.map((name) => factsAt(name.slice(0, -'.tar.br'.length), SAME)));
    let pairs = 0;
    sets.forEach((one, at) =>
      sets.slice(at + 1).forEach((other) => {
        const found = separate([one, other], ['slow', 'fast']);
        assert.ok(found.compared >= 80, `only ${found.compared} facts are compared`);
        assert.deepEqual(found.groups, []);
        assert.match(
          answerOf(found, ['slow', 'fast']),
          /^No fact separates them: all \d+ facts that were compared are the same\.$/,
        );
        pairs += 1;
      }),
    );
    assert.ok(pairs >= 40);
  });
});

describe('a disk that is mounted', () => {
  it('has its own limits on dirty pages among its facts, but for those that move with memory', () => {
    const bdi = new Map([
      ['strict_limit', '1\n'],
      ['max_ratio', '0\n'],
      ['max_bytes', '59291\n'],
    ]);
    const facts = factsOfMachine(
      someFacts({
        devices: new Map([['8:0', { id: '8:0', name: 'sda', queue: new Map(), beneath: [], bdi }]]),
        mounts: [{ device: '8:0', mountPoint: '/srv', root: '/', type: 'ext4', source: '/dev/sda', options: 'rw' }],
      }),
    );
    const told = [...facts.values()]
      .filter(({ area }) => area === 'disk')
      .map(({ name, value }) => `${name}: ${value}`);
    assert.deepEqual(told.sort(), ['max_ratio of the disk of /srv: 0', 'strict_limit of the disk of /srv: 1']);
  });
});

/** Facts of forty recordings of ten kinds of machines: 260 that the kind decides, 39 that each recording has for itself, and one that separates. */
function forty(
  base: FactSet,
  seed: number,
  contradicting: number,
): { readonly sets: FactSet[]; readonly sides: Side[] } {
  const random = generator(seed);
  const below = (n: number) => Math.floor(random() * n);
  const kinds = Array.from({ length: 10 }, (_, kind) =>
    Array.from({ length: 260 }, (__, at) => {
      const values = 2 + (at % 9);
      return fact(`kind.${at}`, at % 3 === 0 ? String(kind % values) : String(below(values)));
    }),
  );
  const sides: Side[] = Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? 'slow' : 'fast'));
  const against = new Set<number>();
  while (against.size < contradicting) against.add(below(40));
  const sets = sides.map((side, at) => {
    const own = Array.from({ length: 39 }, (_, one) => fact(`own.${one}`, String(below(2 + (one % 4)))));
    const isSlow = (side === 'slow') !== against.has(at);
    const all = [...base.values(), ...(kinds[below(10)] ?? []), ...own, fact('vm.dirty_bytes', isSlow ? '8192' : '0')];
    return new Map(all.map((one) => [one.name, one]));
  });
  return { sets, sides };
}

describe('forty recordings of ten kinds of machines', () => {
  it('have the one fact of 300 that separates first, in 39 of 40 sets at least', async () => {
    const base = await factsAt('pg-healthy');
    let first = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const { sets, sides } = forty(base, seed, 0);
      const found = separate(sets, sides);
      if (found.groups[0]?.first.name === 'vm.dirty_bytes' && separates(found.groups[0])) first += 1;
    }
    assert.ok(first >= 39, `${first} of 40`);
  });

  it('have it first where five contradict', async () => {
    const base = await factsAt('mem.dirty-limit-root');
    let first = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const { sets, sides } = forty(base, seed, 5);
      const [best] = separate(sets, sides).groups;
      if (best?.first.name === 'vm.dirty_bytes' && separates(best)) first += 1;
    }
    assert.ok(first >= 39, `${first} of 40`);
  });

  it('have none that separates where nothing does', () => {
    let wrong = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const { sets, sides } = forty(new Map(), seed, 20);
      if (separate(sets, sides).groups.some(separates)) wrong += 1;
    }
    // At most one of twenty sets by accident, and 40 of 20 contradicting ones are as good as drawn.
    assert.ok(wrong <= 4, `${wrong} of 40`);
  });
});

describe('few recordings', () => {
  const of = (...values: string[]) => values.map((value) => new Map([['vm.swappiness', fact('vm.swappiness', value)]]));

  it('never separate: two differ, three a side may do so by accident', () => {
    const two = separate(of('1', '60'), ['slow', 'fast']);
    assert.equal(two.groups.some(separates), false);
    assert.equal(
      answerOf(two, ['slow', 'fast']),
      'They differ in 1 of 1 facts, the most telling vm.swappiness: 1 against 60. With one recording a side it can’t be told which of them matters.',
    );
    const sides: Side[] = ['slow', 'slow', 'slow', 'fast', 'fast', 'fast'];
    const six = separate(of('1', '1', '1', '60', '60', '60'), sides);
    assert.equal(six.groups.some(separates), false);
    assert.match(
      answerOf(six, sides),
      /^No fact separates slow from fast\. The nearest, vm\.swappiness, is 1 in all 3 slow ones and in none of the 3 fast ones; .* by accident in 10 % of cases\.$/,
    );
  });

  it('are told of one recording a side in the singular', () => {
    const division = { words: 'is 5', slowWith: 1, slow: 1, fastWith: 0, fast: 1, agree: 2, p: 1 };
    const told = (more: Partial<typeof division>) => dividing({ division: { ...division, ...more } });
    assert.equal(told({}), 'is 5 in the slow one and not in the fast one');
    assert.equal(told({ slowWith: 0, fastWith: 2, fast: 2 }), 'is 5 not in the slow one and in all 2 fast ones');
  });

  it('separate from the number on at which that is no accident', () => {
    const sides: Side[] = [...Array<Side>(5).fill('slow'), ...Array<Side>(5).fill('fast')];
    const ten = separate(of(...sides.map((side) => (side === 'slow' ? '1' : '60'))), sides);
    assert.equal(ten.groups.filter(separates).length, 1);
    assert.match(
      answerOf(ten, sides),
      /^vm\.swappiness separates them: it is 1 in all 5 slow ones and in none of the 5 fast ones\. By accident one of the 1 divisions/,
    );
  });

  it('with no slow or no fast one among them say so', () => {
    const sides: Side[] = ['fast', 'fast', 'fast'];
    assert.match(answerOf(separate(of('1', '1', '60'), sides), sides), /None separates: none of them is slow/);
  });

  it('have what arrives together as one group, named by what tells most', () => {
    const kernel: Fact = { name: 'kernel', area: 'kernel', value: '5.10.0' };
    const set = (value: string, instance: string) =>
      new Map<string, Fact>([
        ['vm.x', fact('vm.x', value)],
        ['kernel', { ...kernel, value: `5.10.${value}` }],
        ['cloud instance', { name: 'cloud instance', area: 'instance', value: instance }],
      ]);
    const { groups } = separate([set('1', 'AWS m5.large'), set('2', 'AWS m6g.large')], ['slow', 'fast']);
    assert.deepEqual(
      groups.map(({ facts }) => facts.map(({ name }) => name)),
      [['cloud instance', 'kernel', 'vm.x']],
    );
  });

  it('are divided by a bound where values have an order', () => {
    const sides: Side[] = ['slow', 'slow', 'slow', 'slow', 'slow', 'fast', 'fast', 'fast', 'fast', 'fast'];
    const [best] = separate(of('1', '2', '3', '4', '5', '10', '20', '30', '40', '100'), sides).groups;
    assert.deepEqual([best?.division?.words, best?.division?.agree], ['is at least 10', 10]);
  });
});
