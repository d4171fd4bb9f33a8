import type { Protocol } from "./protocol.ts";

/**
 * For products on whose connections TLS begins at once, and on which the server speaks when it is asked: what a client
 * sends at a time is a request, and what the server says then is the answer.
 *
 * @param username what the first request of a connection says of who logs in.
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
