// A diagnosis with its totals as metrics: what was recorded, the verdict, who moved how many bytes on which device, how long devices took, and
// where the victim's time went. Never more than 200 series, whatever the machine.

import type { Diagnosis } from '../../../model/diagnosis.js';
import { outcomeOf } from '../../words.js';
import type { ExportInput } from '../format.js';
import { exposition, type Family, type Labels } from './exposition.js';
import { Totals } from './totals.js';

export function* renderOpenMetrics({ diagnosis, rows }: ExportInput): Generator<Uint8Array> {
  const { writers, accounting } = diagnosis;
  const { requests } = rows();
  const totals = new Totals();
  totals.add({ writers, states: accounting, ...(requests && { requests }) });
  yield Buffer.from(exposition([...metricsOf(diagnosis), ...totals.families()]));
}

/** What is recorded, and the verdict. */
export function metricsOf(diagnosis: Diagnosis): Family[] {
  return [...aboutRecording(diagnosis), ...aboutVerdict(diagnosis)];
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

function aboutVerdict({ verdict }: Diagnosis): Family[] {
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
  ];
}
