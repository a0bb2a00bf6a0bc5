// Which devices the requests of one trace or recording are of. Everything that is measured is measured for each of them, so their number
// is bounded: the largest hosts have some thousand disks at work, while damaged or made-up records may name a new one each.

/** More devices than these are passed over. */
const MOST_DEVICES = 8192;

export class KnownDevices {
  private readonly known = new Set<number>();
  /** Most records are of the same device as the one before. */
  private latest = NaN;
  /** Records of devices that are passed over. */
  passedOver = 0;

  /** All that are taken. */
  get all(): ReadonlySet<number> {
    return this.known;
  }

  /** Whether the records of a device are taken. */
  takes(dev: number): boolean {
    if (dev === this.latest) return true;
    if (!this.known.has(dev)) {
      if (this.known.size >= MOST_DEVICES) {
        this.passedOver += 1;
        return false;
      }
      this.known.add(dev);
    }
    this.latest = dev;
    return true;
  }
}
