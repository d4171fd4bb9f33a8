import dns from "node:dns";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { deadlineOf } from "../../shared/protocol/deadline.ts";
import { context, SECRET_ID } from "./invoke.ts";

// So that the function's own pauses are hastened as well.
vi.mock("node:timers/promises", () => ({
  setTimeout: (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
}));
const { setTimeout: wait } =
  await vi.importActual<typeof import("node:timers/promises")>("node:timers/promises");

interface Answer {
  status: number;
  body: unknown;
}

const THROTTLED: Answer = { status: 400, body: { __type: "ThrottlingException", Message: "Rate exceeded" } };

/** Answers to give, one after the other; the last one stays. Undefined is silence. */
let answers: (Answer | undefined)[] = [];
const requests: { operation: string; body: unknown }[] = [];

const server = createServer(async (request, response) => {
  const operation = String(request.headers["x-amz-target"]).replace("secretsmanager.", "");
  requests.push({ operation, body: await json(request) });
  const answer = answers.length > 1 ? answers.shift() : answers[0];
  if (answer !== undefined) {
    response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(answer.body));
  }
});

/**
 * Waits for a call of the SDK by a clock that runs a thousand times faster, since the SDK waits for long.
 *
 * @returns the milliseconds that it would have taken.
 */
async function hastened(call: Promise<unknown>): Promise<number> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  call.then(settle, settle);
  let milliseconds = 0;
  for (; !settled && milliseconds < 30_000; milliseconds += 250) {
    await wait(2); // In real time: the sockets need some.
    await vi.advanceTimersByTimeAsync(250);
  }
  return milliseconds;
}

/** With the real client of the SDK, which reads its endpoint when it is loaded. */
let secretsManager: typeof import("../../shared/aws/secrets-manager.ts");

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, "localhost", listening));
  const { port } = server.address() as AddressInfo; // A string only for a server on a Unix socket.
  vi.stubEnv("SECRETS_MANAGER_ENDPOINT", `http://localhost:${port}`);
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  secretsManager = await import("../../shared/aws/secrets-manager.ts");
});

afterAll(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  requests.length = 0;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("the client of Secrets Manager", () => {
  it("sends no RotationToken that the event does not have", async () => {
    using deadline = deadlineOf(context());
    answers = [{ status: 200, body: {} }];
    const event = { Step: "createSecret" as const, SecretId: SECRET_ID, ClientRequestToken: "t" };

    await secretsManager.putPendingValue(event, "{}", deadline);

    expect(requests).toEqual([
      {
        operation: "PutSecretValue",
        body: {
          SecretId: SECRET_ID,
          ClientRequestToken: "t",
          SecretString: "{}",
          VersionStages: ["AWSPENDING"],
        },
      },
    ]);
  });

  it("retries if it is throttled", async () => {
    using deadline = deadlineOf(context());
    answers = [THROTTLED, THROTTLED, { status: 200, body: { RandomPassword: "p" } }];
    const rules = {
      PasswordLength: 32,
      ExcludeCharacters: "",
      ExcludeNumbers: false,
      ExcludePunctuation: false,
      ExcludeUppercase: false,
      ExcludeLowercase: false,
      RequireEachIncludedType: true,
    };

    const password = secretsManager.randomPassword(rules, deadline);
    await hastened(password);

    expect(await password).toBe("p");
    expect(requests).toHaveLength(3);
  });

  it("goes on retrying if it is throttled for longer, as when many rotations run at the same moment", async () => {
    using deadline = deadlineOf(context());
    answers = [
      ...Array.from({ length: 7 }, () => THROTTLED),
      { status: 200, body: { RotationEnabled: true } },
    ];

    const run = secretsManager.describeSecret(SECRET_ID, deadline);
    await hastened(run);

    expect(await run).toMatchObject({ rotationEnabled: true });
    expect(requests).toHaveLength(8);
  });

  it.each([0.1, 0.999])(
    "reports throttling before the step's time is up, with a random factor of %s",
    async (chance) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
      vi.spyOn(Math, "random").mockReturnValue(chance);
      using deadline = deadlineOf(context(9000));
      answers = [THROTTLED];

      const run = deadline.bound(secretsManager.describeSecret(SECRET_ID, deadline));
      await hastened(run);
      vi.restoreAllMocks();

      await expect(run).rejects.toMatchObject({ reason: "throttled" });
      expect(requests.length).toBeGreaterThan(3);
    },
  );

  it("does not retry other refusals of the service", async () => {
    using deadline = deadlineOf(context());
    answers = [{ status: 400, body: { __type: "InvalidRequestException", Message: "no" } }];

    const run = secretsManager.describeSecret(SECRET_ID, deadline);
    await hastened(run);

    await expect(run).rejects.toMatchObject({ reason: "secrets-manager" });
    expect(requests).toHaveLength(1);
  });

  it("reports what the service answered over HTTP", async () => {
    using deadline = deadlineOf(context());
    answers = [{ status: 400, body: { __type: "ResourceNotFoundException", Message: "no" } }];

    const version = await secretsManager.readVersion(SECRET_ID, { VersionStage: "AWSCURRENT" }, deadline);
    const run = secretsManager.describeSecret(SECRET_ID, deadline);

    expect(version).toBeUndefined();
    await expect(run).rejects.toMatchObject({ reason: "unknown-secret" });
  });

  it("fails if the service accepts the connection and does not answer", async () => {
    using deadline = deadlineOf(context(60_000));
    answers = [undefined];

    const run = secretsManager.describeSecret(SECRET_ID, deadline);
    const milliseconds = await hastened(run);

    await expect(run).rejects.toMatchObject({
      reason: "unreachable",
      message: expect.stringContaining("did not answer DescribeSecret"),
    });
    expect(milliseconds).toBeLessThan(3 * 5000 + 2000);
    expect(requests).toHaveLength(3);
  });

  it("fails sooner if packets are lost, as in a VPC without an endpoint", async () => {
    using deadline = deadlineOf(context(60_000));
    server.closeAllConnections();
    const lookup = vi.spyOn(dns, "lookup").mockImplementation(() => {}); // It comes to no connection.

    const run = secretsManager.describeSecret(SECRET_ID, deadline);
    const milliseconds = await hastened(run);
    lookup.mockRestore();

    await expect(run).rejects.toMatchObject({ reason: "unreachable" });
    expect(milliseconds).toBeLessThan(3 * 2000 + 2000);
  });

  it("ends a call when the deadline is up", async () => {
    using deadline = deadlineOf(context(50));
    answers = [undefined];

    const run = deadline.bound(secretsManager.describeSecret(SECRET_ID, deadline));
    await hastened(run);

    await expect(run).rejects.toMatchObject({ reason: "deadline" });
  });

  it("names the operation and the error if it cannot connect", async () => {
    using deadline = deadlineOf(context());
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));

    const run = secretsManager.describeSecret(SECRET_ID, deadline);
    await hastened(run);

    await expect(run).rejects.toMatchObject({
      reason: "unreachable",
      message: expect.stringContaining("did not answer DescribeSecret (ECONNREFUSED)"),
    });
  });
});
