import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createSecureContext, rootCertificates, type SecureContext, TLSSocket } from "node:tls";
import { generate } from "selfsigned";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Login } from "../../shared/engine/engine.ts";
import { perAuthorities, secureContextOf, type TlsOptions, tlsOptions } from "../../shared/engine/tls.ts";
import { readSettings } from "../../shared/secret/settings.ts";

// The certificates of Amazon RDS stand beside the bundle, not beside the sources.
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  return { ...fs, readFileSync: vi.fn(fs.readFileSync) };
});

const PEM = "-----BEGIN CERTIFICATE-----\nof Amazon RDS\n-----END CERTIFICATE-----\n";

let folder: string;
let caFile: string;
let port: number;
const server = createServer();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rotation-tls-"));
  const extensions = [
    { name: "subjectAltName" as const, altNames: [{ type: 2 as const, value: "db.internal" }] },
  ];
  const { cert, private: key } = await generate([{ name: "commonName", value: "db.internal" }], {
    extensions,
  });
  caFile = join(folder, "ca.pem");
  await writeFile(caFile, cert);
  const secureContext = createSecureContext({ cert, key });
  server.on("connection", (socket) => {
    new TLSSocket(socket, { isServer: true, secureContext }).on("error", () => {});
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

beforeEach(() => {
  vi.mocked(readFileSync).mockClear();
});

function loginWith(tls: Login["tls"]): Login {
  return { host: "localhost", port, database: undefined, username: "app", password: "p", tls };
}

function optionsFor(serverName: string | undefined, file = caFile): TlsOptions {
  const options = tlsOptions(loginWith({ serverName }), readSettings({ DATABASE_CA_FILE: file }));
  if (options === false) throw new Error("There is no TLS.");
  return options;
}

/** Resolves with what the handshake ends in. */
function handshake(options: TlsOptions & { secureContext?: SecureContext }): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, servername: "localhost", ...options });
    socket.on("secureConnect", () => resolve("connected"));
    socket.on("error", (error) => resolve("code" in error ? String(error.code) : error.message));
  });
}

describe("TLS to a server", () => {
  it("is refused when the certificate is for another host name", async () => {
    const outcome = await handshake(optionsFor(undefined));

    expect(outcome).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("is accepted when the secret says the name as sslServerName", async () => {
    const outcome = await handshake(optionsFor("db.internal"));

    expect(outcome).toBe("connected");
  });

  it("is refused when sslServerName is not that of the certificate", async () => {
    const outcome = await handshake(optionsFor("other.internal"));

    expect(outcome).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("is refused when the certificate is of an unknown authority", async () => {
    vi.mocked(readFileSync).mockReturnValueOnce(rootCertificates[0] ?? "");

    const outcome = await handshake(optionsFor("db.internal"));

    expect(outcome).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
  });
});

describe("the options of TLS", () => {
  it("are none only if the secret says ssl: false, and no file is read then", () => {
    const options = tlsOptions(loginWith(false), readSettings({ DATABASE_CA_FILE: "/nowhere" }));

    expect(options).toBe(false);
    expect(readFileSync).not.toHaveBeenCalled();
  });

  it("trust Node's roots and those of Amazon RDS, whose file is read once", () => {
    vi.mocked(readFileSync).mockReturnValueOnce(PEM);

    const options = [1, 2].map(() => tlsOptions(loginWith({ serverName: undefined }), readSettings({})));

    for (const one of options) {
      expect(one).toEqual({ rejectUnauthorized: true, ca: [...rootCertificates, PEM] });
    }
    expect(vi.mocked(readFileSync).mock.calls.map(String)).toEqual([
      expect.stringMatching(/\/amazon-rds-roots\.pem,utf8$/),
    ]);
  });

  it("trust DATABASE_CA_FILE alone when it is set", () => {
    const { ca, rejectUnauthorized } = optionsFor(undefined);

    expect(rejectUnauthorized).toBe(true);
    expect(ca).toEqual([readFileSync(caFile, "utf8")]);
  });

  it.each(["missing.pem", "empty.pem"])("are refused when DATABASE_CA_FILE is %s", async (name) => {
    const file = join(folder, name);
    if (name === "empty.pem") await writeFile(file, "no certificate");

    expect(() => optionsFor(undefined, file)).toThrow(
      expect.objectContaining({ reason: "tls", message: expect.stringContaining(`read in ${file}`) }),
    );
  });
});

describe("authorities", () => {
  it("are parsed once for all logins that trust the same", () => {
    const contexts = [1, 2].map(() => secureContextOf(optionsFor(undefined).ca));
    const make = vi.fn((ca: string[]) => ca.length);
    const count = perAuthorities(make);

    expect(contexts[0]).toBe(contexts[1]);
    expect([count(optionsFor(undefined).ca), count(optionsFor("other").ca)]).toEqual([1, 1]);
    expect(make).toHaveBeenCalledTimes(1);
  });

  it("are parsed anew when others are to be trusted, also if they stand in the same file", async () => {
    const before = secureContextOf(optionsFor("db.internal").ca);
    vi.mocked(readFileSync).mockReturnValueOnce(rootCertificates[0] ?? "");

    const options = optionsFor("db.internal");
    const secureContext = secureContextOf(options.ca);

    expect(secureContext).not.toBe(before);
    expect(await handshake({ ...options, secureContext })).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
    const known = optionsFor("db.internal");
    expect(await handshake({ ...known, secureContext: secureContextOf(known.ca) })).toBe("connected");
  });
});
