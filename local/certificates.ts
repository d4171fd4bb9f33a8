import { isIP } from "node:net";
import { generate } from "selfsigned";

/** Certificate and private key as PEM. */
export type ServerCertificate = { certificate: string; key: string };

export type IssueOptions = {
  /** The names and IP addresses that the certificate is for. */
  hosts: string[];
  /** Days of validity from now on. Default: 90. */
  validDays?: number;
  /** Issues a certificate that expired yesterday. Default: false. */
  expired?: boolean;
};

export type CertificateAuthority = {
  /** The root certificate as PEM: the content of the function's DATABASE_CA_FILE. */
  certificate: string;
  issue(options: IssueOptions): Promise<ServerCertificate>;
};

const DAY = 24 * 60 * 60 * 1000;
const ELLIPTIC = { keyType: "ec", curve: "P-256", algorithm: "sha256" } as const;

/**
 * Creates a CA for one run. Its key never leaves this process.
 *
 * The profile follows RFC 5280, section 4.2.1: the root may sign certificates and nothing else, and a server's certificate
 * may sign none. The root is older than every certificate that it issues, including an expired one.
 */
export async function certificateAuthority(): Promise<CertificateAuthority> {
  // A client tells CAs of the same name apart only by their keys, and reports a misleading error about the wrong one.
  const name = `Local test authority ${crypto.randomUUID()}`;
  const root = await generate([{ name: "commonName", value: name }], {
    ...ELLIPTIC,
    notBeforeDate: new Date(Date.now() - 365 * DAY),
    notAfterDate: new Date(Date.now() + 365 * DAY),
    extensions: [
      { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const ca = { key: root.private, cert: root.cert };

  const issue = async ({ hosts, validDays = 90, expired = false }: IssueOptions) => {
    const end = Date.now() + (expired ? -1 : validDays) * DAY;
    const server = await generate([{ name: "commonName", value: "Local test server" }], {
      ...ELLIPTIC,
      ca,
      notBeforeDate: new Date(expired ? end - 30 * DAY : Date.now() - DAY / 24),
      notAfterDate: new Date(end),
      extensions: [
        { name: "basicConstraints", cA: false, critical: true },
        { name: "keyUsage", digitalSignature: true, critical: true },
        { name: "extKeyUsage", serverAuth: true },
        {
          name: "subjectAltName",
          altNames: hosts.map((host) => (isIP(host) ? { type: 7, ip: host } : { type: 2, value: host })),
        },
      ],
    });
    return { certificate: server.cert, key: server.private };
  };
  return { certificate: root.cert, issue };
}
