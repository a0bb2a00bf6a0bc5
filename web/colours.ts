// Colours for canvases, taken from the style sheet's classes, so that each is named once; and the scale of the latency charts.
// They change with the theme: whoever draws asks anew each time.

type Rgb = readonly [red: number, green: number, blue: number];

/**
 * Cividis, seven of its colours from dark to light: its luminance grows evenly, also for people who don't see red or green
 * (Nuñez, Anderton, Renslow, PLoS ONE 13(7), 2018, https://doi.org/10.1371/journal.pone.0199239).
 */
const CIVIDIS: readonly Rgb[] = [
  [0, 34, 78],
  [39, 67, 110],
  [84, 93, 108],
  [124, 123, 120],
  [165, 156, 116],
  [209, 191, 98],
  [254, 232, 56],
];

/** The computed value of a CSS colour property of an element, e.g. of a legend's key. */
export function colourOf(element: Element): string {
  return getComputedStyle(element).color;
}

const known = new Map<string, string>();

/** A colour of the style sheet: what the class `colour-NAME` gives an element. */
export function themeColour(name: string): string {
  let colour = known.get(name);
  if (colour === undefined) {
    const probe = document.createElement('i');
    probe.className = `colour-${name}`;
    document.body.append(probe);
    colour = colourOf(probe);
    probe.remove();
    known.set(name, colour);
  }
  return colour;
}

/** To be called when the theme has changed. */
export function forgetColours(): void {
  known.clear();
}

export function isDark(): boolean {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'dark';
}

/** `steps` colours from few to many: away from the background in either theme. */
export function heatScale(steps: number): string[] {
  const stops = isDark() ? CIVIDIS : CIVIDIS.toReversed();
  return Array.from({ length: steps }, (_, step) => {
    // The end next to the background would not be seen on it.
    const at = (0.12 + (0.88 * step) / (steps - 1)) * (stops.length - 1);
    const low = stops[Math.floor(at)] ?? [0, 0, 0];
    const high = stops[Math.ceil(at)] ?? low;
    const mix = low.map((value, channel) => Math.round(value + ((high[channel] ?? 0) - value) * (at % 1)));
    return `rgb(${mix.join(' ')})`;
  });
}
