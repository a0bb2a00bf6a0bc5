// The closed table of sites by the word of a plan. An arm that asks for another kernel or machine has its place in plans, and is refused until there is a site for it.

import { UserError } from '../../base/errors.js';
import { here } from './here.js';
import type { Site } from './site.js';

const SITES: Readonly<Record<string, Site>> = { here };

/** Throws a UserError where there is none. */
export function siteOf(name: string): Site {
  const site = SITES[name];
  if (!site)
    throw new UserError(
      `Arms with ‘${name}:’ can’t be run by this version: leave it away, and run the plan on such a machine.`,
    );
  return site;
}
