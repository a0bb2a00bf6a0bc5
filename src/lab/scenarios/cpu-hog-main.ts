// One busy process: `node cpu-hog-main.js NAME`. It uses a CPU until it is killed or its parent is gone.

process.title = process.argv[2] ?? 'cpu-hog';
const parent = process.ppid;

function keepBusy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

while (process.ppid === parent) keepBusy(100);
