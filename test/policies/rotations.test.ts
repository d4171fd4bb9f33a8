import { randomUUID } from "node:crypto";
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPostgresDatabase } from "../../local/servers/postgres/database.ts";
import { FUNCTION_ACCESS_KEY } from "../../local/stack.ts";
import { holder } from "../support/operator.ts";
import { type FunctionUnderIam, startFunctionUnderIam } from "./function-under-iam.ts";
import { strictly } from "./iam.ts";
import { LIST_VERSIONS, needsOf, without } from "./needs.ts";

const SUCCESS = { failedAt: undefined, error: "" };
const SERVICE_KEY = "with the key of the service";
const CUSTOMER_KEYS = "with customer managed keys";

const ROLES = [
  { strategy: "single-user", key: SERVICE_KEY, files: ["rotation-single-user.json"] },
  { strategy: "single-user", key: CUSTOMER_KEYS, files: ["rotation-single-user.json", "secret-key.json"] },
  { strategy: "master-user", key: SERVICE_KEY, files: ["rotation-master-user.json"] },
  {
    strategy: "master-user",
    key: CUSTOMER_KEYS,
    files: ["rotation-master-user.json", "secret-key.json", "master-secret-key.json"],
  },
];

const database = await startPostgresDatabase();
const functions = new Map<object, FunctionUnderIam>();
for (const role of ROLES) {
  const options = { bundle: `postgres-${role.strategy}`, keys: role.key === CUSTOMER_KEYS };
  functions.set(role, await startFunctionUnderIam(database, options));
}

afterAll(async () => {
  for (const deployed of functions.values()) await deployed[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

describe.each(ROLES)("a $strategy rotation $key", (role) => {
  const deployed = functions.get(role) as FunctionUnderIam; // Each role has one.
  const { iam, stack } = deployed;
  const policies = role.files.map(deployed.render);
  const needs = role.files
    .flatMap((file) => needsOf(file, deployed.render(file)))
    .filter(({ action }) => action !== LIST_VERSIONS); // In abandoned.test.ts.

  describe("with these policies", () => {
    let secret: string;
    const served: string[] = [];
    const judged = () => iam.judged.filter(({ principal }) => principal.includes(":assumed-role/"));

    beforeAll(async () => {
      deployed.attach(policies);
      secret = await deployed.newSecret();
      const stop = stack.secretsManager.observe((event) => {
        if (event.type === "request" && event.caller === FUNCTION_ACCESS_KEY) served.push(event.operation);
      });
      expect(await deployed.rotate(secret)).toEqual(SUCCESS);
      expect(await deployed.rotate(secret)).toEqual(SUCCESS);
      stop();
    });

    it("succeeds twice, and every call was authorized", () => {
      const calls = iam.calls.filter(({ caller }) => caller === FUNCTION_ACCESS_KEY);

      expect(calls.map(({ action }) => action.replace("secretsmanager:", ""))).toEqual(served);
      expect(served.length).toBeGreaterThan(20);
    });

    it("uses every action that they allow, and calls no other", () => {
      const asked = new Set(judged().map(({ action }) => action));

      expect([...asked].sort()).toEqual([...new Set(needs.map(({ action }) => action))].sort());
    });

    it("uses condition keys that IAM defines", async () => {
      const answers = await Promise.all(judged().map((request) => strictly(request, { identity: policies })));

      // The reference has these with a free part, of which the evaluator makes nothing.
      const unknown = answers.flatMap(({ unknownKeys }) => unknownKeys);
      expect(unknown.filter((key) => !key.startsWith("kms:EncryptionContext:"))).toEqual([]);
    });

    it("succeeds if finishSecret runs in another process and has to repeat the checks of testSecret", async () => {
      const SecretId = await deployed.newSecret();
      const noMove =
        needs.find(({ refusedAt }) => refusedAt === "finishSecret") ?? expect.fail("It moves a label.");
      deployed.attach(
        policies.map((policy, index) =>
          role.files[index] === noMove.file ? without(policy, noMove) : policy,
        ),
      );
      expect(await deployed.rotate(SecretId)).toMatchObject({ failedAt: "finishSecret" });
      deployed.attach(policies);
      await stack.rotationFunction.kill();
      const token = (await holder(stack, SecretId, "AWSPENDING")) ?? expect.fail("The rotation is not over.");
      const before = judged().length;

      await stack.rotationFunction.invoke({ Step: "finishSecret", SecretId, ClientRequestToken: token });

      expect(await holder(stack, SecretId, "AWSCURRENT")).toBe(token);
      expect(
        judged()
          .slice(before)
          .filter(({ action }) => action === "secretsmanager:GetSecretValue"),
      ).toHaveLength(2);
    });

    it("succeeds if the resource policy denies writes to every other principal, also to administrators", async () => {
      iam.protect(secret, deployed.render("protect-secret.json"));
      const write = stack.operator.send(new PutSecretValueCommand({ SecretId: secret, SecretString: "{}" }));

      await expect(write).rejects.toThrow("not authorized to perform: secretsmanager:PutSecretValue");
      expect(await deployed.rotate(secret)).toEqual(SUCCESS);
    });

    it("fails for a secret that this function does not rotate", async () => {
      const SecretId = await deployed.newSecret();
      const event = { Step: "createSecret", SecretId, ClientRequestToken: randomUUID() };

      await expect(stack.rotationFunction.invoke(event)).rejects.toThrow(
        /not authorized to perform: secretsmanager:DescribeSecret .*RotateSecrets of policies.*this one/,
      );
    });

    const masters = role.files.filter((file) => file === "rotation-master-user.json");

    it.each(masters)("fails with a master secret that %s does not name", async (file) => {
      const master = await deployed.newSecret();

      const { failedAt, error } = await deployed.rotate(await deployed.newSecret({ masterarn: master }));

      expect(failedAt).toBe("setSecret");
      expect(error).toContain(`may not read the master secret ${master}`);
      expect(error).toContain(`ReadMasterSecret of policies/${file}`);
    });
  });

  it.each(needs)(
    "fails at $refusedAt without $action in $sid, and reports the missing permission",
    async (need) => {
      const reduced = policies.map((policy, index) =>
        role.files[index] === need.file ? without(policy, need) : policy,
      );
      deployed.attach(reduced);
      const secret = await deployed.newSecret();
      const before = await stack.value(secret);

      const { failedAt, error } = await deployed.rotate(secret);

      expect(failedAt).toBe(need.refusedAt);
      expect(error).toMatch(new RegExp(`\\b${need.sid} of policies/[^;,]*${need.file}`));
      expect(error).not.toContain(String(before.password));
      expect(await stack.value(secret)).toEqual(before);
    },
  );
});
