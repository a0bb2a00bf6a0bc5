// The test of many classes as one, against figures from the literature and against simulated truth.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generator } from '../../src/base/random.js';
import { stratifiedTest } from '../../src/statistics/strata.js';
import { exactTest, type TwoByTwo } from '../../src/statistics/two-by-two.js';

function table(slowWith: number, slowWithout: number, fastWith: number, fastWithout: number): TwoByTwo {
  return { slowWith, slowWithout, fastWith, fastWithout };
}

function near(actual: number, expected: number, within: number): void {
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected}`);
}

describe('the test of classes', () => {
  it('is Fisher’s exact test of one small class', () => {
    for (const one of [table(3, 1, 1, 3), table(5, 0, 1, 9), table(0, 4, 3, 3), table(2, 2, 2, 2)])
      near(stratifiedTest([one]).p, exactTest(one), 1e-12);
  });

  // Bickel, Hammel & O'Connell, Science 187, 1975: admissions of six departments, men against women, in the order A to F.
  it('finds what Mantel and Haenszel’s does of the admissions to Berkeley', () => {
    const departments = [
      table(512, 313, 89, 19),
      table(353, 207, 17, 8),
      table(120, 205, 202, 391),
      table(138, 279, 131, 244),
      table(53, 138, 94, 299),
      table(22, 351, 24, 317),
    ];
    near(stratifiedTest(departments).p, 0.2323, 5e-4);
    const all = departments.reduce((sum, one) =>
      table(
        sum.slowWith + one.slowWith,
        sum.slowWithout + one.slowWithout,
        sum.fastWith + one.fastWith,
        sum.fastWithout + one.fastWithout,
      ),
    );
    assert.ok(exactTest(all) < 1e-10, 'without departments men seem preferred');
  });

  it('takes nothing from classes in which all are alike', () => {
    const telling = table(4, 1, 1, 6);
    const more = [telling, table(0, 0, 5, 5), table(3, 0, 9, 0), table(0, 7, 0, 2), table(0, 0, 0, 0)];
    assert.equal(stratifiedTest(more).p, stratifiedTest([telling]).p);
    assert.equal(stratifiedTest([table(3, 0, 9, 0)]).p, 1);
  });

  it('goes over from exact to normal without a step', () => {
    // Twice the same class: once it is exact, four times it is normal.
    const one = table(4, 8, 12, 30);
    const few = stratifiedTest([one]);
    const many = stratifiedTest([one, one, one, one]);
    near(few.z * 2, many.z, 1e-9);
    near(stratifiedTest([table(9, 11, 30, 60)]).p, exactTest(table(9, 11, 30, 60)), 0.05);
  });

  it('tells the ratio of risks, endless where none without the property is slow', () => {
    near(stratifiedTest([table(20, 10, 80, 190)]).ratio, 20 / 100 / (10 / 200), 1e-9);
    assert.equal(stratifiedTest([table(5, 0, 5, 20)]).ratio, Infinity);
  });

  it('blames a property that goes with the class alone no more often than it says, where one table would', () => {
    const runs = 400;
    let [stratified, naive] = [0, 0];
    for (let run = 0; run < runs; run += 1) {
      const random = generator(run + 1);
      // In class k a share of (k + 1) / 6 has the property, and as large a one is slow, both without regard to each other.
      const classes = Array.from({ length: 5 }, (_, k) => {
        const cells = { slowWith: 0, slowWithout: 0, fastWith: 0, fastWithout: 0 };
        for (let one = 0; one < 40; one += 1) {
          const [has, slow] = [random() < (k + 1) / 6, random() < (k + 1) / 6];
          cells[`${slow ? 'slow' : 'fast'}${has ? 'With' : 'Without'}`] += 1;
        }
        return cells;
      });
      const sum = (part: keyof TwoByTwo) => classes.reduce((total, one) => total + one[part], 0);
      if (stratifiedTest(classes).p <= 0.05) stratified += 1;
      if (exactTest(table(sum('slowWith'), sum('slowWithout'), sum('fastWith'), sum('fastWithout'))) <= 0.05)
        naive += 1;
    }
    assert.ok(stratified / runs <= 0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs), `${stratified} of ${runs}`);
    assert.ok(stratified / runs >= 0.02, `${stratified} of ${runs}: it never says anything`);
    assert.ok(naive / runs > 0.5, `${naive} of ${runs}`);
  });
});
