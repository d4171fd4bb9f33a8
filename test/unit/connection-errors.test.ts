import { describe, expect, it } from "vitest";
import { connectionFailure, noTls, silentServer } from "../../shared/engine/connection-errors.ts";
import type { Login } from "../../shared/engine/engine.ts";

const login: Login = {
  host: "db.example",
  port: 5432,
  database: "orders",
  username: "app",
  password: "hunter2",
  tls: { serverName: undefined },
};

describe("a connection that fails", () => {
  it.each([
    { code: "ERR_TLS_CERT_ALTNAME_INVALID", remedy: "sslServerName" },
    { code: "HOSTNAME_MISMATCH", remedy: "sslServerName" },
    { code: "CERT_HAS_EXPIRED", remedy: "Renew the server's certificate" },
    { code: "CERT_NOT_YET_VALID", remedy: "Renew the server's certificate" },
    { code: "SELF_SIGNED_CERT_IN_CHAIN", remedy: "DATABASE_CA_FILE" },
    { code: "DEPTH_ZERO_SELF_SIGNED_CERT", remedy: "DATABASE_CA_FILE" },
    { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE", remedy: "DATABASE_CA_FILE" },
    { code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", remedy: "TLS versions" },
    { code: "EPROTO", remedy: "TLS versions" },
  ])("with $code is reported as a TLS error, with the remedy $remedy", ({ code, remedy }) => {
    const error = connectionFailure(login, code);

    expect(error.reason).toBe("tls");
    expect(error.message).toContain(`db.example:5432 was refused by this side or the other (${code})`);
    expect(error.message).toContain(remedy);
  });

  it("of a socket that has ended with the step is reported as a statement without an answer", () => {
    const error = connectionFailure(login, "ABORT_ERR");

    expect(error.reason).toBe("unavailable");
    expect(error.message).toContain("did not answer a statement within the time of the step");
  });

  it.each([
    { code: "EHOSTUNREACH", remedy: "security group" },
    { code: "ETIMEDOUT", remedy: "security group" },
    { code: "XCERT_", remedy: "security group" },
    { code: "ENOTFOUND", remedy: "has no address" },
    { code: "EAI_AGAIN", remedy: "has no address" },
    { code: "ECONNREFUSED", remedy: "no server listens at this port" },
    { code: "ECONNRESET", remedy: "closed it" },
    { code: "EPIPE", remedy: "closed it" },
  ])("with $code is reported as a network error, with the remedy $remedy", ({ code, remedy }) => {
    const error = connectionFailure(login, code);

    expect(error.reason).toBe("unreachable");
    expect(error.message).toContain(`db.example:5432 cannot be reached (${code})`);
    expect(error.message).toContain(remedy);
  });

  it("without a code is reported as closed", () => {
    const error = connectionFailure(login, undefined);

    expect(error.reason).toBe("unreachable");
    expect(error.message).toContain("the connection was closed");
  });

  it("because no server answers is reported with the time that it waited", () => {
    const error = silentServer(login, 5000);

    expect(error.reason).toBe("unavailable");
    expect(error.message).toContain(
      "db.example:5432 accepted the connection, and did not answer within 5000 ms",
    );
    expect(error.message).not.toContain("security group");
  });

  it("because the server has no TLS names ssl: false as the only way without TLS", () => {
    const error = noTls(login);

    expect(error.reason).toBe("tls");
    expect(error.message).toContain('Only "ssl": false in the secret');
  });

  it("never reveals the login", () => {
    const errors = [connectionFailure(login, "EPROTO"), connectionFailure(login, undefined), noTls(login)];

    expect(errors.join()).not.toMatch(/hunter2|\bapp\b/);
  });
});
