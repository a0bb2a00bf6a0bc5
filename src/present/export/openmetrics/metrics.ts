// A diagnosis and its requests as metrics: who moved how many bytes on which device, how long devices took, where the victim's time
// went, and the verdict. Never more than 200 series, whatever the machine: what does not fit is summed as `others`. The figures count
// from the recording's start, so those of a recording that goes on grow as counters do.

import type { Diagnosis, Writer } from '../../../model/diagnosis.js';
import type { RequestRows } from '../../../model/rows.js';
import { outcomeOf } from '../../words.js';
import type { ExportInput } from '../format.js';
import { exposition, type Family, type Labels, type Sample } from './exposition.js';
import { latencies } from './latencies.js';

/** Of bytes by program; with one series for the reads and one for the writes of all others. */
const MOST_WRITERS = 60;
const OTHERS = 'others';

export function* renderOpenMetrics({ diagnosis, rows }: ExportInput): Generator<Uint8Array> {
  yield Buffer.from(exposition(metricsOf(diagnosis, rows().requests)));
}

/** All families; those without samples are left out when they are written. */
export function metricsOf(diagnosis: Diagnosis, requests: RequestRows | undefined): Family[] {
  return [
    ...aboutRecording(diagnosis),
    ...aboutVerdict(diagnosis),
    bytesByProgram(diagnosis.writers),
    latencies(requests),
  ];
}

function aboutRecording({ recording, tool, losses }: Diagnosis): Family[] {
  const { startedAt, durationMs, host, kernel } = recording;
  const endedAt = startedAt === null ? NaN : Date.parse(startedAt) + durationMs;
  const severities = ['info', 'degraded', 'severe'] as const;
  return [
    {
      name: 'iowitness_recording_info',
      type: 'gauge',
      help: 'The recording that these metrics are of; always 1.',
      samples: [{ labels: { tool, ...(host !== null && { host }), ...(kernel !== null && { kernel }) }, value: 1 }],
    },
    {
      name: 'iowitness_recording_duration_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'How long was recorded.',
      samples: [{ value: durationMs / 1000 }],
    },
    {
      name: 'iowitness_recording_end_timestamp_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'When the last of it was recorded, seconds since 1970.',
      samples: Number.isNaN(endedAt) ? [] : [{ value: endedAt / 1000 }],
    },
    {
      name: 'iowitness_recording_losses',
      type: 'gauge',
      help: 'Kinds of loss that the recording has, by severity; degraded and severe ones weaken what is told.',
      samples: severities.map((severity) => ({
        labels: { severity },
        value: losses.filter((loss) => loss.severity === severity).length,
      })),
    },
  ];
}

function aboutVerdict({ verdict, accounting }: Diagnosis): Family[] {
  const { cause, layer, sureness, victim, culprit, confidence, share } = verdict;
  const labels: Labels = {
    cause,
    layer,
    outcome: outcomeOf(verdict),
    ...(sureness && { sureness }),
    ...(victim && { victim: victim.name }),
    ...(culprit && { culprit: culprit.name, culprit_kind: culprit.kind }),
  };
  const gauge = (name: string, help: string, value: number): Family => ({
    name,
    type: 'gauge',
    help,
    samples: [{ value }],
  });
  return [
    {
      name: 'iowitness_verdict_info',
      type: 'gauge',
      help: 'What holds the victim up, as the labels say; always 1.',
      samples: [{ labels, value: 1 }],
    },
    gauge(
      'iowitness_stall',
      '1 where a stall was found, 0 where not or where no verdict was reached.',
      outcomeOf(verdict) === 'stall' ? 1 : 0,
    ),
    gauge('iowitness_verdict_confidence_ratio', 'The chance that the verdict is right, 0 to 1.', confidence),
    gauge('iowitness_verdict_share_ratio', 'The share of the victim’s time that the verdict explains, 0 to 1.', share),
    {
      name: 'iowitness_victim_state_seconds',
      type: 'counter',
      unit: 'seconds',
      help: 'The victim’s wall time by state; the states are exclusive and sum to its wall time.',
      samples: accounting.map(({ state, ms }) => ({ suffix: '_total', labels: { state }, value: ms / 1000 })),
    },
  ];
}

function bytesByProgram(writers: readonly Writer[]): Family {
  const sums = new Map<string, { readonly labels: Labels; bytes: number }>();
  for (const { device, layer, process, through, readBytes, writeBytes } of writers) {
    for (const [direction, bytes] of Object.entries({ read: readBytes, write: writeBytes })) {
      if (bytes === 0) continue;
      const labels = { device, layer, program: process, direction, ...(through !== null && { through }) };
      const key = JSON.stringify(labels);
      const sum = sums.get(key) ?? { labels, bytes: 0 };
      sum.bytes += bytes;
      sums.set(key, sum);
    }
  }
  const sorted = [...sums.values()].sort((a, b) => b.bytes - a.bytes);
  const rest = sorted.slice(MOST_WRITERS);
  const others = ['read', 'write'].flatMap((direction): Sample[] => {
    const bytes = rest
      .filter(({ labels }) => labels['direction'] === direction)
      .reduce((sum, one) => sum + one.bytes, 0);
    return bytes === 0
      ? []
      : [{ suffix: '_total', labels: { device: OTHERS, program: OTHERS, direction }, value: bytes }];
  });
  return {
    name: 'iowitness_io_bytes',
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes that devices completed, by the program behind them: what the flusher wrote is given to those who made the pages dirty.',
    samples: [
      ...sorted.slice(0, MOST_WRITERS).map(({ labels, bytes }) => ({ suffix: '_total', labels, value: bytes })),
      ...others,
    ],
  };
}
