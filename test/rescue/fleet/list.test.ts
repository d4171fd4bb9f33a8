import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serve } from "../../../local/secrets-manager/http.ts";
import { createSecretsManager, type SecretsManager } from "../../../local/secrets-manager/secrets-manager.ts";
import { OPERATOR_ACCESS_KEY } from "../../../local/stack.ts";
import { ACCOUNT, PLACEHOLDERS } from "../../policies/account.ts";
import { createIam } from "../../policies/authorize.ts";
import { type PolicyDocument, render } from "../../policies/documents.ts";
import { needsOf, without } from "../../policies/needs.ts";
import { ADMINISTRATOR } from "../../policies/others.ts";
import { rescue, rescueProcess } from "../../support/rescue.ts";

const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:rotate`;
const OTHER = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:other`;
const OPERATOR = `arn:aws:iam::${ACCOUNT}:user/operator`;
const FILE = "watch-fleet.json";
const DAY_MS = 86_400_000;

const cleanUp = new AsyncDisposableStack();
const iam = createIam();
/** What the service takes for now. */
let now = Date.now();
/** Whether functions fail. */
let failing = false;
let service: SecretsManager;
let url: string;

beforeAll(async () => {
  service = createSecretsManager({
    now: () => new Date(now),
    attempts: 1,
    authorize: iam.authorize,
    functions:
      () =>
      async ({ Step, SecretId, ClientRequestToken }) => {
        if (failing) throw new Error("It fails.");
        const call = (operation: string, input: object) =>
          service.call(operation, { SecretId, ...input }, OPERATOR_ACCESS_KEY);
        if (Step === "createSecret")
          call("PutSecretValue", { ClientRequestToken, SecretString: "{}", VersionStages: ["AWSPENDING"] });
        if (Step === "finishSecret") {
          const { VersionIdsToStages }: Record<string, unknown> = { ...call("DescribeSecret", {}) };
          const [RemoveFromVersionId] =
            Object.entries(Object(VersionIdsToStages)).find(([, labels]) =>
              String(labels).includes("AWSCURRENT"),
            ) ?? [];
          call("UpdateSecretVersionStage", {
            VersionStage: "AWSCURRENT",
            MoveToVersionId: ClientRequestToken,
            RemoveFromVersionId,
          });
        }
      },
  });
  iam.attach(OPERATOR_ACCESS_KEY, { arn: OPERATOR, principalArn: OPERATOR, policies: [ADMINISTRATOR] });
  ({ url } = cleanUp.use(await serve(service)));
});
afterAll(() => cleanUp.disposeAsync());

/** A secret whose rotation was turned on when the service's clock showed so many days ago. */
async function secret(
  name: string,
  daysAgo: number,
  functionArn = FUNCTION,
  immediately = true,
): Promise<string> {
  now = Date.now() - daysAgo * DAY_MS;
  const call = (operation: string, input: object) =>
    Object(service.call(operation, { ClientRequestToken: randomUUID(), ...input }, OPERATOR_ACCESS_KEY));
  const { ARN } = call("CreateSecret", { Name: name, SecretString: "{}" });
  call("RotateSecret", {
    SecretId: ARN,
    RotationLambdaARN: functionArn,
    RotationRules: { AutomaticallyAfterDays: 30 },
    RotateImmediately: immediately,
  });
  await service.settled(ARN);
  now = Date.now();
  return ARN;
}

/** Runs the command as a role that has this policy and no other. */
async function list(policy: PolicyDocument, args: readonly string[] = [], run = rescue) {
  iam.attach("WATCHER", { arn: OPERATOR, principalArn: OPERATOR, policies: [policy] });
  const environment = { AWS_ACCESS_KEY_ID: "WATCHER" };
  return await run({ url, secretsManager: service }, ["list", ...args], { environment });
}

const whole = render(FILE, PLACEHOLDERS);

test("lists secrets that rotate with the worst first, and exits with 1 while one is overdue or stuck", async () => {
  await secret("fine", 3);
  expect((await list(whole)).exitCode).toBe(0);
  await secret("others", 3, OTHER);
  await secret("never", 1, FUNCTION, false);
  service.call("CancelRotateSecret", { SecretId: await secret("off", 3) }, OPERATOR_ACCESS_KEY);
  await secret("missed", 45);
  failing = true;
  await secret("stuck", 2);
  failing = false;
  service.call(
    "CreateSecret",
    { Name: "unmanaged", SecretString: "{}", ClientRequestToken: randomUUID() },
    OPERATOR_ACCESS_KEY,
  );

  const { stdout, exitCode, stderr } = await list(whole, [], rescueProcess);
  expect(stderr).toBe("");
  const lines = stdout.trim().split("\n");
  expect(lines.map((line) => line.split(/ +/).slice(0, 2).join(" "))).toEqual([
    "stuck stuck",
    "overdue missed",
    "off off",
    "never-rotated never",
    "ok fine",
    "ok others",
    "6 secrets",
  ]);
  expect(lines[0]).toMatch(/AWSPENDING since 2 days ago|AWSPENDING since 48 h ago/);
  expect(lines[1]).toMatch(/rotated 45 days ago, overdue by 1[45] days/);
  expect(exitCode).toBe(1);

  const options = ["--overdue", "--json", "--function", FUNCTION];
  const wrong = await list(whole, options, rescueProcess);
  expect(
    JSON.parse(wrong.stdout).map(({ name, state }: Record<string, string>) => `${name} ${state}`),
  ).toEqual(["stuck stuck", "missed overdue"]);
  expect((await list(whole, ["--function", OTHER])).exitCode).toBe(0);
});

test("takes both actions of its policy, reads no value, and names the statement that is missing", async () => {
  for (const need of needsOf(FILE, whole)) {
    const { exitCode, stderr } = await list(without(whole, need));
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${need.sid} of policies/${FILE}`);
  }
  const asked = new Set(iam.calls.filter(({ caller }) => caller === "WATCHER").map(({ action }) => action));
  expect([...asked].sort()).toEqual(["secretsmanager:DescribeSecret", "secretsmanager:ListSecrets"]);
});

test("lists 1,000 secrets in seconds", { timeout: 180_000 }, async () => {
  // The policies' judge is not what is measured.
  const large = createSecretsManager({ functions: () => async () => {}, attempts: 1 });
  await using server = await serve(large);
  for (let index = 0; index < 1000; index++) {
    const { ARN } = Object(
      large.call("CreateSecret", { Name: `s${index}`, SecretString: "{}", ClientRequestToken: randomUUID() }),
    );
    large.call("RotateSecret", {
      SecretId: ARN,
      ClientRequestToken: randomUUID(),
      RotationLambdaARN: FUNCTION,
      RotationRules: { AutomaticallyAfterDays: 30 },
      RotateImmediately: false,
    });
  }
  const before = url;
  url = server.url;
  const began = performance.now();
  const { stdout } = await list(whole);
  const seconds = (performance.now() - began) / 1000;
  url = before;
  expect(stdout).toContain("1000 secrets rotate");
  expect(seconds).toBeLessThan(30);
});
