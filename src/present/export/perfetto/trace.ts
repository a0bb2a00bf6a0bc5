// A diagnosed recording as a Perfetto trace: the verdict and its bands, the victim's threads state by state with the kernel stacks of
// their sleeps, every request of every device with its stages, queue depths, and the report's series as counters.

import type { Charts } from '../../../model/charts.js';
import type { Diagnosis } from '../../../model/diagnosis.js';
import type { RequestRows, StateRows } from '../../../model/rows.js';
import { stateWords } from '../../words.js';
import type { ExportInput } from '../format.js';
import { byBeginning, Lanes } from './lanes.js';
import { Packets, type Values } from './packets.js';

/** Handed on when so much has gathered. */
const PIECE = 1 << 20;
const NS = 1e6;

export function* renderPerfetto({ diagnosis, charts, rows }: ExportInput): Generator<Uint8Array> {
  const { startNs = 0n, wallMs, requests, states } = rows();
  const packets = new Packets(startNs, wallMs === undefined ? undefined : BigInt(Math.round(wallMs)) * 1_000_000n);
  const drawn = charts();
  addVerdict(packets, diagnosis, drawn);
  const parts = [
    states ? addStates(packets, states) : [],
    requests ? addRequests(packets, requests) : [],
    addCounters(packets, drawn),
  ];
  for (const part of parts) for (const _ of part) if (packets.gathered >= PIECE) yield packets.take();
  yield packets.take();
}

/** What follows takes turns: each gives way after some packets, so that they can be handed on. */
type Steps = Iterable<void>;

function addVerdict(packets: Packets, { verdict }: Diagnosis, { bands }: Charts): void {
  const track = packets.track({ name: 'iowitness' });
  packets.instant(track, (verdict.sinceMs ?? 0) * NS, verdict.cause, 'verdict', {
    sentence: verdict.sentence,
    layer: verdict.layer,
    sureness: verdict.sureness ?? 'none',
    ...(verdict.culprit && { culprit: verdict.culprit.name }),
  });
  const lanes = new Map<string, Lanes>();
  const tracks = new Map<string, number>();
  for (const { kind, label, fromMs, toMs } of bands.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const name = `${kind}s`;
    const ofKind = lanes.get(name) ?? new Lanes();
    lanes.set(name, ofKind);
    const key = `${name} ${ofKind.take(fromMs, toMs)}`;
    const lane = tracks.get(key) ?? packets.track({ name, parent: track });
    tracks.set(key, lane);
    packets.beginSlice(lane, fromMs * NS, label, 'band');
    packets.endSlice(lane, toMs * NS);
  }
}

function* addStates(packets: Packets, states: StateRows): Steps {
  const { pid, threads, thread, fromMs, toMs, state, stack, stacks, wokenBy } = states;
  const [name = ''] = threads.values();
  packets.track({ process: { pid, name: threads.get(pid) ?? name } });
  const tracks = new Map(
    [...threads].map(([tid, threadName]) => [tid, packets.track({ thread: { pid, tid, name: threadName } })]),
  );
  for (let row = 0; row < states.length; row += 1) {
    const track = tracks.get(thread[row] ?? 0) ?? 0;
    const code = state[row] ?? 'unexplained';
    const frames = stacks[stack[row] ?? -1];
    const by = wokenBy[row] ?? 0;
    packets.beginSlice(track, (fromMs[row] ?? 0) * NS, code, 'state', {
      meaning: stateWords(code),
      ...(frames && { 'kernel stack': frames.join('\n') }),
      ...(by > 0 && { 'woken by': by }),
    });
    packets.endSlice(track, (toMs[row] ?? 0) * NS);
    yield;
  }
}

