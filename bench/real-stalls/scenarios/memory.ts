// The page cache's dirty limit: low for one device, low for the machine, used up by somebody else.

import { join } from 'node:path';
import { limitDirtyOfDevice, limitDirtyOfMachine } from '../../../src/lab/scenarios/dirty-limit.js';
import { logArgv, makeTree } from '../apps/files.js';
import { fioArgv } from '../apps/fio.js';
import { NAPFS, type Scenario } from '../scenario.js';

const MiB = 1024 * 1024;
const SETTINGS = ['strict_limit', 'max_bytes', 'max_ratio', 'dirty_bytes', 'dirty_ratio'];

export const scenarios: readonly Scenario[] = [
  {
    id: 'tar.dirty-limit-of-target',
    needs: ['tar'],
    async setUp(site) {
      const source = site.volume({ bytes: 384 * MiB });
      const target = site.volume({ bytes: 700 * MiB, fs: site.draw.pick('fs', ['ext4', 'xfs']) });
      const tree = makeTree(join(site.folder, 'tree'), 1200, 150_000);
      await site.complete('tar', ['-cf', join(source.mountPoint, 'tree.tar'), '-C', tree, '.']);
      await site.addCompany();
      limitDirtyOfDevice(site.journal, target.device, site.draw.scale('limitBytes', 32 * 1024, 256 * 1024));
      const argv = ['tar', '-xf', join(source.mountPoint, 'tree.tar'), '-C', target.mountPoint];
      const truth = {
        of: 'an archive is read from one disk and unpacked to another whose dirty limit is tiny',
        verdicts: ['mem.dirty-limit'],
        acceptable: [],
        culprits: SETTINGS.slice(0, 3),
        wrongNames: ['^vda', `^${source.node.slice(5)}\\b`, 'memory that can be dirty'],
      };
      return { victim: { argv }, truth };
    },
  },
  {
    id: 'rsync.dirty-limit-of-machine',
    needs: ['rsync'],
    async setUp(site) {
      const volume = site.volume({ bytes: 700 * MiB });
      const tree = makeTree(join(site.folder, 'tree'), 1000, 200_000);
      await site.addCompany();
      const limit = site.draw.scale('limitBytes', 8192, 64 * 1024);
      site.onsetAt(site.draw.integer('fromMs', 500, 1500), () => limitDirtyOfMachine(site.journal, limit));
      const argv = ['rsync', '-a', '--whole-file', `${tree}/`, join(volume.mountPoint, 'copy')];
      const of = 'a copy while the machine’s dirty limit is a few pages';
      return {
        victim: { argv },
        truth: { of, verdicts: ['mem.dirty-limit'], acceptable: [], culprits: SETTINGS, wrongNames: [] },
      };
    },
  },
  {
    id: 'log.dirty-limit-used-up',
    needs: ['python3', ...NAPFS],
    async setUp(site) {
      const stick = await site.napVolume({ bytes: 500 * MiB });
      const volume = site.volume({ bytes: 700 * MiB });
      stick.disk.set({ serialMs: 1, bytesPerSecond: site.draw.scale('stickBytesPerSecond', 2e6, 6e6) });
      limitDirtyOfMachine(site.journal, site.draw.integer('limitMiB', 32, 64) * MiB);
      const source = join(site.folder, 'source');
      site.stage.fill(source, 400 * MiB);
      site.run('cp', [source, join(stick.mountPoint, 'backup')]);
      const argv = logArgv(join(volume.mountPoint, 'log'), 65_536, false, 0);
      const truth = {
        of: 'a buffered writer on a fast disk, while a copy to a slow disk uses up the dirty limit',
        verdicts: ['mem.dirty-limit', 'mem.dirty-backpressure', 'dev.neighbour'],
        // The limit is low, too: an honest half.
        acceptable: ['mem.dirty-limit'],
        culprits: ['\\bcp\\b', `${stick.node.slice(5)}\\b`],
        wrongNames: [`^${volume.node.slice(5)}\\b`, '^vda'],
      };
      return { victim: { argv }, truth };
    },
  },
  {
    id: 'fio-psync.backpressure',
    needs: ['fio', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume({ bytes: 700 * MiB });
      volume.disk.set({ serialMs: 0.2, bytesPerSecond: site.draw.scale('bytesPerSecond', 25e6, 60e6) });
      limitDirtyOfDevice(site.journal, volume.device, 24 * MiB);
      await site.addCompany();
      const argv = fioArgv(volume.mountPoint, {
        engine: 'psync',
        rw: 'write',
        blockBytes: 65_536,
        direct: false,
        sizeMiB: 400,
      });
      const truth = {
        of: 'a buffered writer that is faster than its disk',
        verdicts: ['mem.dirty-backpressure', 'dev.capped'],
        acceptable: ['dev.slow', 'mem.dirty-limit'],
        culprits: [],
        wrongNames: [],
      };
      return { victim: { argv }, truth };
    },
  },
];
