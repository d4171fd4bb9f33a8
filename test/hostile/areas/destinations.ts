import fc from "fast-check";
import { type Area, type Bench, bundleFor, canary, LONG } from "../area.ts";
import { invoke } from "../outcome.ts";
import { startPostgresServer } from "../postgres-server.ts";
import { stage } from "../scene.ts";

/** Ways to write the same address, or seemingly the same. */
const HOSTS = ["127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "0.0.0.0", "db.example"];

const situation = fc.record({
  /** Where the secret, its pending version, its previous one, and the master secret say that the server is. */
  current: fc.record({ host: fc.constantFrom(...HOSTS), server: fc.constantFrom("own", "other") }),
  pendingElsewhere: fc.constantFrom(false, false, false, true),
  master: fc.record({ host: fc.option(fc.constantFrom(...HOSTS)), server: fc.constantFrom("own", "other") }),
  databaseHost: fc.option(fc.constantFrom(...HOSTS)),
  masterPort: fc.boolean(),
  step: fc.constantFrom("setSecret" as const, "setSecret" as const, "testSecret" as const),
});
type Situation = Parameters<Parameters<typeof situation.map>[0]>[0];

/**
 * Two servers that ask everybody for the password in clear text, and a secret that may have been edited by somebody who
 * would like to see a password that is not his.
 */
export const destinations: Area = {
  name: "where passwords go",
  share: 0.04,
  cases: (seed, count) =>
    fc.sample(situation, { seed, numRuns: count }).map((chosen) => ({
      title: `passwords: ${JSON.stringify(chosen)}`,
      run: (bench) => observe(bench, chosen),
    })),
};

async function observe(bench: Bench, chosen: Situation) {
  const [user, pending, master] = [canary("user"), canary("pending"), canary("master")];
  const masterarn = canary("secret-of-master"); // A name of its own, since cases share Secrets Manager's address.
  using own = await startPostgresServer({ authentication: "password" });
  using other = await startPostgresServer({ authentication: "password" });
  const port = (server: string) => (server === "own" ? own.port : other.port);
  const elsewhere = chosen.current.server === "own" ? "other" : "own";
  const secret = {
    engine: "postgres",
    host: chosen.current.host,
    port: port(chosen.current.server),
    ssl: false,
  };
  const { databaseHost, masterPort } = chosen;
  using scene = await stage(bench.door, {
    current: JSON.stringify({ ...secret, username: "app", password: user, masterarn }),
    pending: JSON.stringify({
      ...secret,
      ...(chosen.pendingElsewhere && { port: port(elsewhere) }),
      username: "app_clone",
      password: pending,
      masterarn,
    }),
    others: {
      [masterarn]: JSON.stringify({
        ...(chosen.master.host !== null && { host: chosen.master.host }),
        ...(masterPort && { port: port(chosen.master.server) }),
        username: "master",
        password: master,
        ssl: false,
      }),
    },
  });
  const outcome = await invoke(bundleFor(bench, "postgres", "master-user"), scene.event(chosen.step), {
    milliseconds: LONG,
    environment: { ...(databaseHost !== null && { DATABASE_HOST: databaseHost }) },
  });
  const heard = (server: string) => Buffer.concat(server === "own" ? own.heard : other.heard);
  // A master secret without a host, as RDS makes them, is for DATABASE_HOST, on the port of the user's server.
  const masterHost = chosen.master.host ?? databaseHost;
  const masterServer = masterPort
    ? chosen.master.server
    : chosen.master.host === null
      ? chosen.current.server
      : "none";
  const mayGo = masterHost?.toLowerCase() === chosen.current.host.toLowerCase() ? masterServer : "none";
  return {
    outcome,
    canaries: [user, pending, master],
    operations: scene.operations,
    findings: [
      ...(heard(elsewhere).includes(user) ? ["the user's password went to another server"] : []),
      ...(chosen.step === "setSecret" && heard(elsewhere).length > 0 ? ["somebody logged in elsewhere"] : []),
      ...["own", "other"]
        .filter((server) => server !== mayGo && heard(server).includes(master))
        .map((server) => `the master's password went to the ${server} server`),
    ],
  };
}
