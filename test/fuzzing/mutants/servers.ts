import { createReadStream } from "node:fs";
import { createConnection } from "mysql2/promise";
import type { Engine } from "../../../shared/engine/engine.ts";
import { openWire } from "../../../shared/engine/wire.ts";
import { RotationError } from "../../../shared/report/errors.ts";
import { metMysql, mysqlServers } from "../areas/mysql.ts";
import { MYSQL_MISBEHAVIORS } from "../areas/mysql-misbehaviors.ts";
import { metPostgres, postgresServers } from "../areas/postgres.ts";
import { POSTGRES_MISBEHAVIORS } from "../areas/postgres-misbehaviors.ts";
import type { Mutant } from "../mutant.ts";
import { blamesNetwork, mistaken } from "./mistaken.ts";

/** Where TLS is not to be had, it does without. */
const fallsBack = ({ connect }: Engine): Partial<Engine> => ({
  connect: (login, invocation, wire) =>
    connect(login, invocation, wire).catch(() => {
      const plain = { ...login, tls: false } as const;
      const { socket, tls, timeout } = openWire(plain, invocation);
      return connect(plain, invocation, { socket, tls, timeout, bound: wire.bound });
    }),
});

/** Believes that a server is the one that its certificate names. */
const believesAnyName = ({ connect }: Engine): Partial<Engine> => ({
  connect: (login, invocation, { socket, timeout, bound }) => {
    const misled = { ...login, tls: login.tls && { serverName: "elsewhere.example" } };
    const { tls } = openWire(misled, invocation);
    return connect(misled, invocation, { socket, tls, timeout, bound });
  },
});

/** As a driver does by default that nobody has told not to. */
const sendsFiles = (): Partial<Engine> => ({
  connect: async ({ host, port, username: user, password }) => {
    const connection = await createConnection({ host, port, user, password });
    const infileStreamFactory = (path: string) => createReadStream(path);
    await connection.query({ sql: "SELECT VERSION()", timeout: 300, infileStreamFactory }).catch(() => {});
    connection.destroy();
    throw new RotationError("database", "The server asked for a file.", "Ask its administrator why.");
  },
});

const postgresCase = (title: string, step: "setSecret" | "testSecret", tls: string) =>
  metPostgres({ misbehavior: called(POSTGRES_MISBEHAVIORS, title), step, tls });
const mysqlCase = (title: string, step: "setSecret" | "testSecret", tls: string) =>
  metMysql({ product: "mysql", misbehavior: called(MYSQL_MISBEHAVIORS, title), step, tls });

export const MUTANTS: readonly Mutant[] = [
  {
    mistake: "goes on without TLS, on PostgreSQL",
    area: postgresServers.name,
    bundle: mistaken("postgres", "single-user", { engine: fallsBack }),
    case: postgresCase("no TLS", "testSecret", "good"),
    findings: [/^said for others to hear: app$/],
  },
  {
    mistake: "believes a certificate any name, on PostgreSQL",
    area: postgresServers.name,
    bundle: mistaken("postgres", "single-user", { engine: believesAnyName }),
    case: postgresCase("a good one", "testSecret", "otherName"),
    findings: [/^sent to an unverified server: app$/],
  },
  {
    mistake: "takes everything for a matter of the network, on PostgreSQL",
    area: postgresServers.name,
    bundle: mistaken("postgres", "single-user", { handler: blamesNetwork }),
    case: postgresCase("53300 at login", "setSecret", "none"),
    findings: [/^ended with unreachable instead of connection-limit$/],
  },
  {
    mistake: "goes on without TLS, on MySQL",
    area: mysqlServers.name,
    bundle: mistaken("mysql", "single-user", { engine: fallsBack }),
    case: mysqlCase("no TLS", "testSecret", "good"),
    findings: [/^said for others to hear: app\0$/],
  },
  {
    mistake: "believes a certificate any name, on MySQL",
    area: mysqlServers.name,
    bundle: mistaken("mysql", "single-user", { engine: believesAnyName }),
    case: mysqlCase("a good one", "testSecret", "otherName"),
    findings: [/^sent to an unverified server: app\0$/],
  },
  {
    mistake: "takes everything for a matter of the network, on MySQL",
    area: mysqlServers.name,
    bundle: mistaken("mysql", "single-user", { handler: blamesNetwork }),
    case: mysqlCase("error 1040 at login", "setSecret", "none"),
    findings: [/^ended with unreachable instead of connection-limit$/],
  },
  {
    mistake: "sends a server the files that it asks for",
    area: mysqlServers.name,
    bundle: mistaken("mysql", "single-user", { engine: sendsFiles }),
    case: mysqlCase("a request for a file to 0", "setSecret", "none"),
    findings: [/^said from a file of ours: root:$/],
  },
];

function called<Misbehavior extends { readonly title: string }>(
  misbehaviors: readonly Misbehavior[],
  title: string,
): Misbehavior {
  const misbehavior = misbehaviors.find((one) => one.title === title);
  if (misbehavior === undefined) throw new Error(`No server has the misbehavior "${title}".`);
  return misbehavior;
}
