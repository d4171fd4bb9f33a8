import { randomUUID } from "node:crypto";
import type { Authorize } from "../../local/secrets-manager/authorization.ts";
import type { RotationEvent, Step } from "../../local/secrets-manager/events.ts";
import { createSecretsManager, type SecretsManager } from "../../local/secrets-manager/secrets-manager.ts";
import type { Responder, SecretsManagerEndpoint } from "./secrets-manager-endpoint.ts";

const LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:hostile";

/** A secret in the middle of a rotation, in a Secrets Manager of its own. */
export interface StagedRotation extends Disposable {
  readonly arn: string;
  readonly token: string;
  readonly secretsManager: SecretsManager;
  /** The EXCLUDE_CHARACTERS of the case, by which the endpoint recognizes its GetRandomPassword. */
  readonly mark: string;
  /** Operation names of the function's calls, in order. */
  readonly operations: readonly string[];
  /** As the service would send it. */
  event(step: Step): RotationEvent;
}

export interface StagedRotationOptions {
  /** The value under AWSCURRENT; none if undefined. */
  readonly current: string | undefined;
  /** The value that createSecret has stored; undefined before it. */
  readonly pending?: string | undefined;
  readonly previous?: string;
  /** Other secrets, by their names. */
  readonly others?: Readonly<Record<string, string>>;
  readonly authorize?: Authorize;
  readonly answer?: Responder["answer"];
}

let rotations = 0;

export async function stageRotation(
  endpoint: SecretsManagerEndpoint,
  options: StagedRotationOptions,
): Promise<StagedRotation> {
  rotations++;
  const mark = `~${rotations}~`;
  const { promise: sent, resolve: send } = Promise.withResolvers<RotationEvent>();
  const invoked = (event: RotationEvent) => {
    send(event);
    return new Promise<void>(() => {}); // The rotation goes on for as long as the case does.
  };
  const secretsManager = createSecretsManager({ functions: () => invoked, authorize: options.authorize });
  const token = randomUUID();
  const arn = create(secretsManager, `case-${rotations}`, options.previous ?? options.current);
  if (options.previous !== undefined && options.current !== undefined)
    put(secretsManager, arn, options.current);
  secretsManager.call("RotateSecret", {
    SecretId: arn,
    ClientRequestToken: token,
    RotationLambdaARN: LAMBDA,
    RotationRules: { AutomaticallyAfterDays: 30 },
  });
  if (options.pending !== undefined) {
    put(secretsManager, arn, options.pending, { ClientRequestToken: token, VersionStages: ["AWSPENDING"] });
  }
  const others = Object.entries(options.others ?? {}).map(([name, value]) =>
    create(secretsManager, name, value),
  );
  const begun = await sent;
  const operations: string[] = [];
  const answer = options.answer;
  const responder = { secretsManager, operations, ...(answer && { answer }) };
  const lease = endpoint.assign(responder, arn, mark, ...Object.keys(options.others ?? {}), ...others);
  return {
    arn,
    token,
    secretsManager,
    mark,
    operations,
    event: (Step) => ({ ...begun, Step }),
    [Symbol.dispose]: () => lease[Symbol.dispose](),
  };
}

function create(secretsManager: SecretsManager, Name: string, SecretString: string | undefined): string {
  const input = {
    Name,
    ClientRequestToken: randomUUID(),
    ...(SecretString !== undefined && { SecretString }),
  };
  return String(Object(secretsManager.call("CreateSecret", input)).ARN);
}

function put(
  secretsManager: SecretsManager,
  SecretId: string,
  SecretString: string,
  more: object = {},
): void {
  secretsManager.call("PutSecretValue", {
    SecretId,
    SecretString,
    ClientRequestToken: randomUUID(),
    ...more,
  });
}
