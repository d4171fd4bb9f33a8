import { afterAll, expect, it } from "vitest";
import { startPostgresDatabase } from "../../local/servers/postgres/database.ts";
import { PREFLIGHT_ACCESS_KEY, preflight, startLambda } from "../preflight/command.ts";
import { ACCOUNT, PLACEHOLDERS } from "./account.ts";
import { type PolicyDocument, render } from "./documents.ts";
import { startFunctionUnderIam } from "./function-under-iam.ts";
import { isAllowed } from "./iam.ts";
import { needsOf, without } from "./needs.ts";

// An operator with policies/preflight.json as his only policy.

const FILE = "preflight.json";
const OPERATOR = `arn:aws:iam::${ACCOUNT}:user/operator`;

const database = await startPostgresDatabase();
const scene = await startFunctionUnderIam(database, { bundle: "postgres-single-user", keys: false });
const { stack, iam } = scene;
const values = { ...PLACEHOLDERS, RotationLambdaArn: stack.rotationFunction.arn };
let policy: PolicyDocument;
const lambda = await startLambda(stack, (accessKey) => {
  const context = { "aws:PrincipalArn": OPERATOR, "aws:PrincipalAccount": ACCOUNT };
  const request = {
    principal: OPERATOR,
    action: "lambda:InvokeFunction",
    resource: stack.rotationFunction.arn,
  };
  return accessKey === PREFLIGHT_ACCESS_KEY && isAllowed({ ...request, context }, { identity: [policy] });
});

afterAll(async () => {
  await lambda[Symbol.asyncDispose]();
  await scene[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function runWith(document: PolicyDocument) {
  policy = document;
  iam.attach(PREFLIGHT_ACCESS_KEY, { arn: OPERATOR, principalArn: OPERATOR, policies: [document] });
  return preflight(stack, lambda, ["--function", stack.rotationFunction.arn, "--all", "--json"]);
}

it("asks about all secrets with this policy, and fails without either of its actions", async () => {
  const arn = await scene.newSecret();
  scene.attach(["rotation-single-user.json"].map(scene.render));
  expect(await scene.rotate(arn)).toEqual({ failedAt: undefined, error: "" });
  const whole = render(FILE, values);

  const { exitCode, stdout } = await runWith(whole);
  expect(JSON.parse(stdout)).toMatchObject([{ secret: arn, outcome: "healthy" }]);
  expect(exitCode).toBe(0);

  for (const need of needsOf(FILE, whole)) {
    const less = await runWith(without(whole, need));
    expect(less.exitCode, need.action).toBe(1);
    expect(less.stdout + less.stderr).toContain("required permissions are in policies/preflight.json");
  }
});
