// Room on the phone, and whether the browser may throw our data away.

export interface Space {
  used: number; // bytes
  quota: number; // bytes; 0: the browser does not say
  kept: boolean; // false: the browser may evict the data when the phone is full
  low: boolean; // photos are refused above this
}

export const PHOTO_LIMIT = 0.8;

export async function space(): Promise<Space> {
  const storage = navigator.storage as StorageManager | undefined;
  const { usage = 0, quota = 0 } = (await storage?.estimate?.()) ?? {};
  const kept = (await storage?.persisted?.()) ?? false;
  return { used: usage, quota, kept, low: quota > 0 && usage / quota > PHOTO_LIMIT };
}

/** Ask that the data stays; browsers agree silently when the app is installed or much used. */
export const askToKeep = async (): Promise<boolean> => (await navigator.storage?.persist?.()) ?? false;

export const isFull = (error: unknown): boolean =>
  error instanceof DOMException && (error.name === "QuotaExceededError" || error.code === 22);

interface Battery {
  level: number;
  charging: boolean;
}

/** 0…100, or null where the browser does not say or the phone is charging. */
export async function batteryLeft(): Promise<number | null> {
  const ask = (navigator as { getBattery?: () => Promise<Battery> }).getBattery;
  try {
    const battery = await ask?.call(navigator);
    return battery && !battery.charging ? Math.round(battery.level * 100) : null;
  } catch {
    return null;
  }
}
