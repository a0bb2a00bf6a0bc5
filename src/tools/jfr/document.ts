// What was collected of a flight recording → the one document of `jfr`, which the text and --json are made from.

import { total } from '../../base/intervals.js';
import type { FlightThread } from '../../model/flight.js';
import type { Jfr, JfrMonitor, JfrOwner, JfrThread } from '../../model/jfr.js';
import { kindOfSynchronizer } from '../threads/uses.js';
import { answerOf } from './answer.js';
import { FILE_KINDS, PAUSE_KINDS, SOCKET_KINDS, USED_EVENTS, type Collector } from './collector.js';
import { untoldMs, type Case, type Deeds } from './deeds.js';
import { holdersOf, type Holder } from './holders.js';
import { NOBODY } from './interned.js';
import { statesOf, type KernelSide } from './kernel.js';
import { hasVirtual, limitsOf, whyUnread, type Coverage } from './limits.js';

/** Rows of each table. */
const MOST_ROWS = 50;
const MOST_WAITERS = 20;
const MOST_SITES = 5;
const MOST_DEEDS = 10;

/** A lock that is told of, with whom most of its time was waited for. */
export interface Told {
  readonly lock: number;
  readonly holder: Holder | undefined;
  /** Waited time that was attributed, ns: of the waits that are kept. */
  readonly attributedNs: number;
}

/** The locks that most time was waited for, and who had them. */
export function toldLocks({ waits }: Collector): Told[] {
  return [...waits.locks.keys()]
    .sort((a, b) => (waits.locks[b]?.ns ?? 0) - (waits.locks[a]?.ns ?? 0))
    .slice(0, MOST_ROWS)
    .map((lock) => {
      const holders = holdersOf(waits.of(lock));
      const attributedNs = holders.reduce((sum, { ns }) => sum + ns, 0);
      const [first] = holders;
      return { lock, holder: first?.thread === NOBODY ? undefined : first, attributedNs };
    });
}

/** Those whose owner's deeds are to be gathered. */
export function casesOf(told: readonly Told[]): Case[] {
  return told.flatMap(({ lock, holder }) => (holder ? [{ lock, thread: holder.thread, during: holder.during }] : []));
}

function ref(thread: FlightThread | undefined): JfrThread | null {
  return thread ? { name: thread.name, javaId: thread.javaId ?? null, nativeId: thread.nativeId ?? null } : null;
}

function refs(collector: Collector, numbers: readonly number[]): JfrThread[] {
  return numbers.flatMap((number) => ref(collector.threads.list[number]) ?? []);
}

function ownerOf(collector: Collector, { holder, attributedNs }: Told): JfrOwner {
  if (!holder) {
    const because = attributedNs === 0 ? 'no wait is told one by one' : 'the waits name no previous owner that is told';
    return { grade: 'unknown', thread: null, because, waits: 0, behind: 0, share: null };
  }
  const { waits, behind } = holder;
  const through = `${behind} got it from each other behind that`;
  return {
    grade: 'exact',
    thread: ref(collector.threads.list[holder.thread]),
    because: `it is the previousOwner of ${waits} ${waits === 1 ? 'wait' : 'waits'}${behind > 0 ? `, and ${through}` : ''}`,
    waits,
    behind,
    share: attributedNs > 0 ? holder.ns / attributedNs : null,
  };
}

interface Parts {
  readonly kernel?: KernelSide | undefined;
  readonly collector: Collector;
  readonly told: readonly Told[];
  readonly deeds: Deeds;
}

function monitorsOf({ collector, told, deeds, kernel }: Parts): JfrMonitor[] {
  const { waits, time, methods } = collector;
  const asked = new Set(told.map(({ lock }) => lock));
  const [threads, sites] = [waits.byThread.of(asked), waits.bySite.of(asked)];
  const byLock = deeds.byLock();
  return told.flatMap((each) => {
    const lock = waits.locks[each.lock];
    const { holder } = each;
    const meanwhile = byLock.get(each.lock) ?? [];
    const thread = holder && collector.threads.list[holder.thread];
    const heldMs = holder ? total(holder.during) / 1e6 : 0;
    if (!lock) return [];
    const waiters = threads.get(each.lock) ?? [];
    return [
      {
        type: lock.type ?? null,
        address: Number.isNaN(lock.address) ? null : `0x${lock.address.toString(16)}`,
        waits: lock.waits,
        threads: waiters.length,
        waiters: refs(
          collector,
          waiters.slice(0, MOST_WAITERS).map(({ of }) => of),
        ),
        waitedMs: lock.ns / 1e6,
        longestMs: lock.longestNs / 1e6,
        from: time.iso(lock.from) ?? '',
        to: time.iso(lock.to) ?? '',
        owner: ownerOf(collector, each),
        heldMs,
        kernel: kernel && holder && thread ? statesOf(kernel, thread, holder.during, time) : null,
        meanwhile: meanwhile.slice(0, MOST_DEEDS),
        untoldMs: untoldMs(heldMs, meanwhile),
        at: (sites.get(each.lock) ?? []).slice(0, MOST_SITES).flatMap(({ of, count, ns }) => {
          const frame = methods.list[of];
          return frame === undefined ? [] : [{ frame, waits: count, ms: ns / 1e6 }];
        }),
      },
    ];
  });
}

