import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { Login } from "../engine/engine.ts";
import { type RotationError, withoutSecrets } from "../report/errors.ts";
import type { CheckName, Examination } from "../report/examination.ts";

/** Days before a certificate expires, from which on preflight warns. */
const WARNING_DAYS = 30;
const DAY_MS = 86_400_000;

/** Measures DNS, TCP and TLS in the socket of preflight's first login, so that it needs no connection of its own. */
interface ConnectionProgress {
  resolved?: number;
  address?: string;
  connected?: number;
  secured?: number;
  certificate?: { readonly issuer: string; readonly end: Date; readonly protocol: string };
}

/** Reasons of logins that got no answer of the database. With any other reason, DNS, TCP and TLS have worked. */
const CONNECTION_REASONS = ["unreachable", "tls"];

/**
 * Logs in, and tells the parts of the way apart: DNS, TCP, TLS, the login itself.
 *
 * @param connect given what it is to hand to the engine as `observe`.
 */
export async function examineLogin<T>(
  { note }: Examination,
  login: Login,
  connect: (observe: (stream: Duplex) => void) => Promise<T>,
): Promise<T | undefined> {
  const progress: ConnectionProgress = {};
  const started = performance.now();
  const since = (from: number | undefined) => Math.round(performance.now() - (from ?? started));
  const took = (end: number | undefined, start = started) =>
    end === undefined ? since(start) : Math.round(end - start);
  let result: T | undefined;
  let thrown: RotationError | undefined;
  try {
    result = await connect(observer(progress));
  } catch (error) {
    thrown = withoutSecrets(error);
  }
  const failed =
    thrown && CONNECTION_REASONS.includes(thrown.reason) ? stage(progress, login, thrown) : undefined;
  const explained = thrown && { status: "failed" as const, ...thrown.explanation };
  const passed = (name: CheckName) => (failed === name && explained ? explained : { status: "ok" as const });

  if (isIP(login.host) !== 0 || progress.resolved !== undefined || failed === "dns") {
    const details = isIP(login.host)
      ? [`${login.host} is an address`]
      : [`${login.host}: ${progress.address ?? ""}`];
    note("dns", {
      ...passed("dns"),
      milliseconds: progress.resolved ? took(progress.resolved) : failed === "dns" ? since(started) : 0,
      details: failed === "dns" ? [] : details,
    });
  }
  if (progress.connected !== undefined || failed === "tcp") {
    note("tcp", {
      ...passed("tcp"),
      milliseconds: took(progress.connected, progress.resolved),
      details: [`${login.host}:${login.port}`],
    });
  }
  if (login.tls === false && progress.connected !== undefined && failed !== "tls") {
    note("tls", {
      status: "warning",
      milliseconds: 0,
      cause: 'The secret says "ssl": false: passwords and statements go over the network in plaintext.',
      remedy: 'Turn TLS on at the server, then remove "ssl" from the secret.',
    });
  } else if (progress.secured !== undefined || failed === "tls") {
    const expiry = failed === "tls" ? undefined : expiryWarning(progress);
    note("tls", {
      ...passed("tls"),
      ...expiry,
      milliseconds: took(progress.secured, progress.connected),
      details: progress.certificate ? [described(progress.certificate)] : [],
    });
  }
  if (result !== undefined || failed === undefined) {
    // A proxy is refused before it answers.
    const name = thrown?.reason === "unsupported" ? "server" : "login";
    note(name, {
      ...(explained ?? { status: "ok" }),
      milliseconds: since(progress.secured ?? progress.connected),
    });
  }
  return result;
}

/** Only the streams of the first login are measured; a session may open others. */
function observer(progress: ConnectionProgress): (stream: Duplex) => void {
  let first = true;
  return (stream) => {
    if (stream instanceof TLSSocket) {
      stream.once("secureConnect", () => {
        progress.secured ??= performance.now();
        progress.certificate ??= certificateOf(stream);
      });
    } else if (first) {
      first = false;
      stream.once("lookup", (error: Error | null, address: string) => {
        if (!error) {
          progress.resolved = performance.now();
          progress.address = address;
        }
      });
      stream.once("connect", () => {
        progress.connected = performance.now();
      });
    }
  };
}

function certificateOf(stream: TLSSocket): ConnectionProgress["certificate"] {
  const { issuer, valid_to } = stream.getPeerCertificate();
  const { CN, O } = issuer ?? {};
  return {
    issuer: String(CN ?? O ?? "an unnamed CA"),
    end: new Date(valid_to),
    protocol: stream.getProtocol() ?? "TLS",
  };
}

function stage(progress: ConnectionProgress, { host, tls }: Login, { reason }: RotationError): CheckName {
  if (reason === "tls") {
    return "tls";
  }
  if (progress.connected === undefined) {
    return progress.resolved === undefined && isIP(host) === 0 ? "dns" : "tcp";
  }
  return tls !== false && progress.secured === undefined ? "tls" : "login";
}

function described({ issuer, end, protocol }: NonNullable<ConnectionProgress["certificate"]>): string {
  return `${protocol}, the certificate is issued by ${issuer} and valid until ${end.toISOString()}`;
}

function expiryWarning({ certificate }: ConnectionProgress) {
  const days = certificate && Math.floor((certificate.end.getTime() - Date.now()) / DAY_MS);
  return days !== undefined && days < WARNING_DAYS
    ? {
        status: "warning" as const,
        reason: "tls" as const,
        cause: `The server's certificate expires in ${days} days, and no login succeeds any more then.`,
        remedy:
          "Renew the server's certificate. Amazon RDS: modify the instance's or cluster's CA certificate.",
      }
    : undefined;
}
