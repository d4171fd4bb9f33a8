import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { COMBINATIONS, title } from "./combinations.ts";
import { createStack } from "./stack.ts";
import { type Json, ROOT, readTemplate } from "./template.ts";

/** Actions that IAM has for no resource, or whose resource is not known beforehand: AWS documents them with "*". */
const ON_EVERYTHING = [
  "secretsmanager:GetRandomPassword",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
];

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
}

// The rules of cfn-guard's and cdk-nag's packs for Lambda and IAM, as far as they are about what stands here.
describe.each(COMBINATIONS.map((combination) => [title(combination), combination] as const))(
  "what a reviewer asks of %s",
  (_title, { parameters }) => {
    const { resources } = createStack(readTemplate(), {
      ...parameters,
      secretArn: "arn:secret",
      schedule: "cron(0 3 1 * ? *)",
      alarmTopicArn: "arn:topic",
    });
    const all = Object.values(resources);
    const ofType = (type: string) =>
      all.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);

    const statements = ofType("AWS::IAM::Role").flatMap(({ Policies }) =>
      (Policies as unknown as { PolicyDocument: { Statement: Statement[] } }[]).flatMap(
        ({ PolicyDocument }) => PolicyDocument.Statement,
      ),
    );

    it("no wildcard action, and no wildcard resource if IAM supports another", () => {
      expect(statements.length).toBeGreaterThan(2);
      for (const { Effect, Action, Resource } of statements) {
        expect(String(Action)).not.toContain("*");
        if (Effect === "Allow" && [Resource].flat().includes("*")) {
          expect(ON_EVERYTHING).toEqual(expect.arrayContaining([Action].flat()));
        }
      }
    });

    it("no managed policy, no user, no key", () => {
      expect(JSON.stringify(resources)).not.toMatch(/ManagedPolicyArns|AWS::IAM::(User|AccessKey)/);
    });

    it("a runtime that is supported, explicit memory and timeout, no environment variable that looks like a password", () => {
      for (const { Runtime, MemorySize, Timeout, Environment } of ofType("AWS::Serverless::Function")) {
        expect(Runtime).toBe("nodejs24.x");
        expect(Number(MemorySize)).toBeGreaterThan(128);
        expect(Number(Timeout)).toBeGreaterThan(3);
        expect(Number(Timeout)).toBeLessThan(900);
        const { Variables } = Environment as { Variables: Record<string, Json> };
        const reserved = Object.keys(Variables).filter((name) =>
          /^(AWS_|LAMBDA_|_)|PASSWORD$|SECRET$|TOKEN$/.test(name),
        );
        expect(reserved).toEqual([]);
      }
    });

    it("a service may invoke only for this account", () => {
      for (const permission of ofType("AWS::Lambda::Permission")) {
        expect(permission.SourceAccount).toBe(`\${AccountId}`);
        expect(permission.Principal).not.toBe("*");
      }
    });

    it("logs have a retention time", () => {
      for (const { RetentionInDays } of ofType("AWS::Logs::LogGroup")) {
        expect(Number(RetentionInDays)).toBeGreaterThan(0);
      }
    });

    it("no security group accepts traffic from all addresses", () => {
      const open = ofType("AWS::EC2::SecurityGroup").filter(({ SecurityGroupIngress = [] }) =>
        JSON.stringify(SecurityGroupIngress).includes("0.0.0.0/0"),
      );
      expect(open).toEqual([]);
    });
  },
);

describe("the template itself", () => {
  const text = readFileSync(join(ROOT, "template.yaml"), "utf8");

  it("names no partition, region or account", () => {
    const resources = text.slice(text.indexOf("\nResources:"));
    expect(resources).not.toMatch(/arn:aws|amazonaws\.com\.cn|[a-z]{2}-[a-z]+-\d|\d{12}/);
  });

  it("suppresses no rule of a linter", () => {
    expect(text).not.toMatch(/cfn-lint|cfn_nag|cdk_nag|guard:|checkov/i);
  });
});
