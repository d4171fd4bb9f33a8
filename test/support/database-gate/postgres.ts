import type { Ends, Message, Protocol } from "./protocol.ts";
import type { Wire } from "./wire.ts";

/** https://www.postgresql.org/docs/18/protocol-message-formats.html */
const SSL_REQUEST = 80877103;
const AUTHENTICATION_OK = 0;
/** Codes of the authentication requests that the client answers: plaintext, MD5, SASL, SASLContinue. */
const ASKING = [3, 5, 10, 11];

const NEGOTIATE = Buffer.alloc(8);
NEGOTIATE.writeInt32BE(8);
NEGOTIATE.writeInt32BE(SSL_REQUEST, 4);

export const postgresProtocol: Protocol = {
  open: async (client, dial, tls) => {
    let ends: Ends = { client, server: await dial() };
    let first = await untyped(client);
    if (first.readInt32BE(4) === SSL_REQUEST) {
      client.write(Buffer.from("S"));
      ends.server.write(NEGOTIATE);
      await ends.server.take(1);
      ends = { client: await tls.accept(client), server: await tls.begin(ends.server) };
      first = await untyped(ends.client);
    }
    const [, user = ""] = /\0?user\0([^\0]*)/.exec(first.subarray(8).toString()) ?? [];
    return { ...ends, login: { bytes: first, text: user } };
  },
  login: async ({ client, server }, { bytes }) => {
    server.write(bytes);
    for (;;) {
      const message = await typed(server);
      if (typeOf(message) !== "R") return message;
      const code = message.readInt32BE(5);
      if (code === AUTHENTICATION_OK) return Buffer.concat([message, await untilReady(server)]);
      client.write(message);
      if (ASKING.includes(code)) server.write(await typed(client));
    }
  },
  request: async ({ client, server }) => {
    const messages: Buffer[] = [];
    for (;;) {
      const message = await typed(client);
      messages.push(message);
      if (typeOf(message) === "X") return void server.write(message);
      if ("QS".includes(typeOf(message))) return request(messages);
    }
  },
  answer: ({ server }) => untilReady(server),
};

/** A simple query, or the parts of an extended query up to Sync. */
function request(messages: readonly Buffer[]): Message {
  const texts = messages.flatMap((message) => {
    if (typeOf(message) === "Q") return message.subarray(5, -1).toString();
    return typeOf(message) === "P" ? (message.subarray(5).toString().split("\0")[1] ?? "") : [];
  });
  return { bytes: Buffer.concat(messages), text: texts.join("; ") };
}

/**
 * The answer up to ReadyForQuery, after or within a transaction. It is shorter if the server ends the connection
 * before.
 */
async function untilReady(server: Wire): Promise<Buffer> {
  const messages: Buffer[] = [];
  do {
    const next = await typed(server).catch(() => undefined);
    if (next === undefined) break;
    messages.push(next);
  } while (typeOf(messages.at(-1)) !== "Z");
  return Buffer.concat(messages);
}

function typeOf(message: Buffer | undefined): string {
  return String.fromCharCode(message?.[0] ?? 0);
}

async function typed(wire: Wire): Promise<Buffer> {
  return Buffer.concat([await wire.take(1), await untyped(wire)]);
}

async function untyped(wire: Wire): Promise<Buffer> {
  const length = await wire.take(4);
  return Buffer.concat([length, await wire.take(length.readInt32BE() - 4)]);
}
