// When to try again: twice as long after each failure, never all phones of a village at once, never longer than an hour.

export const FIRST = 5_000;
export const LONGEST = 3_600_000;

/** Milliseconds to wait after `tries` failures; `asked`: what the server asked for, in seconds. */
export function pause(tries: number, asked: number | null = null, dice: () => number = Math.random): number {
  if (asked !== null) return Math.min(asked * 1000, LONGEST) * (1 + dice() / 4);
  const most = Math.min(FIRST * 2 ** Math.max(0, tries - 1), LONGEST);
  return most / 2 + (dice() * most) / 2;
}

/** A clock that has been set back would otherwise make an item wait for years. */
export const due = (nextAt: number, now: number): boolean => nextAt <= now || nextAt > now + 2 * LONGEST;
