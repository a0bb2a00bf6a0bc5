// The memory that a plan takes from everybody else for a run, by the process of `hold`, which ends with this one whatever ends that.

import { UserError } from '../../base/errors.js';
import { readKernelUnits } from '../../capture/auxv.js';
import { Holder } from '../hold/holder.js';
import { readMemory } from '../hold/memory.js';
import { bytesToHold, usualReserve } from '../hold/plan.js';
import type { Plan } from './plan.js';

const PAGE = 4096;

/** The bytes to hold now. Throws a UserError where too little would be left to everybody else. */
export function pressureBytes(pressure: NonNullable<Plan['pressure']>): number {
  const memory = readMemory(readKernelUnits().pageBytes ?? PAGE);
  return bytesToHold(pressure.memory, memory, usualReserve(memory.total));
}

/** Holds it, and returns when all is held. Throws a UserError where that fails. */
export async function holdPressure(pressure: NonNullable<Plan['pressure']>): Promise<Holder> {
  const pageBytes = readKernelUnits().pageBytes ?? PAGE;
  const bytes = pressureBytes(pressure);
  const { total } = readMemory(pageBytes);
  let isHeld: () => void = () => {};
  const held = new Promise<undefined>((settle) => (isHeld = () => settle(undefined)));
  const task = { how: 'tmpfs', bytes, reserve: usualReserve(total), pageBytes, maySwap: true } as const;
  const holder = new Holder(task, (message) => {
    if (message.kind === 'held') isHeld();
  });
  const why = await Promise.race([held, holder.gone]);
  if (why !== undefined) throw new UserError(`The memory of ‘pressure’ could not be held: ${why}.`);
  return holder;
}
