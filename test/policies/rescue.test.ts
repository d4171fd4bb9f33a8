import { randomUUID } from "node:crypto";
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, expect, it } from "vitest";
import { startPostgresDatabase } from "../../local/servers/postgres/database.ts";
import { putValue, removePending } from "../support/operator.ts";
import { RESCUE_ACCESS_KEY, type Rescued, rescue } from "../support/rescue.ts";
import { ACCOUNT, PLACEHOLDERS } from "./account.ts";
import { type PolicyDocument, render } from "./documents.ts";
import { startFunctionUnderIam } from "./function-under-iam.ts";
import { strictly } from "./iam.ts";
import { needsOf, without } from "./needs.ts";

// An operator with these files as his only policies, at a secret of which a rotation is stuck.

const FILES = ["rescue.json", "read-secret-key.json", "master-secret-key.json"];
const OPERATOR = `arn:aws:iam::${ACCOUNT}:user/operator`;

/** The verbs that fail without an action, by the statement that allows it. */
const VERBS_OF: Readonly<Record<string, readonly string[]>> = {
  ReadVersions: ["explain"],
  MoveLabels: ["unstick"],
  ReadMasterSecret: ["reset", "discard"],
  DecryptSecret: ["explain"],
  DecryptMasterSecret: ["reset", "discard"],
};

const database = await startPostgresDatabase();
const deployed = await startFunctionUnderIam(database, { bundle: "postgres-single-user", keys: true });
const { stack, iam } = deployed;

afterAll(async () => {
  await deployed[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** The function has no policies: its first rotation is stuck on a placeholder. */
async function stuckSecret(): Promise<{ arn: string; policies: PolicyDocument[] }> {
  const arn = await deployed.newSecret();
  deployed.attach([]);
  expect(await deployed.rotate(arn)).toMatchObject({ failedAt: "createSecret" });
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

/** Another user has had its turn before, and logs in with AWSPREVIOUS. */
async function takeTurns(arn: string): Promise<void> {
  const value = await stack.value(arn);
  const { username: master } = await stack.value(String(value.masterarn));
  const other = { username: `${value.username}_clone`, password: randomUUID() };
  await database.createUser(other.username, other.password);
  await database.server.query(`GRANT ${other.username} TO ${master} WITH ADMIN OPTION`);
  await database.server.query(`GRANT ${value.username} TO ${other.username}`);
  await putValue(stack, arn, { ...value, ...other });
  await putValue(stack, arn, value);
}

/** What is wrong with a stuck secret besides, for a verb to do something about it. */
const PREPARE: Readonly<Record<string, (arn: string) => Promise<void>>> = {
  reset: changeByHand,
  discard: async (arn) => {
    await removePending(stack, arn);
    await takeTurns(arn);
  },
};

function runAs(policies: readonly PolicyDocument[], verb: string, arn: string): Promise<Rescued> {
  iam.attach(RESCUE_ACCESS_KEY, { arn: OPERATOR, principalArn: OPERATOR, policies });
  const consent = verb === "explain" ? [] : ["--yes"];
  return rescue(stack, [verb, "--secret-id", arn, ...consent], { caFile: database.caFile });
}

const needs = FILES.flatMap((file) => needsOf(file, render(file, PLACEHOLDERS)));

it("rescue works with these policies, uses every action that they allow, and calls no other", async () => {
  const { arn, policies } = await stuckSecret();

  expect(await runAs(policies, "explain", arn)).toMatchObject({ exitCode: 1, stderr: "" });
  expect(await runAs(policies, "unstick", arn)).toMatchObject({ exitCode: 0, stderr: "" });
  await changeByHand(arn);
  expect(await runAs(policies, "reset", arn)).toMatchObject({ exitCode: 0, stderr: "" });
  await takeTurns(arn);
  expect(await runAs(policies, "discard", arn)).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await runAs(policies, "discard", arn)).stdout).toContain("nothing to turn off");

  deployed.attach(["rotation-single-user.json", "secret-key.json"].map(deployed.render));
  expect(await deployed.rotate(arn)).toEqual({ failedAt: undefined, error: "" });
  const judged = iam.judged.filter(({ principal }) => principal === OPERATOR);
  const asked = new Set(judged.map(({ action }) => action));
  expect([...asked].sort()).toEqual([...new Set(needs.map(({ action }) => action))].sort());
  const answers = await Promise.all(judged.map((request) => strictly(request, { identity: policies })));
  const unknown = answers.flatMap(({ unknownKeys }) => unknownKeys);
  expect(unknown.filter((key) => !key.startsWith("kms:EncryptionContext:"))).toEqual([]);
});

const failures = needs.flatMap((need) => {
  const verbs = VERBS_OF[need.sid] ?? expect.fail(`No verb is known to fail without ${need.sid}.`);
  return verbs.map((verb) => ({ verb, ...need }));
});

it.each(failures)(
  "$verb without $action in $sid fails and reports the missing permission",
  async ({ verb, ...need }) => {
    const { arn, policies } = await stuckSecret();
    await PREPARE[verb]?.(arn);
    const before = await stack.labels(arn);
    const reduced = policies.map((policy, index) =>
      FILES[index] === need.file ? without(policy, need) : policy,
    );

    const { exitCode, stderr } = await runAs(reduced, verb, arn);

    expect(stderr).toContain(`${need.sid} of policies/${need.file}`);
    expect(exitCode).toBe(1);
    expect(await stack.labels(arn)).toEqual(before);
  },
);

it("reports that these policies do not allow storing the missing login", async () => {
  const { policies } = await stuckSecret();
  const { ARN: arn = "" } = await stack.operator.send(new CreateSecretCommand({ Name: "empty" }));
  expect(await deployed.rotate(arn)).toMatchObject({ failedAt: "createSecret" });

  const { exitCode, stdout } = await runAs(policies, "explain", arn);

  expect(stdout).toContain(
    "That needs secretsmanager:PutSecretValue, which policies/rescue.json does not allow.",
  );
  expect(exitCode).toBe(1);
  const input = { SecretId: arn, ClientRequestToken: randomUUID(), SecretString: "{}" };
  expect(() => stack.secretsManager.call("PutSecretValue", input, RESCUE_ACCESS_KEY)).toThrow(
    "is not authorized to perform: secretsmanager:PutSecretValue",
  );
});
