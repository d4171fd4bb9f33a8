import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, test } from "vitest";
import type { Invoke, ServiceEvent } from "../../local/secrets-manager/events.ts";
import { serve } from "../../local/secrets-manager/http.ts";
import { createSecretsManager } from "../../local/secrets-manager/secrets-manager.ts";
import { type CaseId, LOCAL_ONLY } from "./cases.ts";

/**
 * The service under test: the local one, or with CONFORMANCE_ENDPOINT=aws the real one, with the credentials and the
 * region of the environment. Nothing is skipped against the local one.
 */
const againstAws = process.env.CONFORMANCE_ENDPOINT === "aws";

const functions = new Map<string, Invoke>();

/** The local service, for its events and for waiting; real AWS never reaches the cases that use it. */
export const local = createSecretsManager({
  functions: (arn) => functions.get(arn),
  retryDelayMilliseconds: 5,
});

const server = againstAws ? undefined : await serve(local);

/** Where the local service listens. */
export const endpoint = server?.url;

export const client = new SecretsManagerClient(
  server === undefined
    ? {}
    : {
        endpoint: server.url,
        region: local.region,
        credentials: { accessKeyId: "conformance", secretAccessKey: "conformance" },
      },
);

afterAll(async () => {
  client.destroy();
  await server?.[Symbol.asyncDispose]();
});

/** One case of the table. Its title begins with its id; a case that AWS cannot run is skipped there, and printed. */
export function conform(title: `${CaseId} ${string}`, run: () => Promise<void>): void {
  const id = title.split(" ", 1)[0];
  const skipped = againstAws && LOCAL_ONLY.some((one) => one === id);
  if (skipped) process.stdout.write(`Not run against AWS: ${title}\n`);
  test.skipIf(skipped)(title, run);
}

/** Makes a rotation function callable by RotateSecret; returns its ARN. */
export function register(invoke: Invoke): string {
  const arn = `arn:aws:lambda:${local.region}:${local.account}:function:function-${functions.size}`;
  functions.set(arn, invoke);
  return arn;
}

/** What the local service tells its observers about one secret, from now on. */
export function eventsOf(secretArn: string): ServiceEvent[] {
  const events: ServiceEvent[] = [];
  local.observe((event) => {
    if (event.secretArn === secretArn) events.push(event);
  });
  return events;
}
