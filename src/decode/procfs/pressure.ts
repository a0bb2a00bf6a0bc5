// /proc/pressure/{io,memory,cpu} and a cgroup's io.pressure: how long tasks waited for a resource, in all since boot.
// The averages are left out: rates follow from the totals over any span. /proc/pressure/cpu has no 'full' line before 5.13.
// Source: Documentation/accounting/psi.rst.
//
//   some avg10=0.00 avg60=0.14 avg300=0.23 total=5912924

/** Total stall times, µs. */
export interface Pressure {
  /** At least one task waited. */
  readonly some?: number;
  /** All tasks that were not idle waited. */
  readonly full?: number;
}

export function parsePressure(text: string): Pressure {
  const total = (line: 'some' | 'full') => {
    const digits = new RegExp(`^${line} .*\\btotal=(\\d{1,20})$`, 'm').exec(text)?.[1];
    return digits === undefined ? {} : { [line]: Number(digits) };
  };
  return { ...total('some'), ...total('full') };
}
