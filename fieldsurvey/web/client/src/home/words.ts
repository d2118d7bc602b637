// Sentences that are put together: troubles with the server's own words, moments, sizes, distances.

import { t } from "../i18n";
import { serverNow } from "../store/clock";
import type { Trouble } from "../store/db";

/** What is wrong and what to do; the server's own sentence where it said one. */
export function troubleText(trouble: Trouble, tongue: string): string {
  const said = trouble.message[tongue] ?? trouble.message["vi"];
  if (said) return said;
  const name = `trouble.${trouble.kind}`;
  return t(name, { status: trouble.status });
}

const DAY = 86_400_000;

/** "10:42", "hôm qua 10:42", "5/10 10:42"; Vietnam's time whatever the phone says. */
export function moment(at: number): string {
  const zone = { timeZone: "Asia/Ho_Chi_Minh" };
  const day = (ms: number): string => new Date(ms).toLocaleDateString("vi-VN", zone);
  const time = new Date(at).toLocaleTimeString("vi-VN", { ...zone, hour: "2-digit", minute: "2-digit" });
  if (day(at) === day(serverNow())) return time;
  if (day(at) === day(serverNow() - DAY)) return t("when.yesterday", { time });
  return `${new Date(at).toLocaleDateString("vi-VN", { ...zone, day: "numeric", month: "numeric" })} ${time}`;
}

/** "640 KB", "3,2 MB". */
export function size(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1000))} KB`;
  return `${(bytes / 1_000_000).toLocaleString("vi-VN", { maximumFractionDigits: 1 })} MB`;
}

export const far = (metres: number): string =>
  metres < 1000 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1000).toLocaleString("vi-VN", { maximumFractionDigits: 1 })} km`;

/** "2026-10-12" → "12/10". */
export const dayMonth = (date: string): string => {
  const [, month, day] = date.split("-");
  return `${Number(day)}/${Number(month)}`;
};
