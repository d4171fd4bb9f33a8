import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import * as v from "valibot";
import { expect } from "vitest";
import type { Database } from "../../local/database.ts";
import { createRotatedUser } from "../../local/rotated-user.ts";
import { ServiceError } from "../../local/secrets-manager/errors.ts";
import { FUNCTION_ACCESS_KEY, type Stack, startStack } from "../../local/stack.ts";
import { reportSchema } from "../../preflight/schema.ts";
import type { Report } from "../../shared/preflight/report.ts";
import type { Check, CheckName } from "../../shared/report/examination.ts";
import { observeCalls } from "../support/calls.ts";
import { findSecrets } from "../support/find-secrets.ts";
import { putValue, tryOut } from "../support/operator.ts";
import { passwordsOf } from "../support/rescue.ts";

/** The service's clock goes after: what has just been changed is old, and no rotation under way. */
const AGO_MS = 600_000;

/** A server whose superuser runs statements, of any product. */
export interface TestDatabase extends Database {
  readonly server: { query(statement: string): Promise<unknown>; log(): Promise<string> };
}

/** A deployed function and its database. */
export interface World extends AsyncDisposable {
  readonly strategy: "single-user" | "master-user";
  readonly database: TestDatabase;
  readonly stack: Stack;
  /** As the superuser, one after the other. */
  sql(...statements: string[]): Promise<void>;
  /** The function's role may not call this for secrets whose ARN has this in it, until it is allowed again. */
  deny(operation: string, secret?: string, by?: "IAM" | "KMS"): void;
  allow(): void;
  /** The function's environment variables, besides DATABASE_CA_FILE. */
  configure(environment: Record<string, string>): Promise<void>;
  /** Whether the service's clock shows the time as it is. */
  setClock(which: "right" | "behind"): void;
  newUser(): Promise<User>;
  /** Replaces keys of the secret's current value; undefined takes one away. */
  edit(arn: string, keys: Record<string, unknown>): Promise<void>;
  /** Asks the function, and holds the answer to the schema, to its promises and to the canary. */
  report(arn: string): Promise<Report>;
}

/** A user with a secret whose rotation is on, and has not run yet. */
export interface User {
  readonly arn: string;
  readonly name: string;
  readonly clone: string;
  readonly master: string;
  readonly masterArn: string;
}

let users = 0;

export async function openWorld(
  database: TestDatabase,
  engine: string,
  strategy: World["strategy"],
  timeoutSeconds = 30,
): Promise<World> {
  await using cleanUp = new AsyncDisposableStack();
  const usual = { DATABASE_CA_FILE: database.caFile };
  let denied: { operation: string; secret: string; by: "IAM" | "KMS" } | undefined;
  let ago = AGO_MS;
  const stack = cleanUp.use(
    await startStack({
      bundle: `${engine}-${strategy}`,
      environment: usual,
      timeoutSeconds,
      service: {
        attempts: 1,
        now: () => new Date(Date.now() - ago),
        authorize: ({ caller, action, resource }) => {
          if (!denied || caller !== FUNCTION_ACCESS_KEY || action !== `secretsmanager:${denied.operation}`)
            return;
          if (!resource.includes(denied.secret)) return;
          const what =
            denied.by === "KMS"
              ? "Access to KMS is not allowed"
              : `User is not authorized to perform: ${action}`;
          throw new ServiceError("AccessDeniedException", what);
        },
      },
    }),
  );
  const running = cleanUp.move();
  const world: World = {
    strategy,
    database,
    stack,
    sql: async (...statements) => {
      for (const statement of statements) await database.server.query(statement);
    },
    deny: (operation, secret = "", by = "IAM") => {
      denied = { operation, secret, by };
    },
    allow: () => {
      denied = undefined;
    },
    configure: (environment) => stack.rotationFunction.configure({ ...usual, ...environment }),
    setClock: (which) => {
      ago = which === "right" ? 0 : AGO_MS;
    },
    newUser: async () => {
      const name = `app_${engine}_${strategy.slice(0, 1)}${++users}`;
      const { secretArn } = await createRotatedUser({
        database,
        username: name,
        strategy,
        createSecret: stack.createSecret,
      });
      expect(await tryOut(stack, secretArn), "The set-up is whole before it is broken").toBe(true);
      const { masterarn } = await stack.value(secretArn);
      const pair = { clone: `${name}_clone`, master: `${name}_master`, masterArn: String(masterarn) };
      return { arn: secretArn, name, ...pair };
    },
    edit: async (arn, keys) => {
      const value = { ...(await stack.value(arn)), ...keys };
      await putValue(stack, arn, value);
    },
    report: (arn) => report(world, arn),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
  return world;
}

async function report({ stack }: World, arn: string): Promise<Report> {
  using calls = observeCalls(stack);
  const before = stack.log.length;
  const answer = await stack.rotationFunction.ask({ Step: "preflight", SecretId: arn });
  const said = [JSON.stringify(answer), ...stack.log.slice(before)].join("\n");
  expect(findSecrets(passwordsOf(stack), said), "passwords in what preflight says").toEqual([]);
  expect(calls.writes(), "writes of preflight").toEqual([]);
  expect(said).not.toContain('"outcome":"failed"');
  return v.parse(reportSchema, answer);
}

/** The check of a report; it must be there. */
export function checkOf({ checks }: Report, name: CheckName): Check {
  return checks.find((check) => check.name === name) ?? expect.fail(`There is no check ${name}.`);
}

/** The failed checks and what they failed with: `login: login-rejected`. */
export function failures({ checks }: Report): string[] {
  return checks.filter(({ status }) => status === "failed").map(({ name, reason }) => `${name}: ${reason}`);
}

/** A secret without any version, whose rotation was turned on all the same. */
export async function emptySecret({ stack }: World, name: string): Promise<string> {
  const { ARN = "" } = await stack.operator.send(new CreateSecretCommand({ Name: name }));
  await tryOut(stack, ARN);
  return ARN;
}
