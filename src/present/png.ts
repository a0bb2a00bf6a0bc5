// A picture drawn as SVG, painted as PNG by resvg (https://github.com/linebender/resvg) with the fonts that iowitness brings along: a server has
// none. Loaded only where a PNG is asked for.

import { initWasm, Resvg } from '@resvg/resvg-wasm';

export interface Painter {
  /** resvg, compiled for any machine. */
  readonly wasm: Uint8Array;
  /** TrueType. */
  readonly fonts: readonly Uint8Array[];
}

let ready: Promise<void> | undefined;

export async function paintPng(svg: string, { wasm, fonts }: Painter): Promise<Uint8Array> {
  // It can be initialised once in a process.
  ready ??= initWasm(wasm);
  await ready;
  const family = 'DejaVu Sans';
  const picture = new Resvg(svg, {
    font: { fontBuffers: [...fonts], defaultFontFamily: family, sansSerifFamily: family },
  });
  return picture.render().asPng();
}
