import { existsSync, readFileSync } from "node:fs";
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
  /** PEM. The same array for logins that trust the same CA certificates. */
  readonly ca: string[];
  /** Given where the certificate is for another name than `host`, as behind a CNAME. */
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
 * What a login makes of the CA certificates, made once: to parse two hundred of them takes longer than all the rest of a
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

/**
 * Names that RDS's certificates are for, in all partitions. Their issuers are not among Node's roots, and certify nothing
 * else. A CNAME takes sslServerName, which is such a name.
 */
const AMAZON_RDS = /\.rds(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?$/i;

let roots: readonly string[] | undefined;

/**
 * The CA certificates of Amazon services that every Node.js runtime of Lambda has, those of RDS in all Regions included.
 * AWS keeps the file up to date with the runtime. It is not read before the first login to a host of RDS.
 *
 * @returns nothing where Lambda's runtime is not: Node's roots then have to do, or DATABASE_CA_FILE.
 */
function amazonRoots(): readonly string[] {
  const file = join(process.env.LAMBDA_RUNTIME_DIR ?? "/var/runtime", "ca-cert.pem");
  roots ??= existsSync(file) ? [readCertificates(file, "Set DATABASE_CA_FILE to a file that has them.")] : [];
  return roots;
}

function readCertificates(file: string, remedy: string): string {
  try {
    const pem = readFileSync(file, "utf8");
    if (pem.includes("-----BEGIN CERTIFICATE-----")) {
      return pem;
    }
  } catch {
    // Falls through: an unreadable file and one without certificates have the same remedy.
  }
  throw new RotationError("tls", `There are no PEM certificates to be read in ${file}.`, remedy);
}
