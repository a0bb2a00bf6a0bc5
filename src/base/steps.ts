// When the next sample of a tool that goes on for hours is due. Steps are counted from the beginning, so that they don't drift; one that could not be
// kept is left out.

/** In ns of a clock that only goes forward: the first step that is at least half a step away, as the figures of a shorter one would be of next to nothing. */
export function nextStep(startNs: bigint, stepNs: bigint, nowNs: bigint): bigint {
  return startNs + ((nowNs - startNs + stepNs / 2n) / stepNs + 1n) * stepNs;
}
