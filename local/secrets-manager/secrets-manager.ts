import { setTimeout as delay } from "node:timers/promises";
import { type Authorize, authorizationRequest } from "./authorization.ts";
import { ServiceError } from "./errors.ts";
import type { Invoke, Observer, ServiceEvent } from "./events.ts";
import type { Context, PreparedCall } from "./operation.ts";
import { OPERATIONS } from "./operations/table.ts";
import { createRegions } from "./regions.ts";
import { createRotationService } from "./rotation-service.ts";

export interface SecretsManagerOptions {
  /** The Region of a call that names none. Default: us-east-1. */
  region?: string;
  /** Default: 123456789012. */
  account?: string;
  /** Finds a rotation function by ARN. RotateSecret rejects an ARN without a function. Default: no functions. */
  functions?: (lambdaArn: string) => Invoke | undefined;
  authorize?: Authorize;
  /** Attempts at a whole rotation, including the first. Default: 3. */
  attempts?: number;
  /** Pause between two attempts. Default: 200. */
  retryDelayMilliseconds?: number;
  /** Waits between two attempts. Default: a timer. */
  wait?: (milliseconds: number) => Promise<unknown>;
  /** Leaves AWSPENDING on the promoted version, as AWS does at times. Default: false. */
  keepPendingAfterSuccess?: boolean;
  /** Clock for purges, deletions and all dates in responses. Default: the system's. */
  now?: () => Date;
}

/** Secrets Manager of one account in all Regions, in memory. */
export interface SecretsManager {
  readonly region: string;
  readonly account: string;
  /**
   * Runs an operation; HTTP requests use this method too. Input and output are as on the wire: binary is base64, dates are
   * seconds since 1970.
   * @throws {ServiceError} the error that AWS would return; InternalServiceError for a bug of this program
   */
  call(operation: string, input: unknown, caller?: string, region?: string): object;
  /** Subscribes an observer to all events. @returns a function that unsubscribes it */
  observe(observer: Observer): () => void;
  /** Resolves when no rotation of this secret is running. */
  settled(secretArn: string): Promise<void>;
}

export function createSecretsManager(options: SecretsManagerOptions = {}): SecretsManager {
  const { region = "us-east-1", account = "123456789012", now = () => new Date() } = options;
  const observers = new Set<Observer>();
  const emit = (event: ServiceEvent) => {
    for (const observer of observers) observer(event);
  };
  const rotations = createRotationService({
    functions: options.functions ?? (() => undefined),
    emit,
    now,
    attempts: options.attempts ?? 3,
    retryDelayMilliseconds: options.retryDelayMilliseconds ?? 200,
    wait: options.wait ?? delay,
    keepPendingAfterSuccess: options.keepPendingAfterSuccess ?? false,
  });
  const regions = createRegions({ account, now });

  function prepare(context: Context, operation: string, input: unknown): PreparedCall {
    const prepareCall = OPERATIONS.get(operation);
    if (prepareCall === undefined) {
      throw new ServiceError("UnknownOperationException", `Unknown operation: ${operation}`);
    }
    return prepareCall(context, input);
  }

  /** Runs an operation, also as a part of another one: both are authorized, and only the outer one is a request event. */
  function run(context: Context, caller: string, operation: string, prepared: PreparedCall): object {
    options.authorize?.(authorizationRequest(operation, caller, prepared, context.secrets));
    return prepared.run((nested, input) => run(context, caller, nested, prepare(context, nested, input)));
  }

  function call(operation: string, input: unknown, caller = "local", of = region): object {
    const context: Context = { secrets: regions.in(of), regions, rotations, now };
    const began = performance.now();
    let prepared: PreparedCall | undefined;
    let error: ServiceError | undefined;
    try {
      prepared = prepare(context, operation, input);
      return run(context, caller, operation, prepared);
    } catch (thrown) {
      error = asServiceError(thrown);
      throw error;
    } finally {
      emit({
        type: "request",
        operation,
        caller,
        ...namesOf(context, prepared),
        ...(error && { error: error.name }),
        milliseconds: performance.now() - began,
      });
    }
  }

  /** Called after the request has run: a secret that the request created is known by then. */
  function namesOf(
    context: Context,
    prepared: PreparedCall | undefined,
  ): { secretArn?: string; secretName?: string } {
    const { Name: name } = prepared?.input ?? {};
    const secret = prepared?.secret ?? (typeof name === "string" ? context.secrets.find(name) : undefined);
    return secret === undefined ? {} : { secretArn: secret.arn, secretName: secret.name };
  }

  return {
    region,
    account,
    call,
    observe(observer) {
      observers.add(observer);
      return () => void observers.delete(observer);
    },
    settled: rotations.settled,
  };
}

function asServiceError(thrown: unknown): ServiceError {
  if (thrown instanceof ServiceError) return thrown;
  return new ServiceError("InternalServiceError", "An error occurred on the server side.", { cause: thrown });
}
