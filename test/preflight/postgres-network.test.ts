import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { certificateAuthority } from "../../local/certificates.ts";
import { freePort } from "../../local/servers/free-port.ts";
import { startDatabase } from "../support/fixture.ts";
import { testBroken } from "./broken.ts";
import { edited, openPostgres } from "./postgres.ts";
import { checkOf, openWorld } from "./world.ts";

// A server that accepts the connection and says nothing is given most of the function's timeout.
const world = await openPostgres("single-user", 12);

describe("the way to the server", () => {
  testBroken(
    () => world,
    [
      edited("the host does not resolve", () => ({ host: "nowhere.invalid" }), "dns", "unreachable"),
      {
        ...edited("nothing listens on the port", () => ({}), "tcp", "unreachable"),
        break: async ({ edit }, { arn }) => edit(arn, { port: await freePort() }),
      },
      {
        ...edited("what listens there says nothing", () => ({}), "login", "unavailable"),
        break: async ({ edit }, { arn }) => edit(arn, { port: await listener("") }),
        says: /accepted the connection, and did not answer within \d+ ms/,
      },
      {
        ...edited("what listens there offers no TLS", () => ({}), "tls", "tls"),
        break: async ({ edit }, { arn }) => edit(arn, { port: await listener("N") }),
      },
      edited(
        "the certificate is for another name",
        () => ({ sslServerName: "db.example.com" }),
        "tls",
        "tls",
      ),
      edited(
        "the host is an RDS Proxy",
        () => ({ host: "p.proxy-abcdefghijkl.us-east-1.rds.amazonaws.com" }),
        "server",
        "unsupported",
      ),
    ],
  );
});

test("warns of a certificate that is valid for less than 30 days", async () => {
  const authority = await certificateAuthority();
  const tls = await authority.issue({ hosts: ["localhost"], validDays: 10 });
  await using soon = await startDatabase({ tls });
  await writeFile(soon.caFile, authority.certificate);
  await using itsWorld = await openWorld(soon, "postgres", "single-user");
  const user = await itsWorld.newUser();
  const told = await itsWorld.report(user.arn);
  expect(told.outcome).toBe("healthy");
  expect(checkOf(told, "tls")).toMatchObject({ status: "warning", reason: "tls" });
  expect(checkOf(told, "tls").cause).toMatch(/expires in (9|10) days/);
});

/** Answers every first message with these bytes. */
async function listener(answer: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    if (answer !== "") socket.once("data", () => socket.write(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address ? address.port : expect.fail("A TCP server has a port.");
}
