// The first processor's lines of /proc/cpuinfo. The keys differ by architecture: x86 has 'model name' and 'flags', arm64 'CPU part'
// and 'Features' and no name. Source: proc_cpuinfo(5), arch/x86/kernel/cpu/proc.c, arch/arm64/kernel/cpuinfo.c.

/** Key to text of the first stanza. */
export function parseCpuinfo(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of (text.split('\n\n', 1)[0] ?? '').split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) values.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return values;
}

/** How many CPUs a list such as '0-3,8' names (/sys/devices/system/cpu/online); undefined for anything else. */
export function countCpuList(text: string): number | undefined {
  let count = 0;
  for (const range of text.trim().split(',')) {
    const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(range);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (!(last >= first)) return undefined;
    count += last - first + 1;
  }
  return count;
}
