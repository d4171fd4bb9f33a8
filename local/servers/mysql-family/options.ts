/** Options of a new server. */
export type ServerOptions = {
  /** Settings of the option file. They override the defaults. */
  settings?: Record<string, string>;
  /** The server's certificate and key as PEM. Without one the server speaks no TLS. */
  tls?: { certificate: string; key: string } | false;
  /** With `tls`: also accept connections without it. */
  plainConnections?: boolean;
  /** A key of the product's `versions`. Default: the value of MYSQL_VERSION or MARIADB_VERSION. */
  version?: string;
};
