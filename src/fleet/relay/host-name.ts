// What a host may be called: letters, digits and what stands between them in names of machines.

export function isHostName(text: string): boolean {
  return /^[\w.-]{1,253}$/.test(text);
}
