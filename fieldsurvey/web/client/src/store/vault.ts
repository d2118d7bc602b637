// What is open while a person is unlocked: their database, their key, and whether it is the practice village.

import type { Bytes } from "./bytes";
import { decryptJson, encryptJson } from "./crypto";
import { type OwnDb, openOwn } from "./db";
import type { Person } from "./device";

export class Vault {
  private constructor(
    readonly person: Person,
    readonly key: CryptoKey,
    readonly db: OwnDb,
    readonly practice: boolean,
  ) {}

  static async open(person: Person, key: CryptoKey, practice = false): Promise<Vault> {
    return new Vault(person, key, await openOwn(person.id, practice), practice);
  }

  /** The same vault, with what has changed about the person. */
  as(person: Person): Vault {
    return new Vault(person, this.key, this.db, this.practice);
  }

  hide = (value: unknown): Promise<Bytes> => encryptJson(this.key, value);

  show = <T>(secret: Bytes): Promise<T> => decryptJson<T>(this.key, secret);

  close(): void {
    this.db.close();
  }
}
