import { readFileSync } from "node:fs";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createSecureContext, rootCertificates, type SecureContext, TLSSocket } from "node:tls";
import { generate } from "selfsigned";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Login } from "../../shared/engine/engine.ts";
import { perCaCertificates, secureContextOf, type TlsOptions, tlsOptions } from "../../shared/engine/tls.ts";
import { readSettings } from "../../shared/secret/settings.ts";

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  return { ...fs, readFileSync: vi.fn(fs.readFileSync) };
});

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
function handshake(options: TlsOptions & { secureContext?: SecureContext }, to = port): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port: to, servername: "localhost", ...options });
    socket.on("secureConnect", () => resolve("connected"));
    socket.on("error", (error) => resolve("code" in error ? String(error.code) : error.message));
  });
}

describe("TLS to a server", () => {
  it("is refused when the certificate is for another host name", async () => {
    const outcome = await handshake(optionsFor(undefined));

    expect(outcome).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("is accepted when the secret has the certificate's name as sslServerName", async () => {
    const outcome = await handshake(optionsFor("db.internal"));

    expect(outcome).toBe("connected");
  });

  it("is refused when sslServerName is not that of the certificate", async () => {
    const outcome = await handshake(optionsFor("other.internal"));

    expect(outcome).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("is refused if the certificate is of an unknown CA", async () => {
    const file = join(folder, "unknown.pem");
    await writeFile(file, rootCertificates[0] ?? "");

    const outcome = await handshake(optionsFor("db.internal", file));

    expect(outcome).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
  });
});

describe("the options of TLS", () => {
  it("are off only if the secret has ssl: false, and no file is read then", () => {
    const options = tlsOptions(loginWith(false), readSettings({ DATABASE_CA_FILE: "/nowhere" }));

    expect(options).toBe(false);
    expect(readFileSync).not.toHaveBeenCalled();
  });

  it("trust Node's roots alone for a host that is not of Amazon RDS, and read no file", () => {
    const options = tlsOptions(loginWith({ serverName: undefined }), readSettings({}));

    expect(options).toEqual({ rejectUnauthorized: true, ca: [...rootCertificates] });
    expect(readFileSync).not.toHaveBeenCalled();
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

describe("a host of Amazon RDS", () => {
  const RDS = "app.cluster-c0ffee.il-central-1.rds.amazonaws.com";

  /** As the first login of a new process: the module keeps what it has read. */
  async function fresh(runtimeFolder: string, serverName = RDS): Promise<TlsOptions> {
    vi.stubEnv("LAMBDA_RUNTIME_DIR", runtimeFolder);
    vi.resetModules();
    const { tlsOptions: freshOptions } = await import("../../shared/engine/tls.ts");
    const options = [1, 2].map(() => freshOptions(loginWith({ serverName }), readSettings({})));
    expect(options[0]).toEqual({ ...options[1], checkServerIdentity: expect.any(Function) });
    return options[0] || expect.fail("There is no TLS.");
  }

  let runtimeFolder: string;
  let rdsPort: number;
  const rds = createServer();

  beforeAll(async () => {
    runtimeFolder = await mkdtemp(join(folder, "runtime-"));
    const extensions = [{ name: "subjectAltName" as const, altNames: [{ type: 2 as const, value: RDS }] }];
    const { cert, private: key } = await generate([{ name: "commonName", value: RDS }], { extensions });
    await writeFile(join(runtimeFolder, "ca-cert.pem"), `${rootCertificates[0]}\n${cert}`);
    const secureContext = createSecureContext({ cert, key });
    rds.on("connection", (socket) => {
      new TLSSocket(socket, { isServer: true, secureContext }).on("error", () => {});
    });
    await new Promise<void>((listening) => rds.listen(0, "127.0.0.1", listening));
    const address = rds.address();
    rdsPort = typeof address === "object" && address !== null ? address.port : 0;
  });

  afterAll(() => {
    rds.close();
  });

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("is accepted by a CA certificate that only the file of Lambda's runtime has, which is read once", async () => {
    const options = await fresh(runtimeFolder);

    expect(await handshake(options, rdsPort)).toBe("connected");
    expect(vi.mocked(readFileSync).mock.calls.map(String)).toEqual([
      `${join(runtimeFolder, "ca-cert.pem")},utf8`,
    ]);
  });

  it("is refused outside Lambda's runtime", async () => {
    expect(await handshake(await fresh(join(folder, "nowhere")), rdsPort)).toBe(
      "DEPTH_ZERO_SELF_SIGNED_CERT",
    );
  });

  it.each([
    "db.internal",
    "rds.amazonaws.com.example.com",
    "x.rds.amazonaws.com.evil.cn",
    "evilrds.amazonaws.com",
  ])("is not %s, for which the runtime's file is not trusted", async (serverName) => {
    const { ca } = await fresh(runtimeFolder, serverName);

    expect(ca).toEqual([...rootCertificates]);
  });

  it("may be in a Region in China", async () => {
    const { ca } = await fresh(runtimeFolder, "app.c0ffee.rds.cn-north-1.amazonaws.com.cn");

    expect(ca).toHaveLength(rootCertificates.length + 1);
  });
});

describe("CA certificates", () => {
  it("are parsed once for all logins that trust the same", () => {
    const contexts = [1, 2].map(() => secureContextOf(optionsFor(undefined).ca));
    const make = vi.fn((ca: string[]) => ca.length);
    const count = perCaCertificates(make);

    expect(contexts[0]).toBe(contexts[1]);
    expect([count(optionsFor(undefined).ca), count(optionsFor("other").ca)]).toEqual([1, 1]);
    expect(make).toHaveBeenCalledTimes(1);
  });

  it("are read and parsed again after their file has changed", async () => {
    const file = join(folder, "changing.pem");
    const connecting = async () => {
      const options = optionsFor("db.internal", file);
      return await handshake({ ...options, secureContext: secureContextOf(options.ca) });
    };
    await copyFile(caFile, file);
    expect([await connecting(), await connecting()]).toEqual(["connected", "connected"]);
    expect(readFileSync).toHaveBeenCalledTimes(1);

    await writeFile(file, rootCertificates[0] ?? "");
    expect(await connecting()).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");

    await copyFile(caFile, file);
    expect(await connecting()).toBe("connected");
  });
});
