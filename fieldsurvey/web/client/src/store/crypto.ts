// What protects data on the phone: a key per person behind their PIN, and sealing to the server, which alone can open.
//
// data key    AES-GCM 256, random, one per person; lives in memory while unlocked
// wrapped     the data key under PBKDF2-SHA256(PIN) and again under the phone's own key, which cannot leave the browser:
//             a copied database alone does not let anybody try PINs
// recovery    the data key under a key made of the person's draft salt, which only the server gives, after a sign-in: a
//             forgotten PIN loses nothing. Copies of drafts on the server are closed with a key of the same salt
// sealed      a record of docs/phone-app-protocol.md: ECDH P-256 with a fresh key → HKDF-SHA256 → AES-GCM 256

import { type Bytes, base64url, fromBase64, fromHex, join, random, sha256, text, utf8 } from "./bytes";

export const ROUNDS = 210_000; // OWASP's figure for PBKDF2-HMAC-SHA512; about half a second on a phone of 2018
const IV = 12;
const AES = { name: "AES-GCM", length: 256 } as const;
const CARRY = utf8("fieldsurvey carry 1");

/** A key that the browser keeps and never shows. */
export const newDeviceKey = (): Promise<CryptoKey> => crypto.subtle.generateKey(AES, false, ["encrypt", "decrypt"]);

export const newDataKey = (): Bytes => random(32);

export const imported = (raw: Bytes): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", raw, AES, false, ["encrypt", "decrypt"]);

export async function encrypt(key: CryptoKey, plain: Bytes): Promise<Bytes> {
  const iv = random(IV);
  return join(iv, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain)));
}

/** Throws when the key is another one or a byte has changed. */
export async function decrypt(key: CryptoKey, secret: Bytes): Promise<Bytes> {
  const iv = secret.slice(0, IV);
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, secret.slice(IV)));
}

export const encryptJson = (key: CryptoKey, value: unknown): Promise<Bytes> => encrypt(key, utf8(JSON.stringify(value)));

export const decryptJson = async <T>(key: CryptoKey, secret: Bytes): Promise<T> =>
  JSON.parse(text(await decrypt(key, secret))) as T;

async function pinKey(pin: string, salt: Bytes, rounds: number): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", utf8(pin.normalize("NFC")), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return crypto.subtle.deriveKey(how, base, AES, false, ["encrypt", "decrypt"]);
}

export interface Wrapped {
  salt: Bytes;
  rounds: number;
  secret: Bytes;
}

export async function wrap(raw: Bytes, pin: string, device: CryptoKey): Promise<Wrapped> {
  const salt = random(16);
  const inner = await encrypt(await pinKey(pin, salt, ROUNDS), raw);
  return { salt, rounds: ROUNDS, secret: await encrypt(device, inner) };
}

/** The raw data key, or null when the PIN is wrong. */
export async function unwrap(wrapped: Wrapped, pin: string, device: CryptoKey): Promise<Bytes | null> {
  const inner = await decrypt(device, wrapped.secret);
  try {
    return await decrypt(await pinKey(pin, wrapped.salt, wrapped.rounds), inner);
  } catch {
    return null;
  }
}

/** A key from the person's draft salt; `use` keeps the uses apart. */
export async function saltKey(salt: Bytes, use: "draft" | "recovery"): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", salt, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: utf8(`fieldsurvey ${use} 1`) };
  return crypto.subtle.deriveKey(how, base, AES, false, ["encrypt", "decrypt"]);
}

/** The server's public key for sealing. */
export interface SealKey {
  id: string; // 16 hex digits
  jwk: { kty: string; crv: string; x: string; y: string };
}

/** Close a record for the server: length, version, key id, fresh public key, nonce, ciphertext with its tag. */
export async function seal(server: SealKey, header: object, content: Bytes): Promise<Bytes> {
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const point = join(Uint8Array.of(4), fromBase64(server.jwk.x), fromBase64(server.jwk.y));
  const theirs = await crypto.subtle.importKey("raw", point, { name: "ECDH", namedCurve: "P-256" }, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, pair.privateKey, 256);
  const ours = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const base = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: ours, info: CARRY };
  const key = await crypto.subtle.deriveKey(how, base, AES, false, ["encrypt"]);
  const open = join(Uint8Array.of(1), fromHex(server.id), ours);
  const iv = random(IV);
  const described = utf8(JSON.stringify(header));
  const plain = join(length(described.length), described, content);
  const closed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: open }, key, plain));
  return join(length(open.length + IV + closed.length), open, iv, closed);
}

/** Four bytes, big endian. */
function length(count: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, count);
  return bytes;
}

/** Says whose a record is: HMAC over what it holds, with the hash of the device's token. */
export async function proof(token: string, kind: string, instanceId: string, name: string, content: Bytes): Promise<string> {
  const secret = fromHex(await sha256(utf8(token)));
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const said = utf8(`${kind}\n${instanceId}\n${name}\n${await sha256(content)}`);
  return base64url(new Uint8Array(await crypto.subtle.sign("HMAC", key, said)));
}

/** Whether the server signed this receipt; works without a line. */
export async function isReceiptTrue(key: JsonWebKey, said: string, signature: string): Promise<boolean> {
  try {
    const how = { name: "ECDSA", namedCurve: "P-256" };
    const theirs = await crypto.subtle.importKey("jwk", { ...key, key_ops: ["verify"] }, how, false, ["verify"]);
    return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, theirs, fromBase64(signature), utf8(said));
  } catch {
    return false;
  }
}
