import { basename, join, resolve } from "node:path";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { type LambdaFunction, startFunction } from "./lambda/function.ts";
import type { Invoke, RotationEvent } from "./secrets-manager/events.ts";
import { serve } from "./secrets-manager/http.ts";
import {
  createSecretsManager,
  type SecretsManager,
  type SecretsManagerOptions,
} from "./secrets-manager/secrets-manager.ts";

/** A deployment on this machine: Secrets Manager and one rotation function. */
export interface Stack extends AsyncDisposable {
  readonly secretsManager: SecretsManager;
  /** URL of Secrets Manager, for any SDK or the AWS CLI. */
  readonly url: string;
  /** A client with all permissions. It uses HTTP, as the function does. */
  readonly operator: SecretsManagerClient;
  readonly rotationFunction: LambdaFunction;
  /** Every line that the function wrote to its log. */
  readonly log: readonly string[];
  /** @returns the ARN. */
  createSecret(name: string, value: object): Promise<string>;
  /** The value of a version, by staging label or version id. Default: AWSCURRENT. */
  value(
    arn: string,
    selector?: Omit<GetSecretValueCommandInput, "SecretId">,
  ): Promise<Record<string, unknown>>;
  labels(arn: string): Promise<Record<string, string[]>>;
  /** Calls RotateSecret with the function, and waits until the service has finished or abandoned the rotation. */
  rotate(arn: string): Promise<RotationOutcome>;
}

export interface RotationOutcome {
  readonly succeeded: boolean;
  /** Message of the error that the function threw last. */
  readonly error: string | undefined;
}

export interface StackOptions {
  /** Folder below dist/, such as "postgres-single-user", or a path of another folder. */
  readonly bundle: string;
  /** The function's environment variables. */
  readonly environment?: Record<string, string>;
  readonly timeoutSeconds?: number;
  /** Path of a runtime client. Default: local/lambda/bootstrap.ts. */
  readonly bootstrap?: string;
  readonly service?: Omit<SecretsManagerOptions, "functions">;
  /** Awaited after a request has taken effect, and before the service answers it. */
  readonly beforeAnswer?: () => Promise<void>;
  /** Replaces how the service invokes the function. Default: once for each step. */
  readonly onInvoke?: (event: RotationEvent, invoke: Invoke) => Promise<void>;
  /** Receives the error of a failed invocation: Lambda's error, with its payload. */
  readonly onFailure?: (error: unknown) => void;
}

/** The access key of the function's role. Secrets Manager distinguishes the function from the operator by the key. */
export const FUNCTION_ACCESS_KEY = "ASIALOCALFUNCTION0000";

/** The access key of the operator. */
export const OPERATOR_ACCESS_KEY = "AKIALOCALOPERATOR0000";

export async function startStack(options: StackOptions): Promise<Stack> {
  await using cleanUp = new AsyncDisposableStack();
  const log: string[] = [];
  const functions = new Map<string, Invoke>();
  const secretsManager = createSecretsManager({
    ...options.service,
    functions: (arn) => functions.get(unqualified(arn)),
  });
  const { url } = cleanUp.use(await serve(secretsManager, { beforeAnswer: options.beforeAnswer }));
  const rotationFunction = cleanUp.use(
    await startFunction({
      name: basename(options.bundle),
      bundle: resolve(join(import.meta.dirname, "..", "dist"), options.bundle),
      environment: options.environment,
      timeoutSeconds: options.timeoutSeconds,
      bootstrap: options.bootstrap,
      secretsManagerUrl: url,
      accessKeyId: FUNCTION_ACCESS_KEY,
      onLog: (line) => log.push(line),
    }),
  );
  const { onInvoke = (event, invoke) => invoke(event) } = options;
  functions.set(rotationFunction.arn, (event) =>
    onInvoke(event, (one) =>
      rotationFunction.invoke(one).catch((error: unknown) => {
        options.onFailure?.(error);
        throw error;
      }),
    ),
  );

  const operator = new SecretsManagerClient({
    region: secretsManager.region,
    endpoint: url,
    credentials: { accessKeyId: OPERATOR_ACCESS_KEY, secretAccessKey: "local" },
  });
  cleanUp.defer(() => operator.destroy());

  const running = cleanUp.move();
  return {
    secretsManager,
    url,
    operator,
    rotationFunction,
    log,
    createSecret: async (name, value) => {
      const answer = await operator.send(
        new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(value) }),
      );
      return answer.ARN ?? "";
    },
    value: async (arn, selector = {}) => {
      const answer = await operator.send(new GetSecretValueCommand({ SecretId: arn, ...selector }));
      return JSON.parse(answer.SecretString ?? "null");
    },
    labels: async (arn) => {
      const answer = await operator.send(new DescribeSecretCommand({ SecretId: arn }));
      return answer.VersionIdsToStages ?? {};
    },
    rotate: async (arn) => {
      let succeeded = false;
      let error: string | undefined = "The rotation was given up.";
      const stopObserving = secretsManager.observe((event) => {
        if (event.secretArn !== arn) {
          return;
        }
        if (event.type === "rotationSucceeded") {
          succeeded = true;
          error = undefined;
        } else if (event.type === "stepFinished" && event.error !== undefined) {
          error = event.error;
        }
      });
      try {
        const RotationRules = { AutomaticallyAfterDays: 30 };
        const input = { SecretId: arn, RotationLambdaARN: rotationFunction.arn, RotationRules };
        await operator.send(new RotateSecretCommand(input));
        await secretsManager.settled(arn);
      } finally {
        stopObserving();
      }
      return { succeeded, error };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** The ARN without a version or an alias. */
function unqualified(functionArn: string): string {
  return functionArn.split(":").slice(0, 7).join(":");
}
