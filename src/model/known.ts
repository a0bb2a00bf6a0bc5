// What is known of kernels: one entry a file of docs/known, checked when the program is built. An entry is a lead: that a kernel's version lies in a range and
// a recording shows the symptom is no proof, least of all where a vendor takes over single changes.

import * as v from 'valibot';

const FLAVOURS = [
  'mainline',
  'Debian',
  'Ubuntu',
  'Red Hat',
  'Fedora',
  'SUSE',
  'Amazon Linux',
  'Oracle UEK',
  'Azure Linux',
  'own build',
] as const;

/** Versions of kernel.org, '5.16'; the first that has it and the first that has it no more. */
const Range = v.object({
  from: v.optional(v.string()),
  before: v.optional(v.string()),
  /** Only of these kernels. */
  flavours: v.optional(v.array(v.picklist(FLAVOURS))),
});

const Source = v.object({ address: v.string(), says: v.string() });

export const KnownSchema = v.object({
  /** The file's name without its ending. */
  id: v.string(),
  title: v.string(),
  /** What happens and why, in a few sentences. */
  what: v.string(),
  ranges: v.array(Range),
  /** What else has to be so on the machine. */
  needs: v.optional(
    v.object({
      filesystems: v.optional(v.array(v.string())),
      mountOption: v.optional(v.string()),
      cgroupVersion: v.optional(v.picklist([1, 2])),
      /** The beginning of the name of a device that is stacked: 'dm-'. */
      device: v.optional(v.string()),
    }),
  ),
  symptom: v.object({
    words: v.string(),
    /** Causes under which a diagnosis shows it; empty where it only falsifies figures, or shows in the kernel's log. */
    causes: v.array(v.string()),
    /** A measure that has to be there as well: 'congestion-sleeps', sleeps of a tenth of a second below reclaim. */
    signature: v.optional(v.picklist(['congestion-sleeps'])),
  }),
  advice: v.string(),
  sources: v.array(Source),
  /** The day on which the sources were read again; absent where they were not to be had. */
  checked: v.optional(v.string()),
  /** What is not sure of it: such an entry is listed, and no diagnosis is led to it. */
  unsure: v.optional(v.string()),
});

export type Known = v.InferOutput<typeof KnownSchema>;
export type KnownRange = v.InferOutput<typeof Range>;

export const KnownFitSchema = v.object({
  id: v.string(),
  title: v.string(),
  what: v.string(),
  symptom: v.string(),
  advice: v.string(),
  sources: v.array(Source),
  unsure: v.nullable(v.string()),
  /** 'symptom': a recording shows it as well; 'range': the version and the machine alone. */
  by: v.picklist(['symptom', 'range']),
});

export const KnownListSchema = v.object({
  schema: v.literal('iowitness.known/1'),
  tool: v.string(),
  /** null for this machine. */
  recording: v.nullable(v.string()),
  kernel: v.string(),
  flavour: v.string(),
  /** What has to be known beside it, as that this vendor takes over single changes. */
  note: v.nullable(v.string()),
  entries: v.array(KnownFitSchema),
  /** How many entries there are in all. */
  known: v.number(),
});

export type KnownList = v.InferOutput<typeof KnownListSchema>;
export type KnownFit = v.InferOutput<typeof KnownFitSchema>;
