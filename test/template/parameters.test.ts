import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSettings } from "../../shared/secret/settings.ts";
import { ACCEPTED, REFUSED } from "./schedules.ts";
import { createStack, propertiesOf } from "./stack.ts";
import { type Json, ROOT, readTemplate } from "./template.ts";

const template = readTemplate();
const { Parameters, Conditions } = template;
const { Parameters: _p, Metadata: _m, ...rest } = template;
const whole = JSON.stringify(rest);

const accepts = (name: string, value: string) =>
  new RegExp(`^(?:${Parameters[name]?.AllowedPattern})$`).test(value);

describe("the parameters", () => {
  it("have the names of the parameters of AWS's applications", () => {
    const known = [
      "functionName",
      "endpoint",
      "kmsKeyArn",
      "excludeCharacters",
      "vpcSubnetIds",
      "vpcSecurityGroupIds",
    ];
    expect(Object.keys(Parameters)).toEqual(
      expect.arrayContaining([...known, "masterSecretArn", "masterSecretKmsKeyArn"]),
    );
  });

  it("are each in one group of the console, and are all used", () => {
    const grouped = template.Metadata["AWS::CloudFormation::Interface"].ParameterGroups.flatMap(
      (group) => group.Parameters,
    );
    expect(grouped.toSorted()).toEqual(Object.keys(Parameters).sort());
    for (const name of grouped) {
      expect(whole, name).toMatch(new RegExp(`"Ref":"${name}"|\\$\\{${name}\\}`));
    }
  });

  it("have a default that their own pattern allows, except for three", () => {
    const without = Object.keys(Parameters).filter((name) => Parameters[name]?.Default === undefined);
    expect(without).toEqual(["engine", "strategy", "functionName"]);
    for (const [name, { Default = "", AllowedPattern, AllowedValues }] of Object.entries(Parameters)) {
      if (AllowedPattern && !without.includes(name)) {
        expect(accepts(name, String(Default)), name).toBe(true);
      }
      if (AllowedValues && !without.includes(name)) {
        expect(AllowedValues, name).toContain(Default);
      }
    }
  });

  it.each([
    ["masterSecretArn", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/master-a1B2c3"],
    [
      "masterSecretArn",
      "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:rds!cluster-0a1b2c3d-Z9y8X7",
    ],
    [
      "masterSecretArn",
      "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-a1B2c3,arn:aws:secretsmanager:eu-west-1:123456789012:secret:b-a1B2c3",
    ],
    ["kmsKeyArn", "arn:aws-cn:kms:cn-north-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    ["kmsKeyArn", "arn:aws:kms:us-east-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab"],
    ["rotationRoleArn", "arn:aws:iam::123456789012:role/service/rotation"],
    ["customPermissionBoundary", "arn:aws:iam::123456789012:policy/boundary"],
    ["alarmTopicArn", "arn:aws:sns:us-east-1:123456789012:on-call"],
    ["vpcSubnetIds", "subnet-0123456789abcdef0,subnet-01234567"],
    ["endpoint", "https://vpce-0a1b.secretsmanager.us-east-1.vpce.amazonaws.com"],
    ["secretArn", Array(5).fill("arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-a1B2c3").join(",")],
    ["runtimeVersionArn", "arn:aws:lambda:eu-west-1::runtime:0a1b2c3d4e5f"],
    [
      "codeSigningConfigArn",
      "arn:aws:lambda:eu-west-1:123456789012:code-signing-config:csc-0123456789abcdef0",
    ],
    ["kmsKeyArn", "arn:aws:kms:us-east-1:123456789012:key/a-1,arn:aws:kms:us-east-1:123456789012:key/b-2"],
    ["rolePath", "/rotation/"],
  ])("%s may be %s", (name, value) => {
    expect(accepts(name, value)).toBe(true);
  });

  it.each([
    ["masterSecretArn", "db/master"],
    ["masterSecretArn", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/users"],
    ["masterSecretArn", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-??????"],
    ["masterSecretArn", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-a1B2c3,b"],
    ["secretArn", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:*"],
    ["kmsKeyArn", "1234abcd-12ab-34cd-56ef-1234567890ab"],
    ["kmsKeyArn", "arn:aws:kms:us-east-1:123456789012:alias/secrets"],
    ["kmsKeyArn", "arn:aws:kms:us-east-1:123456789012:key/*"],
    ["rotationRoleArn", "rotation"],
    ["alarmTopicArn", "on-call"],
    ["vpcSubnetIds", "subnet-0123456789abcdef0,vpc-01234567"],
    ["endpoint", "http://127.0.0.1:8080"],
    ["secretArn", Array(6).fill("arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-a1B2c3").join(",")],
    ["logGroupKmsKeyArn", "arn:aws:kms:us-east-1:123456789012:alias/logs"],
    ["functionName", "arn:aws:lambda:us-east-1:123456789012:function:f"],
  ])("%s may not be %s", (name, value) => {
    expect(accepts(name, value)).toBe(false);
  });
});

describe("the schedule", () => {
  it.each(ACCEPTED)("may be %s", (value) => {
    expect(accepts("schedule", value)).toBe(true);
  });

  it.each(REFUSED)("may not be %s", (value) => {
    expect(accepts("schedule", value)).toBe(false);
  });

  it("has a window that ends within the UTC day, for every hour and length", () => {
    for (let hour = 0; hour < 24; hour++) {
      for (let length = 1; length <= 24; length++) {
        const value = `cron(0 ${hour} 1 * ? *) for ${length}h`;
        expect(accepts("schedule", value), value).toBe(hour + length <= 24);
      }
    }
  });
});

describe("every parameter", () => {
  it.each(Object.entries(Parameters))(
    "%s has a description that is a noun phrase",
    (_name, { Description = "" }) => {
      expect(Description).toMatch(/^\S.{10,}\.$/s);
      expect(Description).not.toMatch(/\b(who|whoever|nobody|somebody|one's)\b/i);
      expect(Description.length).toBeLessThanOrEqual(4000);
    },
  );
});

describe("the conditions", () => {
  it("are all defined, and all used", () => {
    const used = [...whole.matchAll(/"(?:Condition":|Fn::If":\[)"(\w+)"/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual(Object.keys(Conditions).sort());
  });
});

describe("the environment of the function", () => {
  /** What the code reads, all in one place; and what goes to the SDK's client. */
  const source = readFileSync(join(ROOT, "shared/secret/settings.ts"), "utf8");
  const names = [...source.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name = ""]) => name);
  const variables = new Set([...names, "SECRETS_MANAGER_ENDPOINT"]);

  const settable = template.Globals?.Function.Environment as { Variables: Record<string, Json> };

  it("has every variable that the code reads, and no other", () => {
    expect(Object.keys(settable.Variables).sort()).toEqual([...variables].sort());
  });

  it.each([...variables])("%s is a parameter", (name) => {
    const camel = name.toLowerCase().replace(/_(.)/g, (_match, letter: string) => letter.toUpperCase());
    const parameter = name === "SECRETS_MANAGER_ENDPOINT" ? "endpoint" : camel;
    expect(JSON.stringify(settable.Variables[name])).toContain(`{"Ref":"${parameter}"}`);
  });

  it("is accepted by the code: with all defaults, and with everything set", () => {
    const environment = (parameters: Record<string, string>) => {
      const given = { engine: "postgres", functionName: "rotate", ...parameters };
      const stack = createStack(template, { strategy: "master-user", ...given });
      return (
        propertiesOf(stack, "PostgresMasterUserFunction").Environment as { Variables: Record<string, string> }
      ).Variables;
    };
    const defaults = environment({});
    expect(readSettings(defaults)).toEqual(readSettings({}));
    const masterSecretArn = "arn:a,arn:b";
    const all = {
      masterSecretArn,
      databaseHost: "h",
      databaseCaFile: "/opt/ca.pem",
      excludeCharacters: "%",
      connectionUrlKeys: "DATABASE_URL,spring.datasource.url",
      endpoint: "https://e",
    };
    const every = environment({
      ...all,
      passwordInSql: "plaintext",
      excludeNumbers: "true",
      passwordLength: "40",
    });
    expect(Object.keys(every).sort()).toEqual([...variables].sort());
    expect(readSettings(every)).toMatchObject({
      MASTER_SECRET_ARN: "arn:a",
      DATABASE_HOST: "h",
      EXCLUDE_NUMBERS: true,
      CONNECTION_URL_KEYS: ["DATABASE_URL", "spring.datasource.url"],
    });
  });
});
