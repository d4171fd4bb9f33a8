import { isIP } from "node:net";
import { generate } from "selfsigned";

/** PEM, both of them. */
export type ServerCertificate = { certificate: string; key: string };

export type IssueOptions = {
  /** The names and IP addresses that the certificate is for. */
  hosts: string[];
  /** How long it is valid from now on; 90 unless told. */
  validDays?: number;
  /** It has been valid until yesterday. */
  expired?: boolean;
};

export type CertificateAuthority = {
  /** The root certificate as PEM: what DATABASE_CA_FILE points to. */
  certificate: string;
  issue(options: IssueOptions): Promise<ServerCertificate>;
};

const DAY = 24 * 60 * 60 * 1000;
const ELLIPTIC = { keyType: "ec", curve: "P-256", algorithm: "sha256" } as const;

/**
 * Creates a certificate authority for one run. Its key never leaves this process.
 *
 * The profile is the one of RFC 5280, section 4.2.1: the root may sign certificates and nothing else, a server's
 * certificate may not sign any. The root is older than any certificate that it issues, an expired one included.
 */
export async function certificateAuthority(): Promise<CertificateAuthority> {
  // Two authorities of the same name would be told apart by their keys only, and the error would be a puzzling one.
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
