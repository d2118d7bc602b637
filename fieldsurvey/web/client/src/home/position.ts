// Where the phone is, for "nearest first". Asked only when the person has allowed it before; never stored, never sent.

import { readonly, shallowRef } from "vue";
import type { Position } from "./work";

const here = shallowRef<Position | null>(null);
export const position = readonly(here) as Readonly<typeof here>;

const OLD = 120_000; // ms; a position this old will do

/** Quietly, if it was allowed; with `ask`, the browser asks the person. Returns whether there is a position. */
export async function lookAround(ask = false): Promise<boolean> {
  if (!navigator.geolocation) return false;
  const permission = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
  if (!ask && permission?.state !== "granted") return false;
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        here.value = { lat: coords.latitude, lon: coords.longitude };
        resolve(true);
      },
      () => resolve(false),
      { maximumAge: OLD, timeout: 10_000, enableHighAccuracy: false },
    );
  });
}
