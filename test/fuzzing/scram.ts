import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { message } from "./postgres-messages.ts";

/** How a server departs from SCRAM-SHA-256, RFC 7677; nothing in it is right service. */
export interface Scram {
  readonly password: string;
  readonly iterations?: string;
  readonly salt?: string;
  /** Of the server's nonce: replaces the client's part of it. */
  readonly foreignNonce?: boolean;
  readonly wrongSignature?: boolean;
  readonly mechanisms?: readonly string[];
}

export const askForScram = ({ mechanisms = ["SCRAM-SHA-256"] }: Scram): Buffer =>
  message("R", 10, `${mechanisms.map((name) => `${name}\0`).join("")}\0`);

/** The server's first message, to the client's. */
export function challenge(scram: Scram, clientFirst: string): { text: string; message: Buffer } {
  const nonce = /r=([^,]+)/.exec(clientFirst)?.[1] ?? "";
  const salt = scram.salt ?? Buffer.from("sixteen bytes...").toString("base64");
  const text = `r=${scram.foreignNonce ? "" : nonce}abcdefgh,s=${salt},i=${scram.iterations ?? "4096"}`;
  return { text, message: message("R", 11, text) };
}

/** The server's last message, by which it proves that it knows the password as well. */
export function proof(scram: Scram, clientFirst: string, serverFirst: string, clientFinal: string): Buffer {
  const bare = clientFirst.slice(clientFirst.indexOf("n=*"));
  const withoutProof = clientFinal.replace(/,p=.*$/s, "");
  const salted = pbkdf2Sync(scram.password, Buffer.from("sixteen bytes..."), 4096, 32, "sha256");
  const hmac = (key: Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const key = scram.wrongSignature ? createHash("sha256").update("x").digest() : hmac(salted, "Server Key");
  const signature = hmac(key, `${bare},${serverFirst},${withoutProof}`).toString("base64");
  return message("R", 12, `v=${signature}`);
}
