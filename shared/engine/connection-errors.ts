import { nameAndPlace, RotationError } from "../report/errors.ts";
import { NO_MESSAGE } from "./bounded-reading.ts";
import type { Login } from "./engine.ts";

/** Codes of Node's TLS errors, and OpenSSL's names for errors in a certificate chain. */
const TLS_CODE =
  /^(ERR_(TLS|SSL|OSSL)_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_(CA|PURPOSE)|PATH_LENGTH_|HOSTNAME_MISMATCH|EPROTO)/;

const TLS_REMEDIES: [code: RegExp, remedy: string][] = [
  [
    /ALTNAME|HOSTNAME/,
    "The certificate is for another host name: put the name that it is for into the secret as sslServerName.",
  ],
  [/EXPIRED|NOT_YET_VALID/, "Renew the server's certificate."],
  [
    /UNABLE_TO|SELF_SIGNED|DEPTH_ZERO/,
    "The certificate was not issued by a trusted CA: deploy the CA's PEM file with the function and name it " +
      "in DATABASE_CA_FILE.",
  ],
];

const NO_ADDRESS =
  "The host name has no address. Check the host in the secret, and that the function's VPC resolves it. After a failover it " +
  "may take a while: Secrets Manager retries the rotation.";

const CLOSED =
  "The server, or a proxy in front of it, accepted the connection and closed it. It may be restarting or failing over: Secrets " +
  "Manager retries the rotation. If it goes on, look at the database's log.";

/** Remedies by the socket's error code. Other codes get a general remedy. */
const NETWORK_REMEDIES: Readonly<Record<string, string>> = {
  ENOTFOUND: NO_ADDRESS,
  EAI_AGAIN: NO_ADDRESS,
  ECONNREFUSED:
    "The host answers, and no server listens at this port. Check host and port in the secret, and whether the database is " +
    "stopped, restarting or failing over.",
  ECONNRESET: CLOSED,
  EPIPE: CLOSED,
};

/** Node's code for a socket that an AbortSignal has ended. Here it is the deadline's signal: see wire.ts. */
const ENDED_WITH_THE_STEP = "ABORT_ERR";

/** Returns the error for a code of a socket. It says nothing about the password. */
export function connectionFailure(login: Login, code: string | undefined): RotationError {
  const server = `${login.host}:${login.port}`;
  if (code === NO_MESSAGE) {
    return protocolViolation(login);
  }
  if (code === ENDED_WITH_THE_STEP) {
    return unansweredStatement(login);
  }
  if (code !== undefined && TLS_CODE.test(code)) {
    const remedy = TLS_REMEDIES.find(([pattern]) => pattern.test(code))?.[1];
    return new RotationError(
      "tls",
      `The TLS connection to ${server} was refused by this side or the other (${code}).`,
      remedy ?? "Check which TLS versions the server has enabled; 1.2 and 1.3 are supported.",
    );
  }
  return new RotationError(
    "unreachable",
    `The database at ${server} cannot be reached (${code ?? "the connection was closed"}).`,
    NETWORK_REMEDIES[code ?? "ECONNRESET"] ??
      "Check the host and port in the secret, that the function is in a subnet with a route to it, and that the " +
        "database's security group admits the function's.",
  );
}

/** The error if the server accepted the connection and then sent nothing. */
export function silentServer(login: Login, milliseconds: number): RotationError {
  return new RotationError(
    "unavailable",
    `The database at ${login.host}:${login.port} accepted the connection, and did not answer within ${milliseconds} ms.`,
    "Secrets Manager retries the rotation: a server that is resuming is awake by then. If it goes on, look at the server's " +
      "load and log, and whether the port in the secret is the database's.",
  );
}

/** The error if a statement of an open session got no answer in time. */
export function unansweredStatement(login: Login): RotationError {
  return new RotationError(
    "unavailable",
    `The database at ${login.host}:${login.port} did not answer a statement within the time of the step.`,
    "Find out what keeps it from answering: its load, a lock that is held, or a failover. Secrets Manager retries the rotation.",
  );
}

/** Whether the error comes from parsing a malformed answer. A ReferenceError does not: it is a mistake in the code. */
export function isFromReading(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
}

/** The error if the answer is not one of the database's protocol. */
export function protocolViolation(login: Login, error?: unknown): RotationError {
  const what = error === undefined ? "no message of its protocol" : nameAndPlace(error);
  return new RotationError(
    "database",
    `The server at ${login.host}:${login.port} does not speak the protocol of this database (${what}).`,
    "Check the host and port in the secret. If they are the server's own, please report this as a bug.",
  );
}

export function noTls(login: Login): RotationError {
  return new RotationError(
    "tls",
    `The database at ${login.host}:${login.port} does not offer TLS.`,
    'Turn TLS on at the server. Only "ssl": false in the secret allows a connection in plaintext.',
  );
}
