/** What a new server is to be like. */
export type ServerOptions = {
  /** Settings of its option file; these win over ours. */
  settings?: Record<string, string>;
  /** The server's certificate and key as PEM. Without one the server speaks no TLS. */
  tls?: { certificate: string; key: string } | false;
  /** With `tls`: also accept connections without it. */
  plainConnections?: boolean;
  /** A suite of the Debian or Ubuntu that this machine is, like "trixie": what version its packages have. */
  suite?: string;
};
