// `fleet`: many machines and one store. What each action asks of the store, and how its answer is printed.

import { hostname } from 'node:os';
import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import { UserError } from '../base/errors.js';
import { ClickHouseStore } from '../fleet/clickhouse/store.js';
import { demoAddress } from '../fleet/clickhouse/http.js';
import type { FleetStore, Period } from '../fleet/port.js';
import { compareHosts } from '../fleet/compare.js';
import { recordingHere } from '../fleet/here.js';
import { runDemo } from '../fleet/demo.js';
import { episodesOf } from '../fleet/episodes.js';
import { NAME_POLICIES, type NamePolicy } from '../fleet/agent/names.js';
import { isHostName } from '../fleet/relay/host-name.js';
import { showOf } from '../fleet/show.js';
import { statusOf } from '../fleet/status.js';
import { whyOf } from '../fleet/why.js';
import {
  renderFleetDemo,
  renderFleetEpisodes,
  renderFleetInit,
  renderFleetStatus,
  renderFleetWhy,
} from '../present/fleet.js';
import { renderFleetCompare, renderFleetShow } from '../present/fleet-host.js';
import { WATCH_FOLDER } from '../run/watch/place.js';
import { concludeWith } from './conclude.js';
import { EXIT, lookOn, numberBetween, progress, say, sayDocument, seconds, toolName } from './context.js';
import { knownList } from './known-list.js';
import { isFolder, storeAddress } from './store-address.js';

const ACTIONS = [
  'init',
  'status',
  'episodes',
  'why',
  'compare',
  'show',
  'fetch',
  'page',
  'relay',
  'export',
  'demo',
] as const;
type Action = (typeof ACTIONS)[number];

interface FleetOptions {
  readonly store?: string;
  readonly since: number;
  readonly cause?: string;
  readonly unit?: string;
  readonly limit: number;
  readonly keep: number;
  readonly cluster?: string;
  readonly hosts: number;
  readonly dir: string;
  readonly names: NamePolicy;
  readonly certificate?: string;
  readonly authority?: string;
  readonly revoked?: string;
  readonly readers?: readonly string[];
  readonly relay?: string;
  readonly output?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
}

const DAY_SECONDS = 86_400;

function whole(low: number, high: number): (text: string) => number {
  const between = numberBetween(low, high);
  return (text) => {
    const value = between(text);
    if (!Number.isInteger(value)) throw new InvalidArgumentError(`give a whole number from ${low} to ${high}.`);
    return value;
  };
}