function valuesOf(requests: RequestRows, row: number): Values {
  const name = (places: Uint32Array) => requests.names[places[row] ?? 0] ?? '';
  const [queuer, owner] = [name(requests.threadName), name(requests.owner)];
  const [thread, pid, weight] = [requests.thread, requests.ownerPid, requests.weight].map((all) => all[row] ?? 0);
  return {
    sector: requests.sector[row] ?? 0,
    bytes: requests.bytes[row] ?? 0,
    ...(thread && { 'queued by': queuer === '' ? thread : `${queuer} (${thread})` }),
    ...(owner !== '' && { 'on behalf of': pid ? `${owner} (${pid})` : owner, how: name(requests.via) }),
    ...(requests.victims[row] === 1 && { 'of the victim': 1 }),
    ...(weight !== 1 && { 'stands for': weight ?? 1 }),
    ...(row >= requests.answered && { unanswered: 1 }),
  };
}

/** Where a request begins: when it was queued, or dispatched where that was not seen. */
function beginning({ queuedMs, dispatchedMs, completedMs }: RequestRows, row: number): number {
  const [queued = NaN, dispatched = NaN, completed = NaN] = [queuedMs[row], dispatchedMs[row], completedMs[row]];
  return Number.isNaN(queued) ? (Number.isNaN(dispatched) ? completed : dispatched) : queued;
}

function* addRequests(packets: Packets, requests: RequestRows): Steps {
  const { length, names, device, kind, dispatchedMs, completedMs } = requests;
  const devices = new Map<number, { readonly parent: number; readonly lanes: Lanes; readonly tracks: number[] }>();
  for (const row of byBeginning(length, (one) => beginning(requests, one))) {
    const id = device[row] ?? 0;
    let of = devices.get(id);
    if (!of) {
      of = { parent: packets.track({ name: names[id] ?? '' }), lanes: new Lanes(), tracks: [] };
      devices.set(id, of);
    }
    const [from, to] = [beginning(requests, row), completedMs[row] ?? 0];
    const lane = of.lanes.take(from, to);
    const track = (of.tracks[lane] ??= packets.track({ name: 'requests', parent: of.parent }));
    packets.beginSlice(track, from * NS, kind[row] ?? 'other', 'request', valuesOf(requests, row));
    const dispatched = dispatchedMs[row] ?? NaN;
    const parts = [
      { name: 'queued', from, to: Number.isNaN(dispatched) ? from : dispatched },
      { name: 'with the device', from: dispatched, to },
    ];
    for (const part of parts.filter((one) => one.to > one.from)) {
      packets.beginSlice(track, part.from * NS, part.name, 'stage');
      packets.endSlice(track, part.to * NS);
    }
    packets.endSlice(track, to * NS);
    yield;
  }
  for (const [id, { parent }] of devices) yield* addDepth(packets, requests, id, parent);
}

/** How many requests a device had at each moment. */
function* addDepth(packets: Packets, requests: RequestRows, id: number, parent: number): Steps {
  const { length, device, weight, dispatchedMs, completedMs } = requests;
  const steps: { readonly at: number; readonly by: number }[] = [];
  for (let row = 0; row < length; row += 1) {
    const [from = NaN, to = NaN, by = 1] = [dispatchedMs[row], completedMs[row], weight[row]];
    if (device[row] === id && to >= from) steps.push({ at: from, by }, { at: to, by: -by });
  }
  steps.sort((a, b) => a.at - b.at);
  const track = packets.track({ name: 'requests with the device', parent, counter: 'requests' });
  let depth = 0;
  for (const [index, { at, by }] of steps.entries()) {
    depth += by;
    if (steps[index + 1]?.at === at) continue;
    packets.count(track, at * NS, depth);
    yield;
  }
}

/** The report's series, but for the victim's states, which stand as slices. */
function* addCounters(packets: Packets, { t, charts }: Charts): Steps {
  for (const { title, unit, lines, stacked } of charts) {
    if (stacked === true) continue;
    const parent = packets.track({ name: title });
    for (const { name, values } of lines) {
      const track = packets.track({ name, parent, counter: unit });
      for (let bin = 0; bin < t.length; bin += 1) {
        const [at = 0, value = NaN] = [t[bin], values[bin]];
        // The axis has the middle of each bin; NaN is no value.
        if (!Number.isNaN(value)) packets.count(track, at * NS, value);
        yield;
      }
    }
  }
}
