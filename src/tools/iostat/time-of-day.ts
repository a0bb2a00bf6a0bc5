// Dates and times as iostat writes them, in the local time zone: those of the C locale (%x %X of strftime), or ISO 8601 with S_TIME_FORMAT=ISO.
// Below a second's interval they have milliseconds.

const two = (value: number): string => String(value).padStart(2, '0');

export function dateText(at: Date, isIso: boolean): string {
  const [month, day] = [two(at.getMonth() + 1), two(at.getDate())];
  return isIso ? `${at.getFullYear()}-${month}-${day}` : `${month}/${day}/${two(at.getFullYear() % 100)}`;
}

export function clockText(at: Date, isFine: boolean): string {
  const fraction = isFine ? `.${String(at.getMilliseconds()).padStart(3, '0')}` : '';
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}${fraction}`;
}

export function timestampText(at: Date, isIso: boolean, isFine: boolean): string {
  if (!isIso) return `${dateText(at, false)} ${clockText(at, isFine)}`;
  const east = -at.getTimezoneOffset();
  const zone = `${east < 0 ? '-' : '+'}${two(Math.floor(Math.abs(east) / 60))}${two(Math.abs(east) % 60)}`;
  return `${dateText(at, true)}T${clockText(at, isFine)}${zone}`;
}
