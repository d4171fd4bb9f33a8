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
  /** When it arrived, as performance.now() tells the time. */
  readonly at: number;
}

/** Where functions are measured: Secrets Manager and a database over TLS, as far away as they are told to be. */
export interface Stage extends AsyncDisposable {
  readonly engine: EngineName;
  /** Name and version of the database. */
  readonly product: string;
  readonly secretsManagerUrl: string;
  /** PEM file with the authorities of both. */
  readonly authorities: string;
  /** PEM file with as many CA certificates as a function trusts for RDS, those of both among them. */
  readonly trusted: string;
  /** The calls so far, the oldest first. */
  readonly calls: readonly ApiCall[];
  /** How long Secrets Manager thinks about each answer from now on, in milliseconds. */
  setThinkingTime(milliseconds: number): void;
  /** What every round trip to either of the two takes longer from now on, in milliseconds. */
  setLatency(milliseconds: number): void;
  /** A user with a secret of its own, which has never been rotated. */
  newUser(strategy: StrategyName, secret?: Record<string, unknown>): Promise<RotatedUser>;
  /** Lets the user's master do what an administrator may, who is what AWS's templates take a master for. */
  promoteMaster(user: RotatedUser): Promise<void>;
  /** @throws RotationFailed */
  rotate(user: RotatedUser, invoke: Invoke): Promise<void>;
  /** What the users' sessions came to so far. */
  sessions(user: RotatedUser): Promise<Sessions>;
}

export interface Sessions {
  readonly logins: number;
  readonly rejected: number;
  readonly sqlStatements: number;
}

/** A rotation that was to be measured has failed. */
export class RotationFailed extends Error {
  readonly step: string;
  /** What the function said, in its own words: if it is somebody else's, there may be a password among them. */
  readonly words: string;

  constructor(step: string, words: string) {
    super(`A rotation that was to be measured failed in ${step}: ${words}`);
    this.step = step;
    this.words = words;
  }
}

const FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:measured";

let users = 0;

export async function startStage(engine: EngineName): Promise<Stage> {
  await using cleanUp = new AsyncDisposableStack();
  const folder = cleanUp.use(await temporaryFolder()).path;
  // In plaintext, too: for the comparison with AWS's templates, whose certificates are where only root can put them.
  const database = cleanUp.use(await startDatabase(engine, { plainConnections: true, logStatements: true }));
  const authority = await readFile(database.caFile, "utf8");

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
  const ownAuthority = await certificateAuthority();
  const tls = await ownAuthority.issue({ hosts: ["localhost"] });
  let thinkingTime = 0;
  const beforeAnswer = async () => {
    if (thinkingTime > 0) await sleep(thinkingTime);
  };
  const { url } = cleanUp.use(await serve(secretsManager, { tls, beforeAnswer }));
  const authorities = join(folder, "authorities.pem");
  await writeFile(authorities, `${ownAuthority.certificate.trim()}\n${authority}`);
  const trusted = join(folder, "trusted.pem");
  // Twice, for about as many as Node's and those of the file in Lambda's runtime.
  await writeFile(
    trusted,
    [...rootCertificates, ...rootCertificates, ownAuthority.certificate.trim(), authority].join("\n"),
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
    authorities,
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
      // What a product does not count is no number, and compares with none.
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
