// `watch`: the flight recorder. It runs until it is ended, and what it finds is for `episodes`.

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Option, type Command } from 'commander';
import { UsageError, UserError } from '../base/errors.js';
import { timeUp } from '../base/time-up.js';
import { bootId } from '../capture/process.js';
import { NAME_POLICIES, type NamePolicy } from '../fleet/agent/names.js';
import type { BatchTarget, Pusher } from '../fleet/agent/pusher.js';
import { SHARES, type Share } from '../model/fleet.js';
import { Errands } from '../run/watch/errand.js';
import { Watch } from '../run/watch/watch.js';
import type { Address } from '../run/serve.js';
import { metricsAt } from '../run/metrics/server.js';
import { WatchMetrics } from '../run/watch/metrics.js';
import { WatchPageFeed } from '../run/watch/page/page.js';
import { WATCH_FOLDER } from '../run/watch/place.js';
import {
  baselineFolder,
  byteSize,
  listenAddress,
  runningPid,
  say,
  seconds,
  toolName,
  undoFolder,
  warn,
  WEB,
} from './context.js';
import { listenForInterrupts } from './interrupts.js';
import { storeAddress } from './store-address.js';

interface WatchCommandOptions {
  readonly unit?: string[];
  readonly cgroup?: string[];
  readonly pid?: number[];
  readonly dir: string;
  readonly maxSize: number;
  readonly jvm: boolean;
  readonly for?: number;
  readonly page?: Address | true;
  readonly metrics?: Address;
  /** The address, or true where the environment has it. */
  readonly push?: string | true;
  readonly pushNames: NamePolicy;
  readonly certificate?: string;
  readonly authority?: string;
  readonly share?: Share;
}

const USUAL_BYTES = 1024 ** 3;
const PAGE_PORT = 9470;

