// The page of the fleet: each address asks the store anew and is answered with a page. `what` is the address behind the token:
//
//     ''                        how the fleet is, and was
//     now                       all hosts that stall, are silent, or whose clocks are off
//     status                    the same as JSON
//     separates                 what separates the hosts of each of the dearest causes, in a line, as JSON
//     why/CAUSE                 what separates the hosts of a cause
//     host/NAME                 a host
//     host/NAME/NUMBER          one of its stalls
//     host/NAME/NUMBER/report   the report of its recording, where that lies on this machine

import { UserError } from '../../base/errors.js';
import type { Known } from '../../model/known.js';
import { diagnoseRecording, renderReport } from '../../pipeline.js';
import type { FetchWay } from '../../present/fleet-host.js';
import { renderFleetHost } from '../../present/html/fleet/host.js';
import { renderFleetNow, renderFleetOverview } from '../../present/html/fleet/overview.js';
import { renderFleetWhyPage } from '../../present/html/fleet/why.js';
import type { ReportAssets } from '../../present/html/page.js';
import { HTML_HEADERS, JSON_HEADERS, refuse, replyPacked, type Answer } from '../../run/serve.js';
import { recordingHere, type Here } from '../here.js';
import { overviewOf, separatesOf } from '../overview.js';
import { StoreFailure, type FleetStore, type Period } from '../port.js';
import { showOf } from '../show.js';
import { statusOf } from '../status.js';
import { whyOf } from '../why.js';

export interface PageOptions {
  readonly store: FleetStore;
  readonly tool: string;
  /** How far back it looks. */
  readonly sinceMs: number;
  readonly known: readonly Known[];
  readonly here: Here;
  /** How whoever looks fetches recordings that lie elsewhere. */
  readonly way: FetchWay;
  readonly assets: ReportAssets;
}

/** The names in an address; undefined where they are no text. */
function parts(what: string): string[] | undefined {
  try {
    return what.split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

async function hostPage(
  options: PageOptions,
  period: Period,
  [host = '', text, report]: readonly string[],
): Promise<string> {
  const { store, tool, assets, here, way } = options;
  const number = text === undefined ? undefined : Number(text);
  const show = await showOf(store, { tool, period, host, number });
  const [one] = show.episodes;
  const recording = one && number !== undefined ? recordingHere(one, here) : undefined;
  if (report === undefined) return renderFleetHost({ show, hasReport: recording !== undefined, way }, assets);
  if (recording === undefined) throw new UserError('Its recording does not lie on this machine.');
  return renderReport(await diagnoseRecording(recording, tool), assets);
}

/** A document at an address; undefined where there is none. */
async function documentAt({ store, tool, known }: PageOptions, what: string, period: Period): Promise<unknown> {
  if (what === 'status') return await statusOf(store, tool);
  return what === 'separates' ? await separatesOf(store, { tool, period, known }) : undefined;
}

/** The page at an address; undefined where there is none. Throws a UserError for a host or a stall that is not there. */
async function pageAt(options: PageOptions, what: string, period: Period): Promise<string | undefined> {
  const { store, tool, known, assets } = options;
  const [kind, ...names] = parts(what) ?? ['nothing'];
  if (what === '') return renderFleetOverview(await overviewOf(store, { tool, period }), assets);
  if (what === 'now') return renderFleetNow(await statusOf(store, tool), assets);
  if (kind === 'why' && names.length === 1)
    return renderFleetWhyPage(await whyOf(store, { tool, period, cause: names[0], known }), assets);
  const isHost = /^host\/[^/]+(\/\d{1,9}(\/report)?)?$/.test(what);
  return kind === 'host' && isHost ? hostPage(options, period, names) : undefined;
}

export function fleetAnswers(options: PageOptions): Answer {
  return async (what, request, response) => {
    try {
      const toMs = await options.store.nowMs();
      const period = { fromMs: toMs - options.sinceMs, toMs };
      const document = await documentAt(options, what, period);
      const page = document === undefined ? await pageAt(options, what, period) : JSON.stringify(document);
      if (page === undefined) return refuse(response, 404, 'There is nothing of that name.');
      await replyPacked(request, response, page, document === undefined ? HTML_HEADERS : JSON_HEADERS);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      refuse(response, error instanceof StoreFailure ? 503 : 404, error.message);
    }
  };
}
