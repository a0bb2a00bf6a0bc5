// `fleet`: many machines and one store. What each action asks of the store, and how its answer is printed.

import { Argument, InvalidArgumentError, type Command } from 'commander';
import { UserError } from '../base/errors.js';
import { ClickHouseStore } from '../fleet/clickhouse/store.js';
import { demoAddress } from '../fleet/clickhouse/http.js';
import type { FleetStore } from '../fleet/port.js';
import { runDemo } from '../fleet/demo.js';
import { episodesOf } from '../fleet/episodes.js';
import { statusOf } from '../fleet/status.js';
import { whyOf } from '../fleet/why.js';
import {
  renderFleetDemo,
  renderFleetEpisodes,
  renderFleetInit,
  renderFleetStatus,
  renderFleetWhy,
} from '../present/fleet.js';
import { EXIT, numberBetween, progress, sayDocument, seconds, toolName } from './context.js';
import { knownList } from './known-list.js';
import { storeAddress } from './store-address.js';

const ACTIONS = ['init', 'status', 'episodes', 'why', 'demo'] as const;
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

export function fleetCommand(program: Command): void {
  program
    .command('fleet')
    .description('tell which of many machines stall, why, and what separates them from the others')
    .addArgument(new Argument('<action>', 'what to do').choices(ACTIONS))
    .argument('[subject]', 'of init and demo: the store’s address; of why: a cause (default: all)')
    .option(
      '--store <address>',
      'the ClickHouse server, http://USER:PASSWORD@HOST:8123/DATABASE (default: that of $IOWITNESS_FLEET, else this machine’s)',
    )
    .option('--since <time>', 'of episodes and why: how long ago at most', seconds, 7 * DAY_SECONDS)
    .option('--cause <cause>', 'of episodes: those of this cause')
    .option('--unit <unit>', 'of episodes: those of this systemd unit')
    .option('--limit <n>', 'of episodes: the newest of so many', whole(1, 1_000_000), 100)
    .option('--keep <n>', 'of init: how many days rows are kept; older ones are dropped now', whole(1, 3650), 30)
    .option('--cluster <cluster>', 'of init: spread the tables over this cluster of the server’s configuration')
    .option('--hosts <n>', 'of demo: how many hosts to simulate', whole(20, 100_000), 500)
    .option('--dry-run', 'of init: only say what would be done, with its SQL', false)
    .option('--json', 'print the result as JSON (docs/schemas/fleet-ACTION.schema.json)', false)
    .option('-v, --verbose', 'of why: every fact of a group, and more of the hosts against it', false)
    .addHelpText(
      'after',
      '\nExamples:\n  iowitness fleet init http://127.0.0.1:8123/iowitness --dry-run\n  iowitness fleet demo\n  iowitness fleet status\n  iowitness fleet why mem.dirty-limit --since 7d\n  iowitness fleet episodes --cause dev.capped --since 1d\n\nExit status: 0 nothing stalls and nothing separates, 1 a host stalls or is silent,\nor a fact separates, 2 it could not be done, 3 it can’t be told, 64 wrong usage.',
    )
    .action((action: Action, subject: string | undefined, options: FleetOptions) => fleet(action, subject, options));
}

async function fleet(action: Action, subject: string | undefined, options: FleetOptions): Promise<void> {
  const isAddressed = action === 'init' || action === 'demo';
  if (subject !== undefined && action !== 'why' && !isAddressed)
    throw new UserError(`fleet ${action} takes no argument: say which by --cause and --unit.`);
  const address = storeAddress((isAddressed ? subject : undefined) ?? options.store);
  const store = new ClickHouseStore(action === 'demo' ? demoAddress(address) : address);
  try {
    await ACT[action](store, options, subject);
  } finally {
    progress.say('');
    store.close();
  }
}

type Act = (store: FleetStore, options: FleetOptions, subject?: string) => Promise<void>;

const ACT: Readonly<Record<Action, Act>> = {
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
    sayDocument(status, json, () => renderFleetStatus(status, look()));
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
  why: async (store, { since, json, verbose }, cause) => {
    const toMs = await store.nowMs();
    const period = { fromMs: toMs - since * 1000, toMs };
    const why = await whyOf(store, { tool: toolName(), period, cause, known: knownList() });
    sayDocument(why, json, () => renderFleetWhy(why, { ...look(), verbose }));
    const { stalling, others } = why.hosts;
    const canTell = stalling === 0 || (stalling > 1 && others > 0);
    process.exitCode = why.groups.length > 0 ? EXIT.found : canTell ? EXIT.fine : EXIT.noVerdict;
  },
};

function look(): { readonly colour: boolean; readonly width?: number } {
  const { isTTY, columns } = process.stdout;
  return { colour: isTTY && process.env['NO_COLOR'] === undefined, ...(columns > 0 && { width: columns }) };
}
