// Signing in at the server: by phone number and PIN or password, or with the key that stands as a QR on paper.

import { deviceId } from "../store/device";
import { admit, type SignedIn } from "../store/people";
import type { Vault } from "../store/vault";
import { Line } from "./http";
import { VERSION } from "./sync";

const JSON_TYPE = { "Content-Type": "application/json" };

async function said(): Promise<object> {
  return { name: phoneName(), appVersion: VERSION, installId: await deviceId() };
}

/** What the browser says of the phone: "SM-A065F · Chrome 143". */
export function phoneName(agent: string = navigator.userAgent): string {
  const model = /Android [\d.]+; ([^;)]+?)(?: Build|\)|;)/.exec(agent)?.[1];
  const browser = /(Chrome|Firefox|Safari|SamsungBrowser)\/(\d+)/.exec(agent);
  return [model ?? "Điện thoại", browser && `${browser[1]} ${browser[2]}`].filter(Boolean).join(" · ").slice(0, 60);
}

/** Raises Failure with the server's words. */
export async function signIn(name: string, secret: string): Promise<SignedIn> {
  const body = JSON.stringify({ name, secret, device: await said() });
  return new Line(null).json<SignedIn>("/sync/sign-in", { method: "POST", headers: JSON_TYPE, body });
}

export async function signInWithCode(qr: string): Promise<SignedIn> {
  const body = JSON.stringify({ qr, device: await said() });
  return new Line(null).json<SignedIn>("/sync/sign-in", { method: "POST", headers: JSON_TYPE, body });
}

/** Make the PIN of this phone the one for signing in the next time too. A phone's key has none: that is no trouble. */
export async function choosePin(answer: SignedIn, login: string, pin: string, tellServer: boolean): Promise<Vault> {
  if (tellServer) {
    const body = JSON.stringify({ pin });
    await new Line(answer.token).ask("/sync/pin", { method: "PUT", headers: JSON_TYPE, body });
  }
  return admit(answer, login, pin);
}

/** The key in whatever a person scanned or pasted: Collect's code, an address with /key/…, a link to the app, the key itself. */
export function codeIn(scanned: string): string {
  const text = scanned.trim();
  const link = /[#?&/](?:code|key)[=/]([^&#/\s]+)/.exec(text);
  return link ? decodeURIComponent(link[1]!) : text;
}
