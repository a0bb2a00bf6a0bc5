// Flight recordings for tests: those of test/fixtures, what is read of bytes, and what the JDK's own `jfr print --json` prints, in one form.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readFlight } from '../../src/decode/jfr/reader.js';
import type { FlightChunk, FlightEvent, FlightThread } from '../../src/model/flight.js';
import type { Jfr } from '../../src/model/jfr.js';
import { flightDocument } from '../../src/run/jfr/read-twice.js';
import { fixturePath } from './fixtures.js';

export const FLIGHTS = ['jdk17', 'jdk25'] as const;

export function flightBytes(name: (typeof FLIGHTS)[number]): Buffer {
  return gunzipSync(readFileSync(fixturePath(`flight/${name}.jfr.gz`)));
}

interface Read {
  readonly chunks: readonly FlightChunk[];
  /** Bytes that belong to no chunk. */
  readonly strange: number;
}

export function readBytes(bytes: Uint8Array, take: (event: FlightEvent) => void, windowBytes?: number): Read {
  const chunks: FlightChunk[] = [];
  const strange = readFlight({
    readAt: (into, position) => {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
    bytes: bytes.length,
    wanted: () => true,
    take,
    chunk: (chunk) => chunks.push(chunk),
    ...(windowBytes !== undefined && { windowBytes }),
  });
  return { chunks, strange };
}

/** The document of a recording with these bytes. */
export function flightDocumentOf(bytes: Uint8Array): Jfr {
  const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-flight-'));
  try {
    const file = path.join(folder, 'test.jfr');
    writeFileSync(file, bytes);
    return flightDocument('iowitness test', [{ name: 'test', path: file, follow: false, bytes: bytes.length }]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One event as both tell it; what an event does not have is undefined. */
interface Plain {
  readonly type: string;
  readonly startNs: string;
  readonly durationNs: number;
  readonly thread: string | undefined;
  readonly stack: readonly string[] | undefined;
  readonly className: string | undefined;
  readonly other: string | undefined;
  readonly address: number | undefined;
  readonly amount: number | undefined;
  readonly text: string | undefined;
  readonly port: number | undefined;
}

const TYPES: Readonly<Record<string, FlightEvent['kind']>> = {
  JavaMonitorEnter: 'enter',
  JavaMonitorWait: 'wait',
  ThreadPark: 'park',
  ThreadSleep: 'sleep',
  FileWrite: 'file-write',
  FileRead: 'file-read',
  FileForce: 'file-force',
  SocketWrite: 'socket-write',
  SocketRead: 'socket-read',
  ExecutionSample: 'sample',
  NativeMethodSample: 'native-sample',
  SafepointBegin: 'safepoint',
  GCPhasePause: 'gc-pause',
};
export const TYPE_NAMES: readonly string[] = Object.keys(TYPES);
const NAMES = new Map(Object.entries(TYPES).map(([name, kind]) => [kind, name]));

function known(number: number): number | undefined {
  return Number.isNaN(number) ? undefined : number;
}

function whoIs(thread: FlightThread | undefined): string | undefined {
  return thread && `${thread.name} #${thread.javaId ?? 0} [${thread.nativeId ?? 0}]`;
}

/** The events of bytes, in any order. */
export function plainEvents(bytes: Uint8Array, windowBytes?: number): Plain[] {
  const events: Plain[] = [];
  readBytes(
    bytes,
    (event) => {
      const type = NAMES.get(event.kind);
      if (type === undefined) return;
      events.push({
        type,
        startNs: String(event.chunkNs + BigInt(event.sinceNs)),
        durationNs: event.durationNs,
        thread: whoIs(event.thread),
        stack: event.stack,
        className: event.className,
        other: whoIs(event.other),
        address: known(event.address),
        amount: known(event.amount),
        text: event.text,
        port: known(event.port),
      });
    },
    windowBytes,
  );
  return events;
}

type Json = Readonly<Record<string, unknown>>;

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textIn(value: Json, name: string): string | undefined {
  const text = value[name];
  return typeof text === 'string' ? text : undefined;
}

function numberIn(value: Json, name: string): number | undefined {
  const number = value[name];
  return typeof number === 'number' ? number : undefined;
}

function threadIn(thread: unknown): string | undefined {
  if (!isJson(thread)) return undefined;
  const javaId = numberIn(thread, 'javaThreadId') ?? 0;
  const name = (javaId > 0 ? textIn(thread, 'javaName') : undefined) ?? textIn(thread, 'osName') ?? '';
  return `${name} #${Math.max(0, javaId)} [${numberIn(thread, 'osThreadId') ?? 0}]`;
}

/** '2026-11-30T00:08:55.567123456Z' or with another number of digits. */
function nsOf(time = ''): string {
  const [, seconds = '', fraction = ''] = /^([^.Z+]*)(?:\.(\d+))?/.exec(time) ?? [];
  const zone = /(?:Z|[+-]\d\d:\d\d)$/.exec(time)?.[0] ?? 'Z';
  return String(BigInt(Date.parse(`${seconds}${zone}`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0')));
}

/** 'PT1M2.5S' */
function durationNs(text = 'PT0S'): number {
  const [, hours = '0', minutes = '0', seconds = '0', fraction = ''] =
    /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d+))?S)?$/.exec(text) ?? [];
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1e9 + Number(fraction.padEnd(9, '0'));
}

function frameIn(frame: unknown): string {
  const method = isJson(frame) ? frame['method'] : undefined;
  const type = isJson(method) ? method['type'] : undefined;
  const ofClass = isJson(type) ? textIn(type, 'name')?.replaceAll('/', '.') : undefined;
  const line = isJson(frame) ? (numberIn(frame, 'lineNumber') ?? 0) : 0;
  return `${ofClass}.${isJson(method) ? textIn(method, 'name') : ''}(${line > 0 ? `line ${line}` : 'Unknown Source'})`;
}

function stackIn(stack: unknown): string[] | undefined {
  const frames = isJson(stack) ? stack['frames'] : undefined;
  return Array.isArray(frames) ? frames.map(frameIn) : undefined;
}

function printedEvent(event: Json): Plain {
  const values = event['values'];
  const fields = isJson(values) ? values : {};
  const type = (textIn(event, 'type') ?? '').replace('jdk.', '');
  const of = fields['monitorClass'] ?? fields['parkedClass'];
  return {
    type,
    startNs: nsOf(textIn(fields, 'startTime')),
    durationNs: durationNs(textIn(fields, 'duration')),
    thread: threadIn(fields['eventThread'] ?? fields['sampledThread']),
    stack: stackIn(fields['stackTrace']),
    className: isJson(of) ? textIn(of, 'name')?.replaceAll('/', '.') : undefined,
    other: threadIn(fields['previousOwner'] ?? fields['notifier']),
    address: type.startsWith('Socket') ? undefined : numberIn(fields, 'address'),
    amount: numberIn(fields, 'bytesRead') ?? numberIn(fields, 'bytesWritten'),
    text: textIn(fields, 'path') ?? textIn(fields, 'host'),
    port: numberIn(fields, 'port'),
  };
}

/** What the JDK's own program prints of the events that are made use of. */
export function printedEvents(home: string, file: string): Plain[] {
  const args = [
    'print',
    '--json',
    '--stack-depth',
    '2048',
    '--events',
    TYPE_NAMES.map((name) => `jdk.${name}`).join(','),
  ];
  const text = execFileSync(path.join(home, 'bin/jfr'), [...args, file], { encoding: 'utf8', maxBuffer: 2 ** 30 });
  const document: unknown = JSON.parse(text);
  const recording = isJson(document) ? document['recording'] : undefined;
  const events = isJson(recording) ? recording['events'] : undefined;
  return Array.isArray(events) ? events.filter(isJson).map(printedEvent) : [];
}

/** In one order, whatever order they came in. */
export function sortedEvents(events: readonly Plain[]): string[] {
  return events.map((event) => JSON.stringify(event)).sort();
}
