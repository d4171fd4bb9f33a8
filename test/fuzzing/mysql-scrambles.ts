import { hash } from "node:crypto";
import { SALT } from "./mysql-packets.ts";

/**
 * What somebody who knows a password says of it to a server that greets with our salt: as mysql_native_password and
 * caching_sha2_password have it, "Client/Server Protocol, Authentication Methods". Who can guess passwords offline
 * needs no more.
 */
export function scrambles(password: string): Buffer[] {
  const once = hash("sha1", password, "buffer");
  const twice = hash("sha1", once, "buffer");
  const native = xor(once, hash("sha1", Buffer.concat([SALT, twice]), "buffer"));
  const first = hash("sha256", password, "buffer");
  const second = hash("sha256", first, "buffer");
  const caching = xor(first, hash("sha256", Buffer.concat([second, SALT]), "buffer"));
  return [native, caching, Buffer.from(twice.toString("hex").toUpperCase())];
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));
}
