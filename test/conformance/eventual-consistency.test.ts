import { RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, vi } from "vitest";
import type { RotationEvent } from "../../local/secrets-manager/events.ts";
import type { Engine, Session } from "../../shared/engine/engine.ts";
import { type Interference, startHttpProxy } from "../support/http-proxy.ts";
import type { Answer } from "../support/interception.ts";
import { get, labels, newSecret, newToken } from "./given.ts";
import { client, conform, endpoint, eventsOf, local, register } from "./subject.ts";

/** The product's handler, with Secrets Manager behind a proxy and one user of one database in memory. */
let handler: (event: RotationEvent) => Promise<void>;
let interfere: Interference;
let password = "first";

const session: Session = {
  identity: { username: "app" },
  changeOwnPassword: async (next, { confirm }) => {
    await confirm();
    password = next;
    return "ended";
  },
  [Symbol.asyncDispose]: async () => {},
};

const database: Engine = {
  names: ["postgres"],
  defaultPort: 5432,
  defaultDatabase: undefined,
  excludedCharacters: "",
  refusal: () => undefined,
  explain: () => undefined,
  connect: async (login) => (login.password === password ? session : undefined),
};

const resources = new AsyncDisposableStack();

beforeAll(async () => {
  const proxy = resources.use(
    await startHttpProxy(
      () => endpoint ?? "",
      (call, forward) => interfere(call, forward),
    ),
  );
  vi.stubEnv("AWS_ENDPOINT_URL_SECRETS_MANAGER", proxy.url);
  vi.stubEnv("AWS_REGION", local.region);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "function");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "function");
  // The product makes its client when it is loaded, from the environment.
  const { rotation } = await import("../../shared/rotation.ts");
  const { singleUser } = await import("../../shared/strategies/single-user.ts");
  const rotate = rotation(database, singleUser);
  handler = async (event) => void (await rotate(event, { getRemainingTimeInMillis: () => 20_000 }));
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await resources.disposeAsync();
});

async function newDatabaseSecret(): Promise<string> {
  password = `password-${newToken()}`;
  const value = { engine: "postgres", host: "db.example.com", username: "app", password };
  return (await newSecret({ SecretString: JSON.stringify(value) })).id;
}

const NOT_FOUND: Answer = {
  status: 400,
  body: JSON.stringify({
    __type: "ResourceNotFoundException",
    Message: "Secrets Manager can't find the specified secret value for staging label: AWSPENDING",
  }),
};

conform("E1 a pending value that is not visible at once is read again, and not stored again", async () => {
  const id = await newDatabaseSecret();
  let stored = 0;
  let hidden = 0;
  interfere = async ({ operation }, forward) => {
    const answer = await forward();
    if (operation === "PutSecretValue" && answer.status === 200) stored += 1;
    const isPending = operation === "GetSecretValue" && answer.body.includes("AWSPENDING");
    return isPending && stored === 1 && hidden++ === 0 ? NOT_FOUND : answer;
  };
  const events = eventsOf(id);
  await client.send(new RotateSecretCommand({ SecretId: id, RotationLambdaARN: register(handler) }));
  await local.settled(id);
  expect(hidden).toBeGreaterThan(1);
  expect(stored).toBe(1);
  expect(events.at(-1)).toMatchObject({ type: "rotationSucceeded" });
  expect(events.filter(({ type }) => type === "rotationFailed")).toEqual([]);
  expect(JSON.parse((await get(id)) ?? "")).toMatchObject({ username: "app", password });
});

conform("E2 a label that is not visible is looked for again, a few times", async () => {
  const id = await newDatabaseSecret();
  let described = 0;
  let hide = 0;
  interfere = async ({ operation }, forward) => {
    const answer = await forward();
    if (operation !== "DescribeSecret") return answer;
    described += 1;
    return hide-- > 0 ? { ...answer, body: answer.body.replaceAll("AWSPENDING", "HIDDEN") } : answer;
  };
  let errors: unknown[] = [];
  const arn = register(async (event) => {
    if (event.Step !== "setSecret") return handler(event);
    hide = Number.POSITIVE_INFINITY;
    described = 0;
    errors = [await handler(event).catch((error: unknown) => error), described];
    hide = 1;
    return handler(event);
  });
  const { VersionId: token = "" } = await client.send(
    new RotateSecretCommand({ SecretId: id, RotationLambdaARN: arn }),
  );
  await local.settled(id);
  const [thrown, tries] = errors;
  expect(thrown).toBeInstanceOf(Error);
  expect(tries).toBeGreaterThan(1);
  expect(tries).toBeLessThan(20);
  expect(hide).toBeLessThan(0);
  expect((await labels(id))[token]).toContain("AWSCURRENT");
});
