import { expect } from "vitest";
import type { Login } from "../../../shared/engine/engine.ts";
import type { Reason } from "../../../shared/report/errors.ts";
import { findSecrets } from "../../support/find-secrets.ts";
import { everyEngine, needing } from "../case.ts";
import type { ContractServer } from "../contract-server.ts";
import type { Context } from "../support/context.ts";
import { failureOf } from "../support/failures.ts";
import { type Gate, openGate } from "../support/gate.ts";
import { connected, invoked, loginOf, newUser, plainPort, type User } from "../support/users.ts";

/** How every TLS connection begins: a record of type handshake, version 3.x (RFC 8446, section 5.1). */
const TLS_HANDSHAKE = Buffer.from([0x16, 0x03]);

/** The server's certificate is for localhost. This is the same server, under a name that it has no certificate for. */
const OTHER_NAME = "127.0.0.1";

const encrypted = everyEngine({
  "tls: a login is encrypted": async (context) => {
    const user = await newUser(context);
    await using gate = await openGate(context.server.database.address.port);
    using invocation = invoked(context);
    await using _session = await connected(context, user, invocation, { port: gate.port });
    expect(gate.sent.some((sent) => sent.includes(TLS_HANDSHAKE))).toBe(true);
    expectNoPlaintext(gate, user);
  },

  "tls: a certificate of an unknown CA throws, and nothing is sent in plaintext": (context) =>
    expectRefused({ ...context, caFile: context.otherServers.caFile }, context.server),

  "tls: a certificate for another host name throws, and nothing is sent in plaintext": (context) =>
    expectRefused(context, context.server, { host: OTHER_NAME }),

  "tls: an expired certificate throws, and nothing is sent in plaintext": ({ otherServers, ...context }) =>
    expectRefused(
      { ...context, otherServers, caFile: otherServers.caFile },
      otherServers.withExpiredCertificate,
    ),

  "tls: a server without TLS throws, and nothing is sent in plaintext": (context) =>
    // Where TLS begins at once, such a server waits for the rest of what it takes for a command.
    expectRefused(context, context.otherServers.withoutTls, {}, ["tls", "unreachable"]),

  "tls: sslServerName is the name that the certificate must be for": async (context) => {
    const user = await newUser(context);
    using invocation = invoked(context);
    const tls = { serverName: context.server.database.address.host };
    await using _session = await connected(context, user, invocation, { host: OTHER_NAME, tls });
  },

  "tls: sslServerName weakens nothing: a certificate for the host alone throws": (context) =>
    expectRefused(context, context.server, { tls: { serverName: "db.internal.example" } }),
});

const plaintext = needing(["plaintext beside TLS"], {
  "tls: without TLS if the secret says so, and only then": async (context) => {
    const user = await newUser(context);
    await using gate = await openGate(plainPort(context));
    using invocation = invoked(context);
    await using _session = await connected(context, user, invocation, { port: gate.port, tls: false });
    expect(gate.sent.some((sent) => sent.includes(user.username))).toBe(true);
    expect(gate.sent.some((sent) => sent.includes(TLS_HANDSHAKE))).toBe(false);
  },
});

export const tlsCases = { ...encrypted, ...plaintext };

/** The server would take plaintext, too, and the password is right: only the client can refuse. */
async function expectRefused(
  context: Context,
  server: ContractServer,
  changes: Partial<Login> = {},
  reasons: readonly Reason[] = ["tls"],
): Promise<void> {
  const user = await newUser({ ...context, server });
  await using gate = await openGate(server.database.address.port);
  using invocation = invoked(context);
  const connecting = context.engine.connect(
    loginOf(context, user, { port: gate.port, ...changes }),
    invocation,
  );
  await failureOf(
    connecting.then(async (session) => {
      await session?.[Symbol.asyncDispose]();
      return session;
    }),
    ...reasons,
  );
  expectNoPlaintext(gate, user);
}

/** Names and passwords stand in every login that is not encrypted. */
function expectNoPlaintext({ sent }: Gate, { username, password }: User): void {
  for (const bytes of sent) {
    const text = bytes.toString("latin1");
    expect(text.includes(username), "The user name was sent in plaintext.").toBe(false);
    expect(findSecrets([password], text), "The password was sent in plaintext.").toEqual([]);
  }
}