function readerNames(text: string): readonly string[] {
  const names = text.split(',');
  const wrong = names.find((name) => !isHostName(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`‘${wrong}’ is no name of a certificate.`);
  return names;
}

export function fleetCommand(program: Command): void {
  program
    .command('fleet')
    .description('tell which of many machines stall, why, and what separates them from the others')
    .addArgument(new Argument('<action>', 'what to do').choices(ACTIONS))
    .argument(
      '[subject...]',
      'of init and demo: the store’s address; of why: a cause (default: all); of compare: two hosts; of show and fetch: a host and (of show: maybe) the number of a stall; of page: a port of this machine (default: 9472); of relay: where hosts reach it (default: 0.0.0.0:9471); of export: a folder',
    )
    .option(
      '--store <address>',
      'the ClickHouse server, http://HOST:8123/DATABASE, or a folder that hosts have exported to (default: that of $IOWITNESS_FLEET, which may hold user and password, else this machine’s server)',
    )
    .option(
      '--since <time>',
      'of episodes, why, compare, show, page and export: how long ago at most',
      seconds,
      7 * DAY_SECONDS,
    )
    .option('--cause <cause>', 'of episodes: those of this cause')
    .option('--unit <unit>', 'of episodes: those of this systemd unit')
    .option('--limit <n>', 'of episodes: the newest of so many', whole(1, 1_000_000), 100)
    .option('--keep <n>', 'of init: how many days rows are kept; older ones are dropped now', whole(1, 3650), 30)
    .option('--cluster <cluster>', 'of init: spread the tables over this cluster of the server’s configuration')
    .option('--hosts <n>', 'of demo: how many hosts to simulate', whole(20, 100_000), 500)
    .option(
      '--dir <folder>',
      'of show, page and export: where this machine’s `watch` keeps what it finds',
      WATCH_FOLDER,
    )
    .addOption(
      new Option('--names <policy>', 'of export: which names are written: of units and daemons, all, or none')
        .choices(NAME_POLICIES)
        .default('units'),
    )
    .option(
      '--certificate <file>',
      'of relay and fetch: one’s own certificate and key (PEM); of show and page: for the command that fetches',
    )
    .option('--authority <file>', 'of relay and fetch: who signs all certificates (PEM); of show and page: as above')
    .option('--revoked <file>', 'of relay: hosts and certificates that hold no more, read again when it changes')
    .option(
      '--readers <names>',
      'of relay: whose certificates may fetch the recordings that hosts share, NAME,… (default: nobody’s)',
      readerNames,
    )
    .option('--relay <address>', 'of fetch: the relay that the host sends to, relay://HOST:9471')
    .option('-o, --output <folder>', 'of fetch: where to write the recording (default: HOST-NUMBER.iow)')
    .option('--dry-run', 'of init: only say what would be done, with its SQL', false)
    .option('--json', 'print the result as JSON (docs/schemas/fleet-ACTION.schema.json)', false)
    .option('-v, --verbose', 'of why, compare and show: every fact, and more of the hosts against it', false)
    .addHelpText(
      'after',
      '\nExamples:\n  iowitness fleet init http://127.0.0.1:8123/iowitness --dry-run\n  iowitness fleet demo\n  iowitness fleet status\n  iowitness fleet why mem.dirty-limit --since 7d\n  iowitness fleet episodes --cause dev.capped --since 1d\n  iowitness fleet compare web1 web2\n  iowitness fleet show web1 3\n  iowitness fleet fetch web1 3 --relay relay://fleet:9471 --certificate me.pem --authority authority.pem\n  iowitness fleet page\n  sudo iowitness fleet export /srv/fleet && iowitness fleet why --store /srv/fleet\n\nExit status: 0 nothing stalls, separates or differs, 1 a host stalls or is silent,\na fact separates, or hosts differ, 2 it could not be done, 3 it can’t be told, 64 wrong usage.',
    )
    .action((action: Action, subjects: readonly string[], options: FleetOptions) => fleet(action, subjects, options));
}

/** How many subjects an action takes. */
const SUBJECTS: Readonly<Record<Action, readonly [least: number, most: number, what: string]>> = {
  init: [0, 1, 'at most the store’s address'],
  demo: [0, 1, 'at most the store’s address'],
  status: [0, 0, 'no argument'],
  page: [0, 1, 'at most a port of this machine'],
  relay: [0, 1, 'at most the address to listen at'],
  export: [1, 1, 'a folder to write to'],
  episodes: [0, 0, 'no argument: say which by --cause and --unit'],
  why: [0, 1, 'at most one cause'],
  compare: [2, 2, 'two hosts'],
  show: [1, 2, 'a host, and maybe the number of one of its stalls'],
  fetch: [2, 2, 'a host and the number of one of its stalls'],
};

async function fleet(action: Action, subjects: readonly string[], options: FleetOptions): Promise<void> {
  const [least, most, what] = SUBJECTS[action];
  if (subjects.length < least || subjects.length > most) throw new UserError(`fleet ${action} takes ${what}.`);
  if (action === 'export') {
    await (await import('./fleet-export.js')).exportRows(subjects[0] ?? '', options);
    return;
  }
  if (action === 'fetch') {
    const [host = '', number = ''] = subjects;
    await (await import('./fleet-fetch.js')).fetchRecording(host, episodeNumber(number), options);
    return;
  }
  const isAddressed = action === 'init' || action === 'demo';
  const address = storeAddress((isAddressed ? subjects[0] : undefined) ?? options.store);
  const store = await openStore(action, address);
  try {
    await ACT[action](store, options, subjects);
  } finally {
    progress.say('');
    store.close();
  }
}

/** Only what has been exported can be asked of a folder. */
async function openStore(action: Action, address: string): Promise<FleetStore> {
  if (!isFolder(address)) return new ClickHouseStore(action === 'demo' ? demoAddress(address) : address);
  if (['init', 'demo', 'relay'].includes(action))
    throw new UserError(`fleet ${action} takes a ClickHouse server, and ${address} is a folder.`);
  return await (await import('../fleet/folder/store.js')).FolderStore.open(address);
}

type Act = (store: FleetStore, options: FleetOptions, subjects: readonly string[]) => Promise<void>;

/** The time that is asked about, until now by the store's clock. */
async function periodOf(store: FleetStore, { since }: FleetOptions): Promise<Period> {
  const toMs = await store.nowMs();
  return { fromMs: toMs - since * 1000, toMs };
}

function episodeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new UserError(`${text} is no number of a stall, as the list counts them from 1.`);
  return number;
}

