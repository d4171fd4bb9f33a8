import type { Protocol } from "./protocol.ts";

/**
 * A protocol on whose connections TLS begins at once. The server speaks only when it is asked. Each piece of data from
 * the client counts as a request, and the next piece from the server counts as the answer.
 *
 * @param username reads the user name from the first request of a connection.
 */
export function requestAndAnswer(username: (request: string) => string | undefined): Protocol {
  return {
    open: async (client, dial, tls) => {
      const server = await dial();
      const ends = { client: await tls.accept(client), server: await tls.begin(server) };
      const bytes = await ends.client.chunk();
      return { ...ends, login: { bytes, text: username(bytes.toString("latin1")) ?? "" } };
    },
    login: ({ server }, { bytes }) => {
      server.write(bytes);
      return server.chunk();
    },
    request: async ({ client }) => {
      const bytes = await client.chunk().catch(() => undefined);
      return bytes && { bytes, text: bytes.toString() };
    },
    answer: ({ server }) => server.chunk(),
  };
}
