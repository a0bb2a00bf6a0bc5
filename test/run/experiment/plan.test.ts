// Plans as people write them: what a good one becomes, and for each way in which one can be wrong the line, the column and the sentence.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UserError } from '../../../src/base/errors.js';
import { diskOf } from '../../../src/run/experiment/machine.js';
import { findFall } from '../../../src/onset/fall.js';
import { weaknessesOf } from '../../../src/run/experiment/check-plan.js';
import { parsePlan, type Plan } from '../../../src/run/experiment/plan.js';
import { unitFile } from '../../../src/run/experiment/unit.js';
import { normals } from '../../support/simulated.js';

const GOOD = `name: try
volume: /data
workload:
  snapshot: { size: 2G, every: 5m }
pressure: { memory: 95% }
arms:
  - name: as it is
  - name: without cadvisor
    changes:
      - stop-service: cadvisor.service
      - sysctl: { name: vm.dirty_bytes, value: 268435456 }
repeats: 8
run: 4h
warm-up: 30s
stop: degraded
`;

function complaint(text: string): string {
  try {
    parsePlan(text, 'plan.yaml');
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }
  return assert.fail('it was taken');
}

describe('a plan', () => {
  it('is taken with its times, sizes and changes', () => {
    const plan = parsePlan(GOOD, 'plan.yaml');
    assert.deepEqual([plan.run, plan['warm-up'], plan.settle, plan.interval], [14_400, 30, 60, 1]);
    assert.deepEqual(plan.pressure, { memory: { share: 0.95 } });
    assert.deepEqual(plan.workload, {
      kind: 'snapshot',
      value: { size: 2 * 1024 ** 3, every: 300, readers: 2, block: 65_536 },
    });
    assert.equal(plan.block, 4);
    assert.deepEqual(
      plan.arms.map(({ name, machine, changes }) => [name, machine, changes.map(({ words }) => words)]),
      [
        ['as it is', undefined, []],
        ['without cadvisor', undefined, ['stop the service cadvisor.service', 'set vm.dirty_bytes to 268435456']],
      ],
    );
  });

  describe('of short runs', () => {
    const planOf = (run: string) => parsePlan(GOOD.replace('run: 4h', `run: ${run}`), 'plan.yaml');
    /** Throughput in each of a plan's intervals, MB/s, with noise that is kept from one to the next. */
    const series = ({ run, interval }: Plan, seed: number, levelAt: (second: number) => number) => {
      const normal = normals(seed);
      let noise = 0;
      return Array.from({ length: Math.floor(run / interval) }, (_, at) => {
        noise = 0.8 * noise + 0.6 * normal();
        return { rate: levelAt(at * interval) * Math.max(0, 1 + 0.3 * noise), intervals: 1 };
      });
    };

    it('has intervals that let a fall in the middle of any run be told, and of a second in long ones', () => {
      assert.deepEqual(
        ['4h', '3m', '90s', '18s', '5s'].map((run) => planOf(run).interval),
        [1, 1, 0.5, 0.1, 0.1],
      );
    });

    it('finds a fall from 12 to 1.3 MB/s in the middle of 44 s within two seconds of it', () => {
      const plan = planOf('44s');
      for (let seed = 1; seed <= 50; seed += 1) {
        const fall = findFall(series(plan, seed, (second) => (second < 22 ? 12 : 1.3)));
        assert.ok(fall, `seed ${seed}`);
        assert.ok(Math.abs(fall.at * plan.interval - 22) < 2, `seed ${seed}: ${fall.at * plan.interval} s`);
      }
    });

    it('finds one in fewer than one in a hundred steady runs of 44 s', () => {
      const found = Array.from({ length: 1000 }, (_, seed) =>
        findFall(series(planOf('44s'), seed + 1, () => 12)),
      ).filter((fall) => fall !== undefined).length;
      assert.ok(found < 10, `${found} of 1000`);
    });

    it('says where no fall can be told at all', () => {
      const told = (plan: Plan) =>
        weaknessesOf(plan).some((text) => /can’t show that throughput falls for good/.test(text));
      assert.deepEqual(
        ['44s', '10s', '5s'].map((run) => told(planOf(run))),
        [false, false, true],
      );
    });
  });

  it('gives an arm the machine of all arms, but for what it says otherwise', () => {
    const text = GOOD.replace(
      '  - name: without cadvisor',
      "  - name: small\n    kernel: '6.12'\n    machine: { memory: 1G, volume: { operations: 100 } }\n  - name: without cadvisor",
    ).replace(
      'repeats: 8',
      'repeats: 8\nmachine: { cpus: 2, volume: { size: 8G, filesystem: xfs }, start: [monitor] }',
    );
    const { arms } = parsePlan(text, 'plan.yaml');
    assert.deepEqual(
      arms.map(({ machine }) => machine),
      [
        undefined,
        {
          kernel: '6.12',
          cpus: 2,
          memory: 1024 ** 3,
          volume: { size: 8 * 1024 ** 3, filesystem: 'xfs', device: 'nvme', operations: 100, bytes: undefined },
          start: ['monitor'],
        },
        undefined,
      ],
    );
  });

  it('makes of a rate with credit what qemu holds a disk to', () => {
    const text = GOOD.replace(
      'repeats: 8',
      "repeats: 8\nkernel: '6.12'\nmachine: { volume: { size: 1G, device: virtio, operations: { rate: 100, burst: 3000, for: 30s }, bytes: 50M } }",
    );
    const [arm] = parsePlan(text, 'plan.yaml').arms;
    assert.ok(arm?.machine);
    assert.deepEqual(diskOf(arm.machine.volume), {
      name: 'volume',
      bytes: 1024 ** 3,
      model: 'virtio',
      limits: { operations: { rate: 100, burst: 3000, burstSeconds: 30 }, bytes: { rate: 50 * 1024 ** 2 } },
    });
  });

  const WRONG: readonly (readonly [what: string, from: string, to: string, told: RegExp])[] = [
    [
      'a property misspelt',
      'repeats: 8',
      'repeat: 8',
      /^plan\.yaml:12:1: there is no property ‘repeat’; there are name, /,
    ],
    ['one that is missing', 'repeats: 8\n', '', /^plan\.yaml:1:1: the property ‘repeats’ is missing\.$/],
    [
      'no time',
      'run: 4h',
      'run: soon',
      /^plan\.yaml:13:1: run is "soon", and should be a time such as 30s, 5m or 4h\.$/,
    ],
    [
      'no whole number',
      'repeats: 8',
      'repeats: 1.5',
      /^plan\.yaml:12:1: repeats is 1\.5, and should be a whole number\.$/,
    ],
    [
      'a change misspelt',
      'sysctl:',
      'sysctrl:',
      /^plan\.yaml:11:9: there is no change ‘sysctrl’; there are stop-service, /,
    ],
    ['a change without its value', 'value: 268435456', 'val: 1', /^plan\.yaml:11:41: there is no property ‘val’\.$/],
    [
      'a name of a unit that is an option',
      'cadvisor.service',
      '--now',
      /^plan\.yaml:10:9: stop-service is "--now", and should be a unit such as/,
    ],
    [
      'two workloads',
      'every: 5m }',
      'every: 5m }\n  dd: of=x',
      /^plan\.yaml:3:1: workload is .*, and should be one of command: …, dd: …/,
    ],
    [
      'an arm twice',
      'name: without cadvisor',
      'name: as it is',
      /^plan\.yaml:8:5: a second arm is named ‘as it is’\.$/,
    ],
    [
      'a path that is none',
      'volume: /data',
      'volume: data',
      /^plan\.yaml:2:1: volume is "data", and should be a path that begins with \/\.$/,
    ],
    ['no YAML', 'repeats: 8', 'repeats: [8', /^plan\.yaml:1[23]:\d+: .*: mend the plan’s YAML\.$/],
    ['a property twice', 'repeats: 8', 'repeats: 8\nrepeats: 9', /^plan\.yaml:13:1: .*: mend the plan’s YAML\.$/],
    [
      'a machine without a kernel',
      '  - name: as it is',
      '  - name: as it is\n    machine: { cpus: 2 }',
      /^plan\.yaml:8:5: a machine needs a kernel to boot: add kernel: to the arm or the plan\.$/,
    ],
    [
      'a machine for all arms and no kernel',
      'repeats: 8',
      'repeats: 8\nmachine: { cpus: 2 }',
      /^plan\.yaml:13:1: a machine needs a kernel to boot, and no arm has one/,
    ],
    [
      'a kernel that YAML takes for a number',
      '  - name: as it is',
      '  - name: as it is\n    kernel: 6.10',
      /^plan\.yaml:8:5: kernel is 6\.1, and should be a text in quotes/,
    ],
    [
      'a property of a machine misspelt',
      'repeats: 8',
      "repeats: 8\nkernel: '6.1'\nmachine: { volume: { file-system: xfs } }",
      /^plan\.yaml:14:22: there is no property ‘file-system’\.$/,
    ],
  ];
  for (const [what, from, to, told] of WRONG)
    it(`with ${what} is refused, with its place`, () => {
      assert.ok(GOOD.includes(from));
      assert.match(complaint(GOOD.replace(from, to)), told);
    });

  it('of one arm, of none, or of no properties is refused', () => {
    assert.match(
      complaint(GOOD.replace(/ {2}- name: without[^]*?repeats/, 'repeats')),
      /arms is .*at least two arms\.$/,
    );
    assert.match(complaint(''), /the plan is null, and should be a list of properties\.$/);
    assert.match(complaint('- a\n'), /and should be a list of properties\.$/);
  });
});

it('a unit keeps what systemd would take for its own', () => {
  const text = unitFile('/data/100%/n$.exp', 'n', ['/usr/bin/node', '/a b/main.js']);
  assert.match(
    text,
    /^ExecStart="\/usr\/bin\/node" "\/a b\/main\.js" "experiment" "--resume" "\/data\/100%%\/n\$\$\.exp"$/m,
  );
  assert.throws(() => unitFile('/a\nExecStart=/bin/x', 'n', []), UserError);
});
