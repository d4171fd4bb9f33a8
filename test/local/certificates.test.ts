import { once } from "node:events";
import { connect, createServer } from "node:tls";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type CertificateAuthority,
  certificateAuthority,
  type IssueOptions,
} from "../../local/certificates.ts";
import { listen } from "../support/listen.ts";

let authority: CertificateAuthority;
beforeAll(async () => {
  authority = await certificateAuthority();
});

/** A TLS handshake with a server that has such a certificate. Rejects with the client's error. */
async function handshake(options: IssueOptions, client: { host: string; ca?: string }): Promise<void> {
  const { certificate, key } = await authority.issue(options);
  const server = createServer({ cert: certificate, key }, (socket) => socket.end());
  server.on("tlsClientError", () => {});
  const port = await listen(server);
  const socket = connect({ port, ca: authority.certificate, ...client });
  try {
    await once(socket, "secureConnect");
  } finally {
    socket.destroy();
    server.close();
  }
}

describe("a certificate", () => {
  it.each(["localhost", "127.0.0.1"])("is accepted by a client that trusts the CA: %s", async (host) => {
    await handshake({ hosts: ["db.example", "localhost", "127.0.0.1"] }, { host });
  });

  it("is refused for another name", async () => {
    await expect(handshake({ hosts: ["db.example"] }, { host: "localhost" })).rejects.toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  it("is refused for another address", async () => {
    await expect(handshake({ hosts: ["127.0.0.2"] }, { host: "127.0.0.1" })).rejects.toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  it("is refused when it has expired", async () => {
    await expect(
      handshake({ hosts: ["localhost"], expired: true }, { host: "localhost" }),
    ).rejects.toMatchObject({ code: "CERT_HAS_EXPIRED" });
  });

  it("is rejected by a client that trusts another CA", async () => {
    const { certificate: ca } = await certificateAuthority();
    await expect(handshake({ hosts: ["localhost"] }, { host: "localhost", ca })).rejects.toMatchObject({
      code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    });
  });

  it("is rejected by a client with the default CA certificates", async () => {
    await expect(
      handshake({ hosts: ["localhost"] }, { host: "localhost", ca: undefined }),
    ).rejects.toMatchObject({ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  });
});
