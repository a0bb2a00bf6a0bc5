// The process that serves a watch's page. It reads what the watch keeps whenever somebody asks, stands behind everything else on this machine, and ends
// with the watch, whatever ends that: a page that is looked at costs the watch a message a second.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { showBooks } from '../../../baseline/show.js';
import { isoMoment } from '../../../base/format.js';
import { inFolder } from '../../../base/hold-path.js';
import { identifyDisks, unnamedDisks } from '../../../capture/disk-identity.js';
import type { WatchNow } from '../../../model/watch.js';
import { nowLines } from '../../../present/html/watch/now.js';
import { renderWatchPage } from '../../../present/html/watch/page.js';
import { diagnoseRecording, renderReport } from '../../../pipeline.js';
import { Shelf } from '../../baseline/shelf.js';
import { readReportAssets } from '../../report-assets.js';
import { behindToken, HTML_HEADERS, JSON_HEADERS, refuse, reply, serve } from '../../serve.js';
import { beginServing, tellBegun } from '../../serving-process.js';
import { readHistory } from '../history.js';
import { gather, readJournal } from '../journal.js';
import { SHOWN_MS, watchCharts } from './charts.js';
import type { PageSettings, ToPage } from './messages.js';

const MONTH_MS = 30 * 86_400_000;
class PageProcess {
  private readonly settings: PageSettings;
  private now: WatchNow | undefined;
  /** The report that was made last; one is made at a time. */
  private report: { readonly number: number; readonly text: Promise<string> } | undefined;

  constructor(settings: PageSettings) {
    this.settings = settings;
  }

  take(now: WatchNow): void {
    this.now = now;
  }

  /** `what`: the path behind the token. */
  readonly answer = async (what: string, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const number = Number(/^episodes\/(\d{1,9})$/.exec(what)?.[1]);
    if (what === '') return reply(request, response, this.page(), HTML_HEADERS);
    if (what === 'now') return reply(request, response, JSON.stringify(nowLines(this.now)), JSON_HEADERS);
    if (number > 0) return this.episode(number, request, response);
    return refuse(response, 404, 'There is nothing of that name.');
  };

  private page(): string {
    const { folder, memory, tool, web } = this.settings;
    const nowMs = Date.now();
    const kept = inFolder(folder, (held) => ({
      episodes: {
        schema: 'iowitness.episodes/1' as const,
        tool,
        folder: held.realPath(),
        ...gather(readJournal(held), nowMs - MONTH_MS),
      },
      seconds: readHistory(held, nowMs - SHOWN_MS).seconds,
    }));
    const books = memory === undefined ? [] : new Shelf({ path: memory, warn: () => {} }).books();
    return renderWatchPage(
      {
        host: hostname(),
        tool,
        episodes: kept.episodes,
        now: this.now,
        charts: watchCharts(kept.seconds, kept.episodes.episodes, nowMs),
        startedAt: isoMoment(nowMs - SHOWN_MS),
        baseline: showBooks(books, identifyDisks(), unnamedDisks()),
      },
      readReportAssets(web, 'live'),
    );
  }

  private async episode(number: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const found = inFolder(this.settings.folder, (held) => gather(readJournal(held)).episodes).find(
      (one) => one.number === number,
    );
    const recording = found?.recording;
    if (!recording)
      return refuse(
        response,
        404,
        `There is no recording of episode ${number}${found?.note ? `: ${found.note}` : ''}.`,
      );
    // One that goes on has more to tell when somebody asks again.
    if (this.report?.number !== number || found.verdict === null) {
      const before = this.report?.text.catch(() => {});
      this.report = { number, text: Promise.resolve(before).then(() => this.made(recording)) };
    }
    return reply(request, response, await this.report.text, HTML_HEADERS);
  }

  private async made(recording: string): Promise<string> {
    const { tool, web } = this.settings;
    return await renderReport(await diagnoseRecording(recording, tool), readReportAssets(web));
  }
}

beginServing();
let page: PageProcess | undefined;
process.on('message', (message: ToPage) => {
  if (message.kind === 'now') return page?.take(message.now);
  const { settings } = message;
  page = new PageProcess(settings);
  void tellBegun(settings.address, serve(settings.address, behindToken(settings.token, 'the watch', page.answer)));
});
