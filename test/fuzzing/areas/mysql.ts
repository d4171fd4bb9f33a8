import fc from "fast-check";
import type { ServerCertificate } from "../../../local/certificates.ts";
import { type Area, type Bench, bundleFor, type Case, canary, LONG, SHORT } from "../area.ts";
import { type MysqlSpeeches, startMysqlServer } from "../mysql-server.ts";
import { invoke } from "../outcome.ts";
import { secretFor } from "../secrets.ts";
import { stageRotation } from "../staged-rotation.ts";
import { certificates } from "./certificates.ts";
import { distortions } from "./distort.ts";
import { MYSQL_MISBEHAVIORS, type MysqlMisbehavior } from "./mysql-misbehaviors.ts";
import { clearText, toUnverified, wordsIn, wrongReason } from "./postgres.ts";

const misbehavior = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...MYSQL_MISBEHAVIORS) },
  {
    weight: 2,
    arbitrary: distortions.map(
      ({ title, distort }): MysqlMisbehavior => ({ title, script: () => ({ distort }) }),
    ),
  },
);

const situation = fc.record({
  product: fc.constantFrom("mysql" as const, "mysql" as const, "mariadb" as const),
  misbehavior,
  step: fc.constantFrom("setSecret" as const, "setSecret" as const, "testSecret" as const),
  tls: certificates,
});

/** The same for the other protocol. */
export const mysqlServers: Area = {
  name: "MySQL and MariaDB servers",
  share: 0.16,
  cases: (seed, count) => fc.sample(situation, { seed, numRuns: count }).map(metMysql),
};

export function metMysql(chosen: Situation): Case {
  return {
    title: `${chosen.step}, ${chosen.product}: ${chosen.misbehavior.title}; TLS: ${chosen.tls}`,
    run: (bench) => meet(bench, chosen),
  };
}

/** What stands in /etc/passwd and /proc/self/environ, which servers ask for. */
const OF_FILES = ["root:", "AWS_SESSION_TOKEN="];

interface Situation {
  readonly product: "mysql" | "mariadb";
  readonly misbehavior: MysqlMisbehavior;
  readonly step: "setSecret" | "testSecret";
  readonly tls: string;
}

async function meet(bench: Bench, { product, misbehavior, step, tls }: Situation) {
  const current = canary("current");
  const next = canary("pending");
  const password = step === "setSecret" ? current : next;
  const certificate: ServerCertificate | undefined = bench.certificates[tls];
  const script: MysqlSpeeches = misbehavior.script({
    heard: step === "setSecret" ? `${current} ${next}` : next,
    packetsBefore: certificate ? 2 : 1,
  });
  using server = await startMysqlServer({ product, password, certificate, ...script });
  const secret = secretFor(product, { port: server.port, ...(!certificate && { ssl: false }) });
  using staged = await stageRotation(bench.endpoint, {
    current: JSON.stringify({ ...secret, password: current }),
    pending: JSON.stringify({ ...secret, password: next }),
  });
  const outcome = await invoke(bundleFor(bench, product, "single-user"), staged.event(step), {
    milliseconds: misbehavior.reason === undefined ? SHORT : LONG,
    environment: { DATABASE_CA_FILE: bench.caFile },
  });
  const beforeTls = certificate ? [current, next, "app\0"] : [];
  // In clear text it says passwords only in statements that the server redacts, never at login.
  const atLogin = certificate || step === "setSecret" ? [] : [current, next];
  return {
    outcome,
    canaries: [current, next],
    operations: staged.operations,
    findings: [
      ...clearText(server.heard, [...beforeTls, ...atLogin]),
      ...(certificate && tls !== "good" ? toUnverified(server.confided, [current, next, "app\0"]) : []),
      ...wordsIn([...server.heard, ...server.confided], OF_FILES).map(
        (words) => `said from a file of ours: ${words}`,
      ),
      ...(misbehavior.reason === undefined ||
      step !== "setSecret" ||
      product !== "mysql" ||
      !["good", "none"].includes(tls)
        ? []
        : wrongReason(outcome.reason, misbehavior.reason)),
    ],
  };
}
