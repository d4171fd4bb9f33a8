import { randomUUID } from "node:crypto";
import { vi } from "vitest";
import type { RotationEvent, Step } from "../../../local/secrets-manager/events.ts";
import { serve } from "../../../local/secrets-manager/http.ts";
import { createSecretsManager } from "../../../local/secrets-manager/secrets-manager.ts";
import { openDoor } from "./door.ts";

/** What `rotation(engine, strategy)` makes. */
export type Handler = (event: object, context: { getRemainingTimeInMillis(): number }) => Promise<unknown>;

/**
 * Secrets Manager, with rotation functions that run in this process and call it over HTTP. There is one per process,
 * since the functions' client is.
 */
export interface Rotations extends AsyncDisposable {
  /** @returns the ARN. */
  createSecret(value: object): string;
  value(arn: string, label?: string): Record<string, string>;
  labels(arn: string): Record<string, string[]>;
  /** RotateSecret. Throws what the function threw. */
  rotate(arn: string, handler: Handler): Promise<void>;
  /** RotateSecret with RotateImmediately=false: the same for testSecret alone. */
  tryOut(arn: string, handler: Handler): Promise<void>;
  /** Begins a rotation, and leaves it there. @returns its token. */
  stage(arn: string): Promise<string>;
  /** Takes AWSPENDING away, so that another rotation can begin. */
  abandon(arn: string): void;
  /** Any call that a person who may write the secret can make. Returns what the service answers. */
  call(operation: string, input: object): Record<string, unknown>;
  /** Invokes one step, also while others run it. */
  invoke(handler: Handler, step: Step, arn: string, token: string, milliseconds?: number): Promise<void>;
  /** Waited for before a call of the function is handed on. */
  onCall: (operation: string) => Promise<void>;
  /** All that the functions have logged. */
  log(): string;
}

/** As in Lambda, settings are environment variables: these are set until it is disposed of. */
export async function openRotations(environment: Record<string, string>): Promise<Rotations> {
  await using cleanUp = new AsyncDisposableStack();
  const functions = new Map<string, (event: RotationEvent) => Promise<void>>();
  const thrown = new Map<string, unknown>();
  const secretsManager = createSecretsManager({ functions: (arn) => functions.get(arn), attempts: 1 });
  const service = cleanUp.use(await serve(secretsManager));
  const door = cleanUp.use(await openDoor(service.url));
  const log: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    const spy = vi.spyOn(stream, "write").mockImplementation((chunk) => {
      log.push(String(chunk));
      return true;
    });
    cleanUp.defer(() => spy.mockRestore());
  }
  const variables = {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: door.url,
    AWS_REGION: secretsManager.region,
    AWS_ACCESS_KEY_ID: "ASIALOCALFUNCTION0000",
    AWS_SECRET_ACCESS_KEY: "local",
    ...environment,
  };
  const before = { ...process.env };
  Object.assign(process.env, variables);
  cleanUp.defer(() => {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });

  /** What the service answers; its shape is AWS's, and the caller knows which operation it was. */
  const call = (operation: string, input: object) =>
    secretsManager.call(operation, input) as Record<string, unknown>;
  const invoke = async (
    handler: Handler,
    Step: Step,
    SecretId: string,
    ClientRequestToken: string,
    milliseconds = 30_000,
  ): Promise<void> => {
    await handler({ Step, SecretId, ClientRequestToken }, { getRemainingTimeInMillis: () => milliseconds });
  };

  async function start(arn: string, run: (event: RotationEvent) => Promise<void>, input: object = {}) {
    const RotationLambdaARN = `arn:aws:lambda:${secretsManager.region}:123456789012:function:${randomUUID()}`;
    thrown.delete(arn);
    functions.set(RotationLambdaARN, (event) =>
      run(event).catch((error: unknown) => {
        thrown.set(arn, error);
        throw error;
      }),
    );
    const RotationRules = { AutomaticallyAfterDays: 30 };
    const request = { SecretId: arn, ClientRequestToken: randomUUID(), RotationLambdaARN, RotationRules };
    call("RotateSecret", { ...request, ...input });
    await secretsManager.settled(arn);
    if (thrown.has(arn)) throw thrown.get(arn);
  }
  const runBy = (handler: Handler) => (event: RotationEvent) =>
    invoke(handler, event.Step, event.SecretId, event.ClientRequestToken);
  const labels = (arn: string) =>
    call("DescribeSecret", { SecretId: arn }).VersionIdsToStages as Record<string, string[]>; // AWS's shape.

  const open = cleanUp.move();
  const rotations: Rotations = {
    createSecret: (value) =>
      String(
        call("CreateSecret", {
          Name: randomUUID(),
          ClientRequestToken: randomUUID(),
          SecretString: JSON.stringify(value),
        }).ARN,
      ),
    value: (arn, label = "AWSCURRENT") =>
      JSON.parse(String(call("GetSecretValue", { SecretId: arn, VersionStage: label }).SecretString)),
    labels,
    rotate: (arn, handler) => start(arn, runBy(handler)),
    tryOut: (arn, handler) => start(arn, runBy(handler), { RotateImmediately: false }),
    stage: async (arn) => {
      const notYet = new Error("The rotation is only being staged.");
      await start(arn, () => Promise.reject(notYet)).catch((error: unknown) => {
        if (error !== notYet) throw error;
      });
      const staged = Object.entries(labels(arn)).find(([, all]) => all.includes("AWSPENDING"));
      if (staged === undefined) throw new Error("RotateSecret stages a version.");
      return staged[0];
    },
    abandon: (arn) => {
      const pending = Object.entries(labels(arn)).find(([, all]) => all.includes("AWSPENDING"));
      if (pending === undefined) return;
      const change = { VersionStage: "AWSPENDING", RemoveFromVersionId: pending[0] };
      call("UpdateSecretVersionStage", { SecretId: arn, ...change });
    },
    call,
    invoke,
    onCall: async () => {},
    log: () => log.join(""),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
  door.onCall = (operation) => rotations.onCall(operation);
  return rotations;
}
