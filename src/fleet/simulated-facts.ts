// The facts of simulated hosts: an image brings its kernel, system and settings; an instance type its CPU, memory and disks; a role its daemons, mounts and
// load; and what goes together does so in part, as in fleets: one image runs mostly on some types, a region has mostly some images. Beside them
// stand settings that somebody set on some hosts, which have nothing to do with anything.

import { generator } from '../base/random.js';
import type { NamedFact } from '../model/fleet-rows.js';

/** A number in [0, 1). */
export type Draw = () => number;

export interface SimulatedFacts {
  readonly ofHosts: readonly { readonly facts: readonly NamedFact[]; readonly load: number }[];
  /** A fact that an incident may be planted by: some hosts have it, and most do not. */
  drawCause(random: Draw): NamedFact;
}

interface Kind {
  readonly facts: readonly NamedFact[];
  /** How many there are of it beside others. */
  readonly weight: number;
}

const SETTINGS = 200;
const SAME_EVERYWHERE = 60;

type Area = NamedFact['area'];
const fact = (area: Area, name: string, value: string): NamedFact => ({ area, name, value });

function images(random: Draw): Kind[] {
  return ['5.10.0-23', '6.1.0-13', '6.1.0-18', '6.1.0-25', '6.5.0-14', '6.8.0-31', '6.11.5', '6.12.9'].map(
    (kernel, at) => ({
      weight: 0.3 + random(),
      facts: [
        fact('kernel', 'kernel', `${kernel}-amd64`),
        fact('kernel', 'kernel build', `#${at + 1} SMP PREEMPT_DYNAMIC`),
        fact('kernel', 'kernel compiler', `gcc version ${10 + Math.floor(at / 2)}.2.0`),
        fact('system', 'operating system', `Linux ${9 + Math.floor(at / 3)}`),
        fact('system', 'container engine', at % 2 === 0 ? 'containerd 1.6' : 'containerd 1.7'),
        ...Array.from({ length: 12 }, (_, n) =>
          fact('setting', `kernel.sched_image_${n}`, String(Math.floor(random() * 4))),
        ),
      ],
    }),
  );
}

function instances(random: Draw): Kind[] {
  return ['m5.large', 'm5.4xlarge', 'r5.2xlarge', 'i3.xlarge', 'c6g.2xlarge', 'm7i.xlarge'].map((type, at) => ({
    weight: 0.3 + random(),
    facts: [
      fact('instance', 'cloud instance', type),
      fact('instance', 'firmware product_name', type),
      fact('hardware', 'cpu', `model ${at}`),
      fact('hardware', 'architecture', at === 4 ? 'aarch64' : 'x86_64'),
      fact('hardware', 'memory', String(8 * 2 ** (at % 4))),
      fact('disk', 'model of the disk of /', at < 3 ? 'Elastic Block Store' : 'Instance Storage'),
      ...Array.from({ length: 8 }, (_, n) =>
        fact('disk', `instance_${n} of the disk of /`, String(Math.floor(random() * 3))),
      ),
    ],
  }));
}

function roles(): (Kind & { readonly load: number })[] {
  return ['postgres', 'mysqld', 'java', 'nginx', 'kafka', 'redis-server'].map((daemon, at) => ({
    weight: 1,
    load: [0.8, 0.7, 0.5, 0.1, 0.9, 0.3][at] ?? 0.5,
    facts: [
      fact('daemon', `daemon ${daemon}`, 'runs'),
      fact('filesystem', 'filesystem of /srv', at % 2 === 0 ? 'ext4' : 'xfs'),
      fact('filesystem', 'mount options of /srv', at % 3 === 0 ? 'rw,relatime' : 'rw,noatime'),
    ],
  }));
}

/** A setting that some hosts have at another value. */
interface Odd {
  readonly usual: NamedFact;
  readonly other: NamedFact;
  readonly share: number;
}

function odds(random: Draw): Odd[] {
  return Array.from({ length: SETTINGS }, (_, n) => {
    const isDaemon = n % 20 === 0;
    const name = isDaemon ? `daemon agent-${n}` : `vm.setting_${n}`;
    const area = isDaemon ? 'daemon' : 'setting';
    return {
      usual: fact(area, name, isDaemon ? 'stopped' : '0'),
      other: fact(area, name, isDaemon ? 'runs' : String(1 + (n % 7))),
      share: 0.01 * 30 ** random(),
    };
  });
}

/** One of them by weight; the `favourite` three times as often. */
function pick<K extends Kind>(kinds: readonly K[], random: Draw, favourite: number): K | undefined {
  const weights = kinds.map(({ weight }, at) => weight * (at === favourite % kinds.length ? 3 : 1));
  let left = random() * weights.reduce((sum, one) => sum + one, 0);
  return kinds.find((_, at) => (left -= weights[at] ?? 0) < 0) ?? kinds[0];
}

export function simulatedFacts(hosts: number, seed: number): SimulatedFacts {
  const random = generator(seed);
  const [image, instance, role, odd] = [images(random), instances(random), roles(), odds(random)];
  const same = Array.from({ length: SAME_EVERYWHERE }, (_, n) => fact('setting', `net.same_${n}`, '1'));
  const regions = Array.from({ length: 5 }, (_, n) => fact('instance', 'region', `region-${n}`));
  const ofHosts = Array.from({ length: hosts }, () => {
    const region = Math.floor(random() * regions.length);
    const ofRole = pick(role, random, region);
    const ofImage = pick(image, random, region);
    const ofInstance = pick(instance, random, ofImage ? image.indexOf(ofImage) : 0);
    const facts = [
      ...regions.slice(region, region + 1),
      ...(ofImage?.facts ?? []),
      ...(ofInstance?.facts ?? []),
      ...(ofRole?.facts ?? []),
      ...odd.map(({ usual, other, share }) => (random() < share ? other : usual)),
      ...same,
    ];
    return { facts, load: Math.min(1, Math.max(0, (ofRole?.load ?? 0.5) + 0.4 * (random() - 0.5))) };
  });
  return {
    ofHosts,
    drawCause: (draw) => {
      const kind = Math.floor(draw() * 4);
      const of = <T>(list: readonly T[]) => list[Math.floor(draw() * list.length)];
      const chosen = kind === 0 ? of(image)?.facts[0] : kind === 1 ? of(instance)?.facts[0] : of(odd)?.other;
      return chosen ?? fact('kernel', 'kernel', '');
    },
  };
}