function parksOf({ parks, parkers, classes, methods }: Collector): Jfr['parks'] {
  const all = new Set([NOBODY, ...classes.list.keys()]);
  const [byMethod, byThread] = [parks.of(all), parkers.of(all)];
  return [...all]
    .flatMap((number) => {
      const sums = byMethod.get(number) ?? [];
      const [longest] = sums;
      if (!longest) return [];
      const type = classes.list[number];
      const kind = type === undefined ? undefined : kindOfSynchronizer(type, false);
      return [
        {
          type: type ?? null,
          lock: kind === 'owned' || kind === 'read-write' || kind === 'ownerless' ? kind : null,
          parks: sums.reduce((sum, { count }) => sum + count, 0),
          threads: byThread.get(number)?.length ?? 0,
          parkedMs: sums.reduce((sum, { ns }) => sum + ns, 0) / 1e6,
          longestMs: Math.max(...sums.map(({ longestNs }) => longestNs)) / 1e6,
          by: methods.list[longest.of] ?? null,
        },
      ];
    })
    .sort((a, b) => Number(b.lock !== null) - Number(a.lock !== null) || b.parkedMs - a.parkedMs)
    .slice(0, MOST_ROWS);
}

function filesOf({ files, places, longest, threads }: Collector): Jfr['files'] {
  const sums = files.of(new Set(FILE_KINDS.keys()));
  return FILE_KINDS.flatMap((did, kind) =>
    (sums.get(kind) ?? []).map(({ of, count, ns, longestNs, bytes }) => ({
      did,
      path: places.list[of] ?? null,
      count,
      bytes: Number.isNaN(bytes) ? null : bytes,
      ms: ns / 1e6,
      longestMs: longestNs / 1e6,
      thread: ref(threads.list[longest.get(`${kind} ${of}`) ?? NOBODY]),
    })),
  )
    .sort((a, b) => b.ms - a.ms)
    .slice(0, MOST_ROWS);
}

function socketsOf({ sockets, places }: Collector): Jfr['sockets'] {
  const sums = sockets.of(new Set(SOCKET_KINDS.keys()));
  return SOCKET_KINDS.flatMap((did, kind) =>
    (sums.get(kind) ?? []).map(({ of, count, ns, longestNs, bytes }) => ({
      did,
      peer: places.list[of] ?? null,
      count,
      bytes: Number.isNaN(bytes) ? null : bytes,
      ms: ns / 1e6,
      longestMs: longestNs / 1e6,
    })),
  )
    .sort((a, b) => b.ms - a.ms)
    .slice(0, MOST_ROWS);
}

function pausesOf({ pauses }: Collector): Jfr['pauses'] {
  const sums = pauses.of(new Set(PAUSE_KINDS.keys()));
  return PAUSE_KINDS.flatMap((kind, number) =>
    (sums.get(number) ?? []).map(({ count, ns, longestNs }) => ({
      kind,
      count,
      ms: ns / 1e6,
      longestMs: longestNs / 1e6,
    })),
  );
}

function settingsOf({ settings }: Collector): Jfr['settings'] {
  return USED_EVENTS.flatMap((name) => {
    const setting = settings.get(name);
    if (!setting) return [];
    const { enabled = null, threshold = null, throttle = null } = setting;
    return [{ event: name.replace('jdk.', ''), enabled, threshold, throttle: throttle === 'off' ? null : throttle }];
  });
}

export function jfrDocument(tool: string, parts: Parts, coverage: Coverage): Jfr {
  const { collector } = parts;
  const { time, first, last, jvms, lostBytes } = collector;
  const { files, chunks, bytes, readBytes, events } = coverage;
  const document = {
    schema: 'iowitness.jfr/1' as const,
    tool,
    covers: {
      files,
      chunks,
      bytes,
      readBytes,
      events,
      from: first <= last ? time.iso(first) : null,
      to: first <= last ? time.iso(last) : null,
      jvms: [...jvms.values()].map(({ pid, version }) => ({
        pid: Number.isNaN(pid) ? null : pid,
        version: version ?? null,
      })),
      lostBytes,
    },
    monitors: monitorsOf(parts),
    parks: parksOf(collector),
    files: filesOf(collector),
    sockets: socketsOf(collector),
    pauses: pausesOf(collector),
    settings: settingsOf(collector),
  };
  const limits = limitsOf(document, collector, coverage);
  const told = {
    waitedFor: collector.waits.locks.length,
    hasVirtual: hasVirtual(collector),
    unread: whyUnread(coverage),
  };
  return { ...document, limits, answer: answerOf(document, told) };
}
