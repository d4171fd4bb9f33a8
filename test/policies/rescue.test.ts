import { afterAll, expect, it } from "vitest";
import { startPostgresDatabase } from "../../local/postgres/database.ts";
import { RESCUE_ACCESS_KEY, type Rescued, rescue } from "../support/rescue.ts";
import { ACCOUNT, PLACEHOLDERS } from "./account.ts";
import { type PolicyDocument, render } from "./documents.ts";
import { strictly } from "./iam.ts";
import { type Need, needsOf, without } from "./needs.ts";
import { startScene } from "./scene.ts";

// An operator with these files as his only policies, at a secret of which a rotation is stuck.

const FILES = ["rescue.json", "read-secret-key.json", "master-secret-key.json"];
const OPERATOR = `arn:aws:iam::${ACCOUNT}:user/operator`;

/** The verb that fails without an action, by the statement that allows it. */
const VERB_OF: Readonly<Record<string, string>> = {
  ReadVersions: "explain",
  MoveLabels: "unstick",
  ReadMasterSecret: "reset",
  DecryptSecret: "explain",
  DecryptMasterSecret: "reset",
};

const database = await startPostgresDatabase();
const scene = await startScene(database, { bundle: "postgres-single-user", keys: true });
const { stack, iam } = scene;

afterAll(async () => {
  await scene[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** The function has no policies: its first rotation is stuck on a placeholder. */
async function stuckSecret(): Promise<{ arn: string; policies: PolicyDocument[] }> {
  const arn = await scene.newSecret();
  scene.attach([]);
  expect(await scene.rotate(arn)).toMatchObject({ failedAt: "createSecret" });
  const { masterarn } = await stack.value(arn);
  const values = {
    ...PLACEHOLDERS,
    RotationLambdaArn: stack.rotationFunction.arn,
    MasterSecretArn: String(masterarn),
    SecretArn: arn,
  };
  return { arn, policies: FILES.map((file) => render(file, values)) };
}

/** No version of the secret has the password then. */
async function changeByHand(arn: string): Promise<void> {
  const { username } = await stack.value(arn);
  await database.server.query(`ALTER ROLE ${username} PASSWORD 'by hand'`);
}

function runAs(policies: readonly PolicyDocument[], verb: string, arn: string): Promise<Rescued> {
  iam.attach(RESCUE_ACCESS_KEY, { arn: OPERATOR, principalArn: OPERATOR, policies });
  const consent = verb === "explain" ? [] : ["--yes"];
  return rescue(stack, [verb, "--secret-id", arn, ...consent], { caFile: database.caFile });
}

const needs = FILES.flatMap((file) => needsOf(file, render(file, PLACEHOLDERS)));

it("rescues with these policies, uses every action that they allow, and asks for no other", async () => {
  const { arn, policies } = await stuckSecret();

  expect(await runAs(policies, "explain", arn)).toMatchObject({ exitCode: 1, stderr: "" });
  expect(await runAs(policies, "unstick", arn)).toMatchObject({ exitCode: 0, stderr: "" });
  await changeByHand(arn);
  expect(await runAs(policies, "reset", arn)).toMatchObject({ exitCode: 0, stderr: "" });

  scene.attach(["rotation-single-user.json", "secret-key.json"].map(scene.render));
  expect(await scene.rotate(arn)).toEqual({ failedAt: undefined, error: "" });
  const judged = iam.judged.filter(({ principal }) => principal === OPERATOR);
  const asked = new Set(judged.map(({ action }) => action));
  expect([...asked].sort()).toEqual([...new Set(needs.map(({ action }) => action))].sort());
  const answers = await Promise.all(judged.map((request) => strictly(request, { identity: policies })));
  const unknown = answers.flatMap(({ unknownKeys }) => unknownKeys);
  expect(unknown.filter((key) => !key.startsWith("kms:EncryptionContext:"))).toEqual([]);
});

it.each(needs)("without $action in $sid a verb fails, and says so", async (need: Need) => {
  const { arn, policies } = await stuckSecret();
  const verb = String(VERB_OF[need.sid]);
  if (verb === "reset") await changeByHand(arn);
  const before = await stack.labels(arn);
  const reduced = policies.map((policy, index) =>
    FILES[index] === need.file ? without(policy, need) : policy,
  );

  const { exitCode, stderr } = await runAs(reduced, verb, arn);

  expect(stderr).toContain(`${need.sid} of policies/${need.file}`);
  expect(exitCode).toBe(1);
  expect(await stack.labels(arn)).toEqual(before);
});