function oneMore(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

export function watchCommand(program: Command): void {
  program
    .command('watch')
    .description('watch for stalls until it is ended, and record each with the half minute before it')
    .option('--unit <unit>', 'watch the processes of this systemd unit; may be given several times', oneMore)
    .option('--cgroup <cgroup>', 'watch the processes of this cgroup; may be given several times', oneMore)
    .option('--pid <pid>', 'watch this process; may be given several times', runningPid)
    .option('--dir <folder>', 'where journal and recordings are kept', WATCH_FOLDER)
    .option('--max-size <size>', 'what recordings may take in all; the oldest are removed', byteSize, USUAL_BYTES)
    .option(
      '--page [address]',
      'show it live on a page for this machine alone; its address is printed (default: 127.0.0.1:9470)',
      listenAddress,
    )
    .option(
      '--metrics <address>',
      'serve metrics of it at http://127.0.0.1:PORT/metrics; [HOST:]PORT, where whoever can connect may read them',
      listenAddress,
    )
    .option(
      '--push [address]',
      'send what is found to a fleet’s relay, relay://HOST:9471, or store, http://HOST:8123/DATABASE (default: that of $IOWITNESS_FLEET, which may hold a password)',
    )
    .option('--certificate <file>', 'to a relay: this host’s certificate and key (PEM); it says who the host is')
    .option('--authority <file>', 'to a relay: who signs its certificate (PEM)')
    .addOption(
      new Option('--push-names <policy>', 'which names are sent: of units and daemons, all, or none')
        .choices(NAME_POLICIES)
        .default('units'),
    )
    .addOption(
      new Option(
        '--share <form>',
        'to a relay: let its readers fetch recordings, as `report --redact` has them, or as they are (default: none)',
      ).choices(SHARES),
    )
    .option('--no-jvm', 'ask no JVM for its threads while it stalls')
    .option('--for <time>', 'how long (default: until it is ended)', seconds)
    .addHelpText(
      'after',
      '\nExamples:\n  iowitness watch --unit postgresql\n  iowitness watch    # whoever waits most\n  iowitness episodes --since 1d',
    )
    .action((options: WatchCommandOptions) => watch(options));
}

async function startPage(asked: Address | true, folder: string): Promise<WatchPageFeed> {
  return await WatchPageFeed.start({
    address: asked === true ? { host: '127.0.0.1', port: PAGE_PORT } : asked,
    token: randomBytes(16).toString('hex'),
    folder,
    memory: baselineFolder(),
    tool: toolName(),
    web: WEB,
  });
}

async function startMetrics(address: Address): Promise<WatchMetrics> {
  return await WatchMetrics.start({ address, tool: toolName() }, (why) =>
    warn(`the metrics have ended (${why}); the watch goes on.`),
  );
}

async function watch(options: WatchCommandOptions): Promise<void> {
  const wrong = wrongShare(options);
  if (wrong !== undefined) throw new UsageError(wrong);
  if (process.geteuid?.() !== 0)
    throw new UserError('Only root sees what other users’ processes wait for: run it with sudo, or as a service.');
  const interrupts = listenForInterrupts();
  const page = options.page && (await startPage(options.page, options.dir));
  const metrics = options.metrics && (await startMetrics(options.metrics));
  const { push } = options;
  const errands = new Errands();
  const pusher =
    push === undefined ? undefined : await pusherTo(storeAddress(push === true ? undefined : push), options, errands);
  const started = await Watch.start({
    tool: toolName(),
    undoFolder: undoFolder(),
    memory: baselineFolder(),
    folder: options.dir,
    watched: { units: options.unit ?? [], cgroups: options.cgroup ?? [], pids: options.pid ?? [] },
    maxBytes: options.maxSize,
    asksJvms: options.jvm,
    tell: say,
    shown: [page, metrics].filter((one) => one !== undefined),
    listeners: [pusher, metrics].filter((one) => one !== undefined),
    errands,
  });
  if (page) say(`the page is at ${page.url}`);
  if (metrics) say(metricsAt(metrics.address));
  say(`watching ${started.watching}; \`iowitness episodes\` tells what was found.`);
  if (started.hasNobody)
    warn(`no process of ${started.watching} runs now: it is watched as soon as one does, if the name is right.`);
  if (started.withoutEvents !== null) warn(`there are no kernel events: ${started.withoutEvents}`);
  const { over, cancel } = timeUp(options.for);
  await Promise.race([interrupts.interrupted, over]);
  cancel();
  for (const sentence of await started.stop()) warn(sentence);
  await pusher?.close();
  interrupts.release();
}

/** Loaded only where something is sent. */
async function pusherTo(address: string, options: WatchCommandOptions, errands: Errands): Promise<Pusher> {
  const [{ Pusher: Made }, { factsNow }] = await Promise.all([
    import('../fleet/agent/pusher.js'),
    import('../fleet/agent/facts-now.js'),
  ]);
  return new Made({
    target: await targetAt(address, options, errands),
    host: hostname(),
    boot: bootId(),
    agent: toolName(),
    names: options.pushNames,
    facts: factsNow,
    tell: say,
  });
}

/** What can't be shared so; undefined where nothing is wrong. What `--push-names` keeps from a fleet no recording may tell it. */
function wrongShare({ share, push, pushNames }: WatchCommandOptions): string | undefined {
  if (share === undefined) return undefined;
  if (push === undefined) return 'Recordings are shared over a relay: name it, as --push relay://HOST:9471.';
  if (share === 'whole' && pushNames !== 'all')
    return `A whole recording has every name in it, and --push-names ${pushNames} keeps some from the fleet: share redacted ones, or give --push-names all.`;
  return undefined;
}

async function targetAt(address: string, options: WatchCommandOptions, errands: Errands): Promise<BatchTarget> {
  const { certificate, authority, share, dir } = options;
  if (!address.startsWith('relay:')) {
    if (share !== undefined)
      throw new UsageError(
        'Recordings are shared over a relay, and this is a store: leave --share out, or name a relay.',
      );
    return new (await import('../fleet/clickhouse/store.js')).ClickHouseStore(address);
  }
  const [{ RelayTarget }, { RelayLine }, { Sharer }, { readCredentials }] = await Promise.all([
    import('../fleet/agent/relay-target.js'),
    import('../fleet/relay-line.js'),
    import('../fleet/agent/sharer.js'),
    import('../fleet/credentials.js'),
  ]);
  const credentials = readCredentials(certificate, authority);
  const line = new RelayLine(address, credentials);
  if (share === undefined) return new RelayTarget(line);
  const giving = { relay: address, credentials, folder: dir, share };
  return new RelayTarget(line, new Sharer({ line, errands, giving, tell: say }));
}
