// What becomes of an earlier version's recording while it is read: one step a version, in order, so that everything behind the reader knows
// the newest version only.

import { RECORDING_VERSION, type Reading } from '../../model/recording.js';
import { manifestFromV1, readingFromV1 } from './v1.js';

interface Upgrade {
  /** The version that it takes; it gives the next one. */
  readonly from: number;
  /** On the manifest as it was parsed, before it is held against the schema. */
  readonly manifest: (manifest: object) => object;
  readonly reading: (reading: Reading) => Reading;
}

const UPGRADES: readonly Upgrade[] = [
  { from: 1, manifest: manifestFromV1, reading: readingFromV1 },
  // Version 3 may hold a sample of the requests; a recording of version 2 holds them all.
  { from: 2, manifest: (manifest) => manifest, reading: (reading) => reading },
];

/** A manifest of any version up to ours as one of ours. */
export function upgradedManifest(manifest: object, version: number): object {
  const steps = UPGRADES.filter(({ from }) => from >= version);
  return { ...steps.reduce((upgraded, step) => step.manifest(upgraded), manifest), version: RECORDING_VERSION };
}

/** The readings of a recording of that version as ours has them, one by one. */
export function readingUpgrade(version: number): (reading: Reading) => Reading {
  const steps = UPGRADES.filter(({ from }) => from >= version);
  return (reading) => steps.reduce((upgraded, step) => step.reading(upgraded), reading);
}
