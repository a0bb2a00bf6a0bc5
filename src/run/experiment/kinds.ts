// The closed table of what an arm may change: the property's name in a plan, and its kind. What is no key here is refused with its line.

import { kind, type KnownKind } from './change.js';
import { byHand } from './changes/by-hand.js';
import { cgroup } from './changes/cgroup.js';
import { mount } from './changes/mount.js';
import { queue } from './changes/queue.js';
import { stopProcess } from './changes/stop-process.js';
import { stopService } from './changes/stop-service.js';
import { sysctl } from './changes/sysctl.js';

export const KINDS: Readonly<Record<string, KnownKind>> = {
  'stop-service': kind(stopService),
  'stop-process': kind(stopProcess),
  sysctl: kind(sysctl),
  queue: kind(queue),
  mount: kind(mount),
  cgroup: kind(cgroup),
  'by-hand': kind(byHand),
};
