// Days and times between what people type (31/12/2026, 17:05) and what XForms writes (2026-12-31, 17:05:00.000+07:00).

const two = (value: number | string): string => String(value).padStart(2, "0");

/** The day as XForms writes it; null when there is no such day. Parts left out are 1. */
export function isoDay(year: string, month = "1", day = "1"): string | null {
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  if (!/^\d{4}$/.test(year) || !Number.isInteger(m) || !Number.isInteger(d)) return null;
  const date = new Date(Date.UTC(y, m - 1, d));
  date.setUTCFullYear(y);
  const real = date.getUTCFullYear() === y && date.getUTCMonth() === m - 1 && date.getUTCDate() === d;
  return real ? `${year}-${two(m)}-${two(d)}` : null;
}

/** 2026-12-31 → ["2026", "12", "31"]; three empty texts for no day. */
export function partsOfDay(value: string): [string, string, string] {
  const match = /^(\d{4})-(\d{2})-(\d{2})/.exec(value);
  return match ? [match[1] ?? "", match[2] ?? "", match[3] ?? ""] : ["", "", ""];
}

/** 17:05:00.000+07:00 → ["17", "05"]. */
export function partsOfTime(value: string): [string, string] {
  const match = /(?:^|T)(\d{2}):(\d{2})/.exec(value);
  return match ? [match[1] ?? "", match[2] ?? ""] : ["", ""];
}

/** The time with this phone's distance from UTC, as ODK Collect writes it; null when there is no such time. */
export function isoTime(hour: string, minute: string, on = new Date()): string | null {
  const [h, m] = [Number(hour), Number(minute)];
  if (!/^\d{1,2}$/.test(hour) || !/^\d{1,2}$/.test(minute) || h > 23 || m > 59) return null;
  return `${two(h)}:${two(m)}:00.000${offset(on)}`;
}

function offset(on: Date): string {
  const minutes = -on.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Today on this phone, as XForms writes it. */
export function today(): string {
  const now = new Date();
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
