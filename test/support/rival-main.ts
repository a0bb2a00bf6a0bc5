// A process of another user that plays unfair, until it is killed: `node --input-type=module - FOLDER TARGET < rival-main.js`, as it may not
// be able to read this clone. In FOLDER, which is his, whatever appears is exchanged as fast as he can: a file for a link to TARGET/file, a
// folder for a link to TARGET, and that for the folder again. It says `ready` before it begins, and how many exchanges it has made.

import { lstatSync, readdirSync, renameSync, symlinkSync, unlinkSync, writeSync } from 'node:fs';

const [folder = '', target = ''] = process.argv.slice(2);
const ASIDE = '.aside';

function exchange(name: string): void {
  const place = `${folder}/${name}`;
  const stat = lstatSync(place);
  if (stat.isDirectory()) {
    renameSync(place, place + ASIDE);
    symlinkSync(target, place);
  } else if (!stat.isSymbolicLink()) {
    unlinkSync(place);
    symlinkSync(`${target}/file`, place);
  } else {
    lstatSync(place + ASIDE);
    unlinkSync(place);
    renameSync(place + ASIDE, place);
  }
}

writeSync(1, 'ready\n');
for (let exchanges = 0; ;) {
  for (const name of readdirSync(folder)) {
    if (name.endsWith(ASIDE)) continue;
    try {
      exchange(name);
      exchanges += 1;
      if (exchanges < 10) writeSync(1, `${exchanges}\n`);
    } catch {
      // Somebody else was quicker.
    }
  }
}
