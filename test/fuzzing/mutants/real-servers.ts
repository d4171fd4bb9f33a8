import { createConnection } from "mysql2/promise";
import { Client } from "pg";
import type { Login } from "../../../shared/engine/engine.ts";
import { masterLogin } from "../../../shared/secret/master-secret.ts";
import type { Strategy } from "../../../shared/strategies/strategy.ts";
import { injection, named } from "../areas/injection.ts";
import type { Mutant } from "../mutant.ts";
import { mistaken, seeing } from "./mistaken.ts";

type Run = (login: Login, sql: string) => Promise<void>;

const onPostgres: Run = async ({ host, port, database, username: user, password }, sql) => {
  const client = new Client({ host, port, database, user, password, ssl: false });
  await client.connect();
  await client.query(sql);
  await client.end();
};

const onMysql: Run = async ({ host, port, username: user, password }, sql) => {
  const connection = await createConnection({ host, port, user, password, multipleStatements: true });
  await connection.query(sql);
  await connection.end();
};

/** Besides what it is to do, it has the master run this. */
const also = (run: Run, sql: (user: string, master: string) => string) => (right: Strategy) => ({
  setSecret: async (job: Parameters<Strategy["setSecret"]>[0]) => {
    const master = await masterLogin(job, job.current);
    const done = await right.setSecret(job);
    await run(master, sql(job.current.login.username, master.username));
    return done;
  },
});

/** A name between quotes as it is. */
const spliced = (user: string) => `SELECT '${user}'`;

const usual = { password: "a good password", plaintext: false, name: "app" };
const masterUser = (engine: "postgres" | "mysql", name: string) =>
  named({ ...usual, engine, kind: "master-user", name });

const area = injection.name;

export const MUTANTS: readonly Mutant[] = [
  {
    mistake: "splices names into statements, on PostgreSQL",
    area,
    bundle: mistaken("postgres", "master-user", { strategy: also(onPostgres, spliced) }),
    case: masterUser("postgres", "'; CREATE ROLE bystander --"),
    findings: [/^changed: .*"bystander"/],
  },
  {
    mistake: "splices names into statements, on MySQL",
    area,
    bundle: mistaken("mysql", "master-user", { strategy: also(onMysql, spliced) }),
    case: masterUser("mysql", "';CREATE USER b42;-- "),
    findings: [/^changed: .*"b42"/],
  },
  {
    mistake: "changes the master's password",
    area,
    bundle: mistaken("postgres", "master-user", {
      strategy: also(onPostgres, (_, master) => `ALTER ROLE "${master}" PASSWORD 'another'`),
    }),
    case: masterUser("postgres", "app"),
    findings: [/^the master is locked out$/, /^changed: .*"master\d+"/],
  },
  {
    mistake: "promotes a password that it has not set",
    area,
    bundle: mistaken("postgres", "single-user", {
      strategy: () => ({
        setSecret: async () => "Believed that it is set",
        testSecret: async () => "Believed that it logs in",
      }),
    }),
    case: named({ ...usual, engine: "postgres", kind: "single-user" }),
    findings: [/^AWSCURRENT does not log in$/],
  },
  {
    mistake: "compares nothing",
    area,
    bundle: mistaken("postgres", "master-user", {
      engine: (right) =>
        seeing(right, (view) => ({ differences: [], unseen: [], ownership: view.ownership })),
    }),
    case: named({ ...usual, engine: "postgres", kind: "another limit" }),
    findings: [/^ended with undefined$/],
  },
];
