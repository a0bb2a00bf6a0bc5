// What a process is that another one of ours starts for work of its own: it hears that one alone, and ends with it.

/** Makes this process end with the one that started it, whatever ends that. */
export function endWithStarter(): void {
  process.title = 'iowitness';
  // Ctrl-C goes to all of a terminal's processes: the one that started this ends in order, and this one with it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}
