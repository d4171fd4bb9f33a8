import { readFileSync } from "node:fs";
import {
  checkServerIdentity,
  createSecureContext,
  type PeerCertificate,
  rootCertificates,
  type SecureContext,
} from "node:tls";
import { RotationError } from "../report/errors.ts";
import type { Settings } from "../secret/settings.ts";
import type { Login } from "./engine.ts";

/** Options of tls.connect. Chain and host name are verified. */
export interface TlsOptions {
  readonly rejectUnauthorized: true;
  /** PEM. The same array for logins that trust the same authorities. */
  readonly ca: string[];
  /** Given where the certificate is for another name than `host`, as behind a CNAME. */
  readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined;
}

/**
 * How to verify the server: against Node's roots and Amazon RDS's, or against DATABASE_CA_FILE alone.
 *
 * @returns false only if the secret says `"ssl": false`.
 * @throws RotationError `tls` when the file of certificates cannot be read.
 */
export function tlsOptions({ tls }: Login, settings: Settings): false | TlsOptions {
  if (tls === false) {
    return false;
  }
  const ca = settings.DATABASE_CA_FILE
    ? [
        readCertificates(
          settings.DATABASE_CA_FILE,
          "DATABASE_CA_FILE must name a file that is deployed with the function, or in a layer below /opt.",
        ),
      ]
    : [...rootCertificates, amazonRoots()];
  const name = tls.serverName;
  // Not `servername`: PostgreSQL's driver overwrites it with the host.
  return {
    rejectUnauthorized: true,
    ca: sameArray(ca),
    ...(name && { checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate) }),
  };
}

let latest: string[] = [];

function sameArray(ca: string[]): string[] {
  if (ca.length !== latest.length || ca.some((pem, index) => pem !== latest[index])) {
    latest = ca;
  }
  return latest;
}

/**
 * What a login makes of the authorities, made once: to parse two hundred of them takes longer than all the rest of a
 * login, and megabytes each time.
 */
export function perAuthorities<T>(make: (ca: string[]) => T): (ca: string[]) => T {
  let made: { ca: string[]; result: T } | undefined;
  return (ca) => {
    if (made?.ca !== ca) {
      made = { ca, result: make(ca) };
    }
    return made.result;
  };
}

/** For tls.connect, instead of `ca`. */
export const secureContextOf: (ca: string[]) => SecureContext = perAuthorities((ca) =>
  createSecureContext({ ca }),
);

let roots: string | undefined;

/** The build puts the file beside the bundle. It is not read before a connection is made. */
function amazonRoots(): string {
  roots ??= readCertificates(
    new URL("./amazon-rds-roots.pem", import.meta.url),
    "Build and deploy the function again: npm run build puts the file beside the bundle.",
  );
  return roots;
}

function readCertificates(file: string | URL, remedy: string): string {
  try {
    const pem = readFileSync(file, "utf8");
    if (pem.includes("-----BEGIN CERTIFICATE-----")) {
      return pem;
    }
  } catch {
    // Falls through: for whoever deployed it, an unreadable file and one without certificates are alike.
  }
  throw new RotationError("tls", `There are no PEM certificates to be read in ${file}.`, remedy);
}