const ACT: Readonly<Record<Exclude<Action, 'export' | 'fetch'>, Act>> = {
  init: async (store, { keep: keepDays, cluster, dryRun, json }) => {
    const steps = await store.init({ keepDays, cluster, dryRun });
    const document = {
      schema: 'iowitness.fleet-init/1' as const,
      tool: toolName(),
      store: store.name,
      version: await store.version(),
      steps: [...steps],
      dryRun,
    };
    sayDocument(document, json, () => renderFleetInit(document));
  },
  demo: async (store, { hosts, json }) => {
    const document = await runDemo(store, toolName(), hosts, (share) =>
      progress.say(`simulating ${hosts} hosts, ${Math.round(share * 100)} %`),
    );
    progress.say('');
    sayDocument(document, json, () => renderFleetDemo(document));
  },
  status: async (store, { json }) => {
    const status = await statusOf(store, toolName());
    sayDocument(status, json, () => renderFleetStatus(status, lookOn(process.stdout)));
    process.exitCode = status.stalling.length + status.silent.length > 0 ? EXIT.found : EXIT.fine;
  },
  episodes: async (store, { since, cause, unit, limit, json }) => {
    const asked = {
      sinceMs: since * 1000,
      limit,
      ...(cause !== undefined && { cause }),
      ...(unit !== undefined && { unit }),
    };
    const document = await episodesOf(store, toolName(), asked);
    sayDocument(document, json, () => renderFleetEpisodes(document));
  },
  why: async (store, options, [cause]) => {
    const period = await periodOf(store, options);
    const why = await whyOf(store, { tool: toolName(), period, cause, known: knownList() });
    sayDocument(why, options.json, () => renderFleetWhy(why, { ...lookOn(process.stdout), verbose: options.verbose }));
    const canTell = why.canTell || why.hosts.stalling === 0;
    process.exitCode = why.groups.length > 0 ? EXIT.found : canTell ? EXIT.fine : EXIT.noVerdict;
  },
  compare: async (store, options, [a = '', b = '']) => {
    const period = await periodOf(store, options);
    const compare = await compareHosts(store, { tool: toolName(), period, hosts: [a, b] });
    sayDocument(compare, options.json, () =>
      renderFleetCompare(compare, { ...lookOn(process.stdout), verbose: options.verbose }),
    );
    process.exitCode = compare.facts.length > 0 ? EXIT.found : EXIT.fine;
  },
  show: async (store, options, [host = '', number]) => {
    const period = await periodOf(store, options);
    const asked = number === undefined ? undefined : episodeNumber(number);
    const show = await showOf(store, { tool: toolName(), period, host, number: asked });
    sayDocument(show, options.json, () =>
      renderFleetShow(show, { ...lookOn(process.stdout), verbose: options.verbose, way: options }),
    );
    const [one] = show.episodes;
    const recording =
      one && asked !== undefined ? recordingHere(one, { host: hostname(), folder: options.dir }) : undefined;
    if (recording !== undefined && !options.json) {
      say('');
      await concludeWith(recording, { json: false, verbose: options.verbose });
      return;
    }
    process.exitCode = show.host.isSilent || show.host.since !== null ? EXIT.found : EXIT.fine;
  },
  page: async (store, options, [where]) => {
    await (await import('./fleet-page.js')).servePage(store, { ...options, where, sinceMs: options.since * 1000 });
  },
  relay: async (store, options, [where]) => {
    await (await import('./fleet-relay.js')).serveRelay(store, { ...options, where });
  },
};
