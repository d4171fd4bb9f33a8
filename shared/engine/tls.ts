import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
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
  /** PEM. Logins that trust the same CA certificates get the same array. */
  readonly ca: string[];
  /** Set if the certificate is for another name than `host`, as behind a CNAME. */
  readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined;
}

/**
 * How to verify the server. DATABASE_CA_FILE alone is trusted if it is set. Otherwise Node's root certificates are
 * trusted, and for the host names of Amazon RDS those of Amazon RDS as well, which Lambda's runtime has in a file.
 *
 * @returns false only if the secret says `"ssl": false`.
 * @throws RotationError `tls` when the file of certificates cannot be read.
 */
export function tlsOptions({ host, tls }: Login, settings: Settings): false | TlsOptions {
  if (tls === false) {
    return false;
  }
  const name = tls.serverName;
  const ca = settings.DATABASE_CA_FILE
    ? [
        readCertificates(
          settings.DATABASE_CA_FILE,
          "DATABASE_CA_FILE must name a file that is deployed with the function, or in a layer below /opt.",
        ),
      ]
    : [...rootCertificates, ...(AMAZON_RDS.test(name ?? host) ? amazonRoots() : [])];
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
 * Caches what a login computes from the CA certificates: parsing two hundred of them takes longer than the rest of a login,
 * and megabytes of memory each time.
 */
export function perCaCertificates<T>(make: (ca: string[]) => T): (ca: string[]) => T {
  let made: { ca: string[]; result: T } | undefined;
  return (ca) => {
    if (made?.ca !== ca) {
      made = { ca, result: make(ca) };
    }
    return made.result;
  };
}

/** Returns a context for tls.connect, to be used instead of `ca`. */
export const secureContextOf: (ca: string[]) => SecureContext = perCaCertificates((ca) =>
  createSecureContext({ ca }),
);

/**
 * Host names of RDS in all partitions. The CAs that issue RDS's certificates are not among Node's root certificates, and
 * issue no others. Behind a CNAME, sslServerName is such a name.
 */
const AMAZON_RDS = /\.rds(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?$/i;

/**
 * Returns the CA certificates of Amazon services, including those of RDS in all Regions. Every Node.js runtime of Lambda has
 * them in a file, which AWS updates with the runtime.
 *
 * @returns an empty array outside Lambda. Only Node's root certificates, or DATABASE_CA_FILE, are trusted there.
 */
function amazonRoots(): readonly string[] {
  const file = join(process.env.LAMBDA_RUNTIME_DIR ?? "/var/runtime", "ca-cert.pem");
  return existsSync(file) ? [readCertificates(file, "Set DATABASE_CA_FILE to a file that has them.")] : [];
}

let latestFile: { version: string; pem: string } | undefined;

/** The file is read again only after it has changed: it may have two hundred certificates, and each login needs it. */
function readCertificates(file: string, remedy: string): string {
  try {
    const { mtimeMs, size } = statSync(file);
    const version = `${mtimeMs} ${size} ${file}`;
    const pem = latestFile?.version === version ? latestFile.pem : readFileSync(file, "utf8");
    if (pem.includes("-----BEGIN CERTIFICATE-----")) {
      latestFile = { version, pem };
      return pem;
    }
  } catch {
    // Falls through: an unreadable file and one without certificates have the same remedy.
  }
  throw new RotationError("tls", `There are no PEM certificates to be read in ${file}.`, remedy);
}
