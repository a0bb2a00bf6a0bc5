// The page that a watch serves: what it sees now, the last hour, the episodes with a way to the report of each, and what the machine remembers of its
// disks. Whole without its script, which only brings `now` up to date.

import { clockText, duration } from '../../../base/format.js';
import type { Baseline, BaselineDisk } from '../../../model/baseline.js';
import type { Charts } from '../../../model/charts.js';
import type { Episode, Episodes, WatchNow } from '../../../model/watch.js';
import { BASELINE_HEAD, changesOf, usualCells } from '../../baseline.js';
import { causeOf, episodesText, lastedText, remarksOn, victimOf } from '../../episodes.js';
import { OUTCOME_LOOK, type Outcome } from '../../words.js';
import { paletteOf } from '../colours.js';
import { html, jsonScript, type Content, type Markup } from '../markup.js';
import { renderPage, type ReportAssets } from '../page.js';
import { disclosed, section, table, tied, type Part } from '../parts.js';
import { embed } from '../payload.js';
import { timeline } from '../timeline.js';
import { nowLines } from './now.js';

export interface WatchPage {
  readonly host: string;
  readonly tool: string;
  /** The newest of a month, the newest first. */
  readonly episodes: Episodes;
  /** Undefined before the first second has ended. */
  readonly now: WatchNow | undefined;
  /** The last hour, and when it began, ISO 8601. */
  readonly charts: Charts;
  readonly startedAt: string | null;
  readonly baseline: Pick<Baseline, 'disks' | 'without'>;
}

/** Loads of a disk that are shown; those of most stretches come first. */
const MOST_LOADS = 12;

function answer({ now, episodes: { episodes } }: WatchPage): { readonly outcome: Outcome; readonly text: string } {
  const under = now?.episode ?? null;
  if (under !== null) return { outcome: 'stall', text: `Episode ${under} is under way.` };
  const [newest] = episodes;
  if (!newest) return { outcome: 'healthy', text: 'No stall was noticed.' };
  return {
    outcome: 'healthy',
    text: `No stall now; the last one was episode ${newest.number}, at ${clockText(newest.startedAt)}.`,
  };
}

function nowPart(page: WatchPage): Markup {
  const { outcome, text } = answer(page);
  return html`<section class="verdict ${outcome}" aria-labelledby="verdict">
    <p class="outcome">${OUTCOME_LOOK[outcome].sign} ${outcome === 'stall' ? 'A stall now' : 'Watching'}</p>
    <h1 id="verdict">${tied(text)}</h1>
    <ul class="now" id="now" aria-live="off">
      ${nowLines(page.now).map((line) => html`<li>${tied(line)}</li> `)}
    </ul>
  </section>`;
}

function rowOf(episode: Episode, isUnderWay: boolean): Content[] {
  const { number, startedAt, lostMs, recording, verdict } = episode;
  return [
    recording === null ? String(number) : html`<a href="${`episodes/${number}`}">${number}</a>`,
    clockText(startedAt),
    lastedText(episode, isUnderWay),
    lostMs === null ? '–' : duration(lostMs),
    victimOf(episode),
    causeOf(episode),
    verdict?.culprit?.name ?? '–',
    verdict?.sentence ?? episode.note ?? '',
  ];
}

function episodesPart({ episodes, now }: WatchPage): Part {
  return section(
    'episodes',
    'Episodes',
    episodes.episodes.length > 0 &&
      table(
        'Stalls that were noticed, the newest first; the number leads to the report',
        [
          { title: 'episode', kind: 'name' },
          { title: 'began', kind: 'name' },
          { title: 'lasted', kind: 'figures' },
          { title: 'lost', kind: 'figures' },
          { title: 'victim' },
          { title: 'cause', kind: 'name' },
          { title: 'culprit' },
          { title: 'what happened' },
        ],
        episodes.episodes.map((one) => rowOf(one, one.number === (now?.episode ?? null))),
      ),
    remarksOn(episodes, true).map((line) => html`<p>${tied(line)}</p> `),
  );
}

/** `called`: its name, which no other disk of the page has. */
function diskPart({ name, model, knownBy, chapters, changedNow }: BaselineDisk, called: string): Markup {
  const chapter = chapters.at(-1);
  const about = [model ?? '', `known by its ${knownBy}`].filter((word) => word !== '');
  return html`<h3>${name}</h3>
    <p>${about.join(', ')}${chapter && `; ${chapter.since.slice(0, 10)} to ${chapter.until.slice(0, 10)}`}</p>
    ${
      chapter &&
      table(
        `What ${called} usually takes`,
        BASELINE_HEAD.map((title, at) => ({
          title,
          ...(at >= 2 && at <= 6 && { kind: 'figures' as const }),
        })),
        chapter.usual.slice(0, MOST_LOADS).map((one) => usualCells(one)),
      )
    }
    ${chapter && chapter.changed.length > 0 && html`<p>Another chapter since: ${changesOf(chapter.changed)}</p>`}
    ${changedNow.length > 0 && html`<p>Changed since: ${changesOf(changedNow)}</p>`} `;
}

/** A disk's name; of several disks that had it, which one. */
function nameIn(disks: readonly BaselineDisk[], at: number): string {
  const name = disks[at]?.name ?? '';
  const before = disks.slice(0, at).filter((one) => one.name === name).length;
  return before === 0 ? name : `${name} (${before + 1})`;
}

function baselinePart({ baseline: { disks, without } }: WatchPage): Part {
  const gone = disks.filter(({ isHere }) => !isHere);
  return section(
    'baseline',
    'What is usual for the disks',
    disks.filter(({ isHere }) => isHere).map((disk, at, all) => diskPart(disk, nameIn(all, at))),
    gone.length > 0 &&
      disclosed(
        gone.length === 1 ? 'One disk that is not here now' : `${gone.length} disks that are not here now`,
        gone.map((disk, at) => diskPart(disk, `${nameIn(gone, at)}, not here now`)),
      ),
    without.map(({ name, why }) => html`<p>${name}: ${why}</p> `),
  );
}

/** The whole page. `assets` has the script of a live page. */
export function renderWatchPage(page: WatchPage, assets: ReportAssets): string {
  const { host, tool, episodes, charts, startedAt } = page;
  const { outcome, text } = answer(page);
  const watching = episodes.watches.at(-1)?.watching ?? 'this machine';
  return renderPage(
    {
      title: `Watching ${watching} on ${host}`,
      description: text,
      tool,
      outcome,
      header: html`<p><b>${host}</b> <span>watching ${watching}</span></p>`,
      hasVerdict: true,
      parts: [
        nowPart(page),
        timeline(charts, paletteOf(charts), 'Of each second; the last minute comes when it is over.'),
        episodesPart(page),
        baselinePart(page),
      ],
      data: [
        jsonScript('charts', embed(charts, startedAt)),
        jsonScript('ticket', episodesText(episodes, true).join('\n')),
        jsonScript('episodes-document', episodes),
      ],
      saved: 'episodes-document',
      isLive: true,
    },
    assets,
  );
}
