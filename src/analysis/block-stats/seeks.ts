// How far apart consecutive I/Os lie. The distance is btt's: none where the two overlap or touch, otherwise from the nearer end of the
// one before to the beginning of this one, whatever the direction (btt/seek.c of blktrace 1.2.0).

import { Histogram } from '../../base/histogram.js';
import type { Seeks } from '../../model/block-stats.js';

export class SeekMeter {
  private readonly distances = new Histogram();
  private sequential = 0;
  private start = 0;
  private end = 0;

  add(sector: number, sectors: number): void {
    const { start, end } = this;
    const stop = sector + sectors;
    let distance = 0;
    if (!((start <= sector && sector <= end) || (start <= stop && stop <= end)))
      distance = Math.abs(sector > end ? sector - end : sector - start);
    if (distance === 0) this.sequential += 1;
    this.distances.record(distance);
    this.start = sector;
    this.end = stop;
  }

  result(): Seeks | undefined {
    const { distances } = this;
    if (distances.count === 0) return undefined;
    return {
      count: distances.count,
      mean: distances.mean(),
      median: distances.quantile(0.5),
      p90: distances.quantile(0.9),
      max: distances.max,
      sequential: this.sequential / distances.count,
    };
  }
}
