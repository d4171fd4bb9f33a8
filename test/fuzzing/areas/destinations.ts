import fc from "fast-check";
import type { Facts } from "../../../functions/postgres/pair/facts.ts";
import { type Area, type Bench, bundleFor, type Case, canary, LONG } from "../area.ts";
import type { Listener } from "../listener.ts";
import { refusal as mysqlRefusal } from "../mysql-packets.ts";
import { scrambles } from "../mysql-scrambles.ts";
import { startMysqlServer } from "../mysql-server.ts";
import { invoke } from "../outcome.ts";
import { READY, refusal, rows } from "../postgres-messages.ts";
import { startPostgresServer } from "../postgres-server.ts";
import { stageRotation } from "../staged-rotation.ts";
import {
  hostOf,
  mayGo,
  nextUser,
  type Owner,
  type Place,
  type ScriptedEngine,
  SERVERS,
  type Whereabouts,
  whereabouts,
} from "./places.ts";

/**
 * Two servers that hear everybody's password, and a secret that may have been edited by somebody who would like to see
 * one that is not his.
 */
export const destinations: Area = {
  name: "where passwords go",
  share: 0.06,
  cases: (seed, count) => fc.sample(whereabouts, { seed, numRuns: count }).map(sent),
};

export function sent(chosen: Whereabouts): Case {
  return { title: `passwords: ${JSON.stringify(chosen)}`, run: (bench) => observe(bench, chosen) };
}

async function observe(bench: Bench, chosen: Whereabouts) {
  const { engine, strategy, current, previous, master, step, asksForTls } = chosen;
  const passwords: Record<Owner, string> = {
    current: canary("current"),
    pending: canary("pending"),
    previous: canary("previous"),
    master: canary("master"),
  };
  const masterarn = canary("secret-of-master"); // A name of its own, since cases share Secrets Manager's address.
  using own = await startServer(chosen, passwords.current);
  using other = await startServer(chosen, passwords.current);
  const listeners = { own, other };
  const at = ({ host, server }: Place, username: string, owner: Owner) =>
    JSON.stringify({
      engine,
      host,
      port: listeners[server].port,
      ssl: asksForTls.includes(owner),
      username,
      password: passwords[owner],
      masterarn,
    });
  const { host, server } = master.place ?? current;
  using staged = await stageRotation(bench.endpoint, {
    previous: at(previous.place ?? current, previous.username, "previous"),
    current: at(current, "app", "current"),
    pending: at(chosen.pending ?? current, nextUser(strategy), "pending"),
    others: {
      [masterarn]: JSON.stringify({
        ...(master.names.startsWith("host") && { host }),
        ...(master.names.endsWith("port") && { port: listeners[server].port }),
        username: "master",
        password: passwords.master,
        ssl: asksForTls.includes("master"),
      }),
    },
  });
  const databaseHost = hostOf(chosen.databaseHost, current);
  const outcome = await invoke(bundleFor(bench, engine, strategy), staged.event(step), {
    milliseconds: LONG,
    environment: { ...(databaseHost !== undefined && { DATABASE_HOST: databaseHost }) },
  });
  const allowed = mayGo(chosen);
  const strayed = Object.entries(passwords).flatMap(([owner, password]) =>
    SERVERS.filter(
      (server) => server !== allowed[owner as Owner] && hasHeard(listeners[server], password),
    ).map((server) => `the ${owner} password went to the ${server} server`),
  );
  const elsewhere = listeners[current.server === "own" ? "other" : "own"];
  const visited = step === "setSecret" && elsewhere.heard.length > 0 && strayed.length === 0;
  return {
    outcome,
    canaries: Object.values(passwords),
    operations: staged.operations,
    findings: [...strayed, ...(visited ? ["somebody came to the server that the secret does not name"] : [])],
  };
}

function hasHeard({ heard }: Listener, password: string): boolean {
  const said = Buffer.concat(heard);
  return [password, ...scrambles(password)].some((spelling) => said.includes(spelling));
}

/** Has all passwords said to it: in clear text, or scrambled with a salt that we know. */
function startServer({ engine, servers }: Whereabouts, password: string): Promise<Listener> {
  return engine === "postgres" ? startPostgres(servers) : startMysql(engine, servers, password);
}

function startPostgres(servers: Whereabouts["servers"]): Promise<Listener> {
  return startPostgresServer({
    authentication: "password",
    ...(servers === "let nobody in" && { welcome: refusal("28P01") }),
    ...(servers === "know a clone without a marker" && {
      answer: (sql) => (sql.includes("AS facts") ? UNMARKED : undefined),
    }),
  });
}

const ROLE = {
  attributes: [],
  limits: [],
  expired: false,
  canLogin: true,
  inherits: true,
  comment: null,
  administered: true,
};

/** What PostgreSQL knows of a pair that has nothing in common. */
const FACTS: Omit<Facts, "server"> = {
  database: "postgres",
  readOnly: false,
  reader: { user: "master", acts: "master" },
  roles: ["master", "app", "app_clone"].map((name) => ({ ...ROLE, name, reserved: false })),
  memberships: [],
  settings: [],
  belongings: [],
  sessionUserPolicies: [],
};

const UNMARKED = Buffer.concat([rows(["facts"], [JSON.stringify(FACTS)]), READY]);

function startMysql(
  product: Exclude<ScriptedEngine, "postgres">,
  servers: Whereabouts["servers"],
  password: string,
): Promise<Listener> {
  const refused = servers === "let nobody in" && { authentication: mysqlRefusal(2, 1045) };
  return startMysqlServer({ product, password, ...refused });
}
