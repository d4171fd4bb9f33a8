import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { mysql } from "../../functions/mysql/engine.ts";
import { type CertificateAuthority, certificateAuthority } from "../../local/certificates.ts";
import { careful } from "../../shared/engine/careful-engine.ts";
import { deadlineOf } from "../../shared/protocol/deadline.ts";
import { readSettings } from "../../shared/secret/settings.ts";
import { startMysqlServer } from "../fuzzing/mysql-server.ts";
import { failure } from "./given.ts";

let folder: string;
let authority: CertificateAuthority;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rotation-verified-"));
  authority = await certificateAuthority();
  await writeFile(join(folder, "ca.pem"), authority.certificate);
});

afterAll(() => rm(folder, { recursive: true }));

/** A server for `host`. It resumes the TLS sessions of every other server that is started with these keys. */
async function server(host: string, ticketKeys: Buffer) {
  const certificate = { ...(await authority.issue({ hosts: [host] })), ticketKeys };
  return await startMysqlServer({ product: "mysql", password: "x", certificate });
}

function logIn(port: number) {
  return careful(mysql).connect(
    {
      host: "localhost",
      port,
      database: undefined,
      username: "app",
      password: "x",
      tls: { serverName: undefined },
    },
    {
      deadline: deadlineOf({ getRemainingTimeInMillis: () => 5000 }),
      settings: readSettings({ DATABASE_CA_FILE: join(folder, "ca.pem") }),
      log: { info: () => {}, warn: () => {}, error: () => {} },
    },
  );
}

test("the certificate is verified at every login, also where the TLS session could go on", async () => {
  const ticketKeys = randomBytes(48);
  using right = await server("localhost", ticketKeys);
  using wrong = await server("elsewhere.example", ticketKeys);
  await (await logIn(right.port))?.[Symbol.asyncDispose]();

  const refused = await failure(logIn(wrong.port));

  expect(refused.reason).toBe("tls");
  expect(wrong.confided.join("")).not.toContain("app");
});

test("parses the CA certificates once for all logins", async () => {
  using right = await server("localhost", randomBytes(48));
  await (await logIn(right.port))?.[Symbol.asyncDispose]();
  const parsed = vi.spyOn(tls, "createSecureContext");

  await (await logIn(right.port))?.[Symbol.asyncDispose]();

  expect(parsed.mock.calls.filter(([options]) => options?.ca !== undefined)).toEqual([]);
});
