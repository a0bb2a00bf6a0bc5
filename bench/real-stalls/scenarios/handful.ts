// Victims with a handful of requests: a disk that hangs three times among them, one that is slow for each, and one that is fast. What
// takes part of a sample's time only: short stops, short locks.

import { join } from 'node:path';
import { fewWritesArgv, lockArgv, stopperArgv } from '../apps/programs.js';
import { logArgv } from '../apps/files.js';
import { fioArgv } from '../apps/fio.js';
import { NAPFS, type Scenario } from '../scenario.js';

const MiB = 1024 * 1024;

export const scenarios: readonly Scenario[] = [
  {
    id: 'few-writes.three-hangs',
    needs: ['python3', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      await site.addCompany();
      const ms = site.draw.integer('hangMs', 700, 1200);
      for (const at of [500, 2600, 4700])
        site.at(at + site.draw.integer(`late${at}Ms`, 0, 200), () => volume.disk.hang(ms));
      const argv = fewWritesArgv(join(volume.mountPoint, 'state'), site.draw.integer('restMs', 250, 450));
      const of = `a disk that hangs three times for ${ms} ms among a handful of writes`;
      const culprits = [`${volume.node.slice(5)}\\b`];
      const truth = { of, verdicts: ['dev.slow'], acceptable: [], culprits, wrongNames: ['^vda'], says: 'h[au]ng' };
      return { victim: { argv }, truth: { ...truth, counted: { says: '.' } } };
    },
  },
  {
    id: 'few-writes.slow',
    needs: ['python3', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      volume.disk.set({ writeMs: site.draw.integer('writeMs', 250, 600) });
      await site.addCompany();
      const argv = fewWritesArgv(join(volume.mountPoint, 'state'), site.draw.integer('restMs', 250, 450));
      const of = 'a handful of writes to a disk that takes long for each';
      const culprits = [`${volume.node.slice(5)}\\b`];
      const says = '^(?!.*\\bh[au]ng)';
      return {
        victim: { argv },
        truth: { of, verdicts: ['dev.slow'], acceptable: [], culprits, wrongNames: ['^vda'], says },
      };
    },
  },
  {
    id: 'few-writes.healthy',
    needs: ['python3'],
    async setUp(site) {
      const { mountPoint } = site.volume();
      await site.addCompany();
      const argv = fewWritesArgv(join(mountPoint, 'state'), site.draw.integer('restMs', 250, 450));
      const verdicts = ['healthy', 'app.idle'];
      return {
        victim: { argv },
        truth: { of: 'a handful of writes to a fast disk', verdicts, acceptable: [], culprits: [], wrongNames: [] },
      };
    },
  },
  {
    id: 'log.stopped-briefly',
    needs: ['python3'],
    async setUp(site) {
      const { mountPoint } = site.volume();
      const [program = '', ...args] = logArgv(join(mountPoint, 'log'), 16_384, false, 0.0005);
      const { pid } = site.run(program, args);
      await site.addCompany();
      const stopped = site.draw.integer('stoppedMs', 45, 70);
      const running = site.draw.integer('runningMs', 20, 35);
      const [stopper = '', ...words] = stopperArgv(pid, stopped, running);
      site.run(stopper, words);
      const of = `a log that is stopped for ${stopped} of each ${stopped + running} ms`;
      return {
        victim: { pid },
        truth: {
          of,
          verdicts: ['cpu.stopped'],
          acceptable: [],
          culprits: ['python'],
          wrongNames: ['loop', '^vda'],
          counted: { culprits: [] },
        },
      };
    },
  },
  {
    id: 'lock.held-briefly',
    needs: ['python3'],
    async setUp(site) {
      const { mountPoint } = site.volume();
      const lock = join(mountPoint, 'lock');
      const [program = '', ...args] = lockArgv(lock, site.draw.integer('holdMs', 6, 12), 0.5);
      site.run(program, args);
      await site.addCompany();
      const argv = lockArgv(lock, 0.1, 0.1, join(mountPoint, 'log'));
      const of = 'a log under a lock that another process holds for some milliseconds each time';
      return {
        victim: { argv },
        truth: { of, verdicts: ['app.file-lock'], acceptable: [], culprits: [], wrongNames: ['loop', '^vda'] },
      };
    },
  },
  {
    id: 'lock.loud-neighbour',
    needs: ['python3', 'fio'],
    async setUp(site) {
      const { mountPoint, node } = site.volume({ bytes: 500 * MiB });
      const lock = join(mountPoint, 'lock');
      const [program = '', ...args] = lockArgv(lock, site.draw.integer('holdMs', 500, 900), 20);
      site.run(program, args);
      const loud = fioArgv(mountPoint, {
        engine: 'libaio',
        rw: 'write',
        blockBytes: 256 * 1024,
        depth: 8,
        rate: 120e6,
        sizeMiB: 200,
      });
      site.run('fio', loud.slice(1));
      const argv = lockArgv(lock, 1, 1, join(mountPoint, 'log'));
      const of = 'a log under a lock whose holder sleeps, beside a loud direct writer on the same fast disk';
      const wrongNames = ['fio', `^${node.slice(5)}\\b`, '^vda'];
      return { victim: { argv }, truth: { of, verdicts: ['app.file-lock'], acceptable: [], culprits: [], wrongNames } };
    },
  },
];
