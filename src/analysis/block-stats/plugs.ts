// Plugging: a task holds its I/O back to send it in one go (P), and lets go of it by itself (U) or because it slept (UT). Told per device,
// as btt does: a device is plugged from the first P until the next unplug.

export class PlugMeter {
  private since = NaN;
  private pluggedNs = 0;
  private plugs = 0;
  private timerUnplugs = 0;
  private ios = 0;
  private timerIos = 0;

  plug(t: number): void {
    if (Number.isNaN(this.since)) this.since = t;
  }

  unplug(t: number, ios: number, byTimer: boolean): void {
    if (Number.isNaN(this.since)) return;
    this.pluggedNs += t - this.since;
    this.since = NaN;
    if (byTimer) {
      this.timerUnplugs += 1;
      this.timerIos += ios;
    } else {
      this.plugs += 1;
      this.ios += ios;
    }
  }

  /** Over a device's time of so many ns that ended at `end`; undefined where nothing was plugged. */
  result(durationNs: number, end: number) {
    const { plugs, timerUnplugs, ios, timerIos, since } = this;
    if (plugs + timerUnplugs === 0) return undefined;
    const pluggedNs = this.pluggedNs + (Number.isNaN(since) ? 0 : end - since);
    return {
      plugs,
      timerUnplugs,
      plugged: durationNs > 0 ? pluggedNs / durationNs : 0,
      iosPerUnplug: plugs === 0 ? 0 : ios / plugs,
      iosPerTimerUnplug: timerUnplugs === 0 ? 0 : timerIos / timerUnplugs,
    };
  }
}
