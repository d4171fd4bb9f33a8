import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { rootCertificates } from "node:tls";
import { certificateAuthority } from "../../local/certificates.ts";
import { type EngineName, type StrategyName, startDatabase } from "../../local/engines.ts";
import { createRotatedUser, type RotatedUser } from "../../local/rotated-user.ts";
import type { Invoke, Step } from "../../local/secrets-manager/events.ts";
import { serve } from "../../local/secrets-manager/http.ts";
import { createSecretsManager } from "../../local/secrets-manager/secrets-manager.ts";
import { FUNCTION_ACCESS_KEY } from "../../local/stack.ts";
import { startLatencyProxy } from "./latency-proxy.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** One call of the function to Secrets Manager. */
export interface ApiCall {
  readonly step: Step;
  readonly operation: string;
  readonly failed: boolean;
  /** Time of arrival, by performance.now(). */
  readonly at: number;
}

/** Environment of a measured function: Secrets Manager and a database over TLS, with adjustable latency. */
export interface Stage extends AsyncDisposable {
  readonly engine: EngineName;
  /** Name and version of the database. */
  readonly product: string;
  readonly secretsManagerUrl: string;
  /** PEM file with the CA certificates of both. */
  readonly caFile: string;
  /** PEM file with as many CA certificates as a function trusts for RDS, including those of both servers. */
  readonly trusted: string;
  /** All calls, the oldest first. */
  readonly calls: readonly ApiCall[];
  /** Sets the milliseconds of Secrets Manager for each answer. */
  setThinkingTime(milliseconds: number): void;
  /** Sets the milliseconds that are added to each round trip to either server. */
  setLatency(milliseconds: number): void;
  /** Creates a user with a secret that has never been rotated. */
  newUser(strategy: StrategyName, secret?: Record<string, unknown>): Promise<RotatedUser>;
  /** Grants the master user all privileges, which AWS's templates require. */
  promoteMaster(user: RotatedUser): Promise<void>;
  /** @throws RotationFailed */
  rotate(user: RotatedUser, invoke: Invoke): Promise<void>;
  /** Counts the sessions of the secret's users. */
  sessions(user: RotatedUser): Promise<Sessions>;
}

export interface Sessions {
  readonly logins: number;
  readonly rejected: number;
  readonly sqlStatements: number;
}

/** A measured rotation failed. */
export class RotationFailed extends Error {
  readonly step: string;
  /** Error message of the function. A message of AWS's template may contain a password. */
  readonly words: string;

  constructor(step: string, words: string) {
    super(`The measured rotation failed in ${step}: ${words}`);
    this.step = step;
    this.words = words;
  }
}

const FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:measured";

let users = 0;

/** @param version of the database; default: the engine's own */
export async function startStage(engine: EngineName, version?: string): Promise<Stage> {
  await using cleanUp = new AsyncDisposableStack();
  const folder = cleanUp.use(await temporaryFolder()).path;
  // Plaintext is allowed for AWS's templates: they read their CA certificates from a folder that only root can write.
  const options = { version, plainConnections: true, logStatements: true };
  const database = cleanUp.use(await startDatabase(engine, options));
  const caCertificate = await readFile(database.caFile, "utf8");

  let invokeNow: Invoke | undefined;
  let step: Step = "createSecret";
  const calls: ApiCall[] = [];
  const secretsManager = createSecretsManager({ functions: () => invokeNow, attempts: 1 });
  secretsManager.observe((event) => {
    if (event.type === "stepStarted") step = event.step;
    if (event.type === "request" && event.caller === FUNCTION_ACCESS_KEY) {
      const { operation, error } = event;
      calls.push({ step, operation, failed: error !== undefined, at: performance.now() });
    }
  });
  const ownCa = await certificateAuthority();
  const tls = await ownCa.issue({ hosts: ["localhost"] });
  let thinkingTime = 0;
  const beforeAnswer = async () => {
    if (thinkingTime > 0) await sleep(thinkingTime);
  };
  const { url } = cleanUp.use(await serve(secretsManager, { tls, beforeAnswer }));
  const caFile = join(folder, "ca.pem");
  await writeFile(caFile, `${ownCa.certificate.trim()}\n${caCertificate}`);
  const trusted = join(folder, "trusted.pem");
  // Twice Node's list has about as many certificates as Node's list and the file in Lambda's runtime together.
  await writeFile(
    trusted,
    [...rootCertificates, ...rootCertificates, ownCa.certificate.trim(), caCertificate].join("\n"),
  );

  const ways = [
    cleanUp.use(await startLatencyProxy(Number(new URL(url).port))),
    cleanUp.use(await startLatencyProxy(database.address.port)),
  ] as const;
  const createSecret = (Name: string, value: object) => {
    const input = { Name, SecretString: JSON.stringify(value), ClientRequestToken: randomUUID() };
    const answer = secretsManager.call("CreateSecret", input);
    return String(Object(answer).ARN);
  };

  const running = cleanUp.move();
  return {
    engine,
    product: database.product,
    secretsManagerUrl: `https://localhost:${ways[0].port}`,
    caFile,
    trusted,
    calls,
    setThinkingTime: (milliseconds) => {
      thinkingTime = milliseconds;
    },
    setLatency: (milliseconds) => {
      for (const way of ways) way.latency = milliseconds;
    },
    newUser: (strategy, secret = {}) => {
      users++;
      const address = { ...database.address, port: ways[1].port, ...secret };
      return createRotatedUser({ database, strategy, username: `app_${users}`, address, createSecret });
    },
    promoteMaster: async ({ logins: [, , master] }) => {
      if (master) await database.makeAdministrator?.(master);
    },
    rotate: async ({ secretArn }, invoke) => {
      let problem: RotationFailed | undefined = new RotationFailed("it was given up", "");
      const stop = secretsManager.observe((event) => {
        if (event.type === "rotationSucceeded") problem = undefined;
        else if (event.type === "stepFinished" && event.error)
          problem = new RotationFailed(event.step, event.error);
      });
      invokeNow = invoke;
      try {
        secretsManager.call("RotateSecret", {
          SecretId: secretArn,
          ClientRequestToken: randomUUID(),
          RotationLambdaARN: FUNCTION_ARN,
          RotationRules: { AutomaticallyAfterDays: 30 },
        });
        await secretsManager.settled(secretArn);
      } finally {
        stop();
      }
      if (problem) throw problem;
    },
    sessions: async ({ logins: names }) => {
      const logins = await Promise.all(names.map((name) => database.logins(name)));
      const counts = await Promise.all(names.map((name) => database.statements?.(name)));
      // NaN for a count that the product does not have: every comparison with it is false.
      return {
        logins: sum(logins.map((one) => one?.accepted ?? Number.NaN)),
        rejected: sum(logins.map((one) => one?.rejected ?? Number.NaN)),
        sqlStatements: sum(counts.map((count) => count ?? Number.NaN)),
      };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
