import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, TLSSocket } from "node:tls";
import { certificateAuthority } from "../../../local/certificates.ts";
import type { Database } from "../../../local/database.ts";
import { moduleOf } from "../../../local/engines.ts";
import type { OnInterception } from "../interception.ts";
import { listen } from "../listen.ts";
import { type OnConnectionInterception, serve } from "./connection.ts";
import type { Protocol } from "./protocol.ts";
import { type Wire, wireOf } from "./wire.ts";

/**
 * A proxy between the function and the database. TLS ends at the proxy on both sides, so the proxy can read all data.
 * It sees each login and each statement, and decides whether to forward it. Greetings pass unchanged, with the number
 * of the server's process, so the function does not take the proxy for a pooler.
 */
export interface DatabaseGate extends AsyncDisposable {
  /** Port on localhost, alias 127.0.0.1. The proxy's certificate is for both names. */
  readonly port: number;
  /** PEM file for the function's DATABASE_CA_FILE. */
  readonly caFile: string;
  /** Number of connections since the proxy was opened. */
  connections(): number;
  onInterception: OnInterception;
  /** Shows a certificate that was valid until yesterday. Disposing of the result renews the certificate. */
  letCertificateExpire(): Promise<AsyncDisposable>;
}

export async function openDatabaseGate({ address, caFile }: Database): Promise<DatabaseGate> {
  const { protocol } = await moduleOf<{ protocol: Protocol }>(
    "test/support/database-gate/protocols/*.ts",
    address.engine,
  );
  const authority = await certificateAuthority();
  let own = await authority.issue({ hosts: ["localhost", "127.0.0.1"] });
  const ca = await readFile(caFile, "utf8");
  const folder = await mkdtemp(join(tmpdir(), "gate-"));
  const ownCaFile = join(folder, "authority.pem");
  await writeFile(ownCaFile, authority.certificate);

  const sockets = new Set<Socket>();
  let connections = 0;

  const kept = (socket: Socket) => {
    sockets.add(socket.setNoDelay());
    return socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  };
  const dial = async () => {
    const socket = kept(connect(address.port, "127.0.0.1"));
    await once(socket, "connect");
    return socket;
  };
  const tls = {
    accept: async (client: Wire) => {
      const secured = new TLSSocket(client.release(), {
        isServer: true,
        cert: own.certificate,
        key: own.key,
      });
      secured.on("error", () => {});
      await once(secured, "secure");
      return wireOf(secured);
    },
    begin: async (server: Wire) => {
      const secured = connectTls({ socket: server.release(), ca, servername: "localhost" });
      secured.on("error", () => {});
      await once(secured, "secureConnect");
      return wireOf(secured);
    },
  };

  const listener = createServer({ noDelay: true }, (socket) => {
    connections++;
    const connection = connections;
    const onInterception: OnConnectionInterception = (interception) =>
      gate.onInterception({ ...interception, connection, retry: false });
    serve({ socket: kept(socket), dial, tls, protocol, onInterception }).catch(() => socket.destroySoon());
  });
  const port = await listen(listener);
  const gate: DatabaseGate = {
    port,
    caFile: ownCaFile,
    connections: () => connections,
    onInterception: () => "pass",
    letCertificateExpire: async () => {
      own = await authority.issue({ hosts: ["localhost", "127.0.0.1"], expired: true });
      return {
        [Symbol.asyncDispose]: async () => {
          own = await authority.issue({ hosts: ["localhost", "127.0.0.1"] });
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, "close");
      await rm(folder, { recursive: true, force: true });
    },
  };
  return gate;
}
