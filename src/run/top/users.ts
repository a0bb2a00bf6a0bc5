// Users by their numbers, as /etc/passwd has them; a number that it does not have stays one, as it may be another service's (passwd(5)).

import { readWhole } from '../../capture/files.js';

export function userNames(root = ''): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of (readWhole(`${root}/etc/passwd`) ?? '').split('\n')) {
    const [name = '', , uid = ''] = line.split(':');
    if (/^\d+$/.test(uid) && !names.has(Number(uid))) names.set(Number(uid), name);
  }
  return names;
}
