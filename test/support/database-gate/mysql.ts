import type { Protocol } from "./protocol.ts";
import type { Wire } from "./wire.ts";

/** Bytes of a packet before its payload. https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html */
const HEADER = 4;
/** An SSLRequest is a login packet that ends before the user name. */
const SSL_REQUEST_LENGTH = 32;
const COM_QUIT = 1;
const COM_QUERY = 3;
const OK = 0x00;
const ERR = 0xff;
const SWITCH_PLUGIN = 0xfe;
/** caching_sha2_password: the server asks the client for the password itself. */
const SEND_PASSWORD = [0x01, 0x04];

export const mysqlProtocol: Protocol = {
  open: async (client, dial, tls) => {
    const server = await dial();
    client.write(await packet(server)); // The greeting, with the connection's number.
    let ends = { client, server };
    let login = await packet(client);
    if (login.length === HEADER + SSL_REQUEST_LENGTH) {
      server.write(login);
      ends = { client: await tls.accept(client), server: await tls.begin(server) };
      login = await packet(ends.client);
    }
    const name = login.subarray(HEADER + SSL_REQUEST_LENGTH);
    return { ...ends, login: { bytes: login, text: name.subarray(0, name.indexOf(0)).toString() } };
  },
  login: async ({ client, server }, { bytes }) => {
    server.write(bytes);
    for (;;) {
      const said = await packet(server);
      const [code, more] = said.subarray(HEADER);
      if (code === OK || code === ERR) return said;
      client.write(said);
      const asks = code === SWITCH_PLUGIN || (code === SEND_PASSWORD[0] && more === SEND_PASSWORD[1]);
      if (asks) server.write(await packet(client));
    }
  },
  request: async ({ client, server }) => {
    const bytes = await packet(client);
    const command = bytes[HEADER];
    if (command === COM_QUIT) return void server.write(bytes);
    return {
      bytes,
      text: command === COM_QUERY ? bytes.subarray(HEADER + 1).toString() : `command ${command}`,
    };
  },
  answer: ({ server }) => packet(server),
};

async function packet(wire: Wire): Promise<Buffer> {
  const header = await wire.take(HEADER);
  return Buffer.concat([header, await wire.take(header.readUIntLE(0, 3))]);
}
