import type { SecretsManager } from "../../local/secrets-manager/secrets-manager.ts";
import { type Answer, type ApiRequest, serviceFault } from "../support/interception.ts";

/** Records the past states of secrets, to answer reads as a replica that lags behind would. */
export interface StaleAnswers extends Disposable {
  /** The last answer to this read that differs from the present one; undefined if there was none. */
  staleAnswer(request: ApiRequest): Answer | undefined;
}

/** Answers reads of a secret as of one moment. */
type State = (request: ApiRequest) => Answer;

const CALLER = "AKIAREPLICA0000000000";
const READS = ["DescribeSecret", "GetSecretValue"];
const WRITES = /^(Create|Put|Update|Rotate)/;

export function recordAnswers(secretsManager: SecretsManager): StaleAnswers {
  const states = new Map<string, State[]>();
  const stop = secretsManager.observe((event) => {
    const { secretArn } = event;
    const changes =
      event.type === "request" ? WRITES.test(event.operation) : event.type.startsWith("rotation");
    if (secretArn === undefined || !changes) return;
    states.set(secretArn, [...(states.get(secretArn) ?? []), stateOf(secretsManager, secretArn)]);
  });
  return {
    staleAnswer: (request) => {
      if (!READS.includes(request.operation)) return undefined;
      const secretArn = String(request.input.SecretId);
      const now = gist(stateOf(secretsManager, secretArn)(request));
      const state = states.get(secretArn)?.findLast((one) => gist(one(request)) !== now);
      return state?.(request);
    },
    [Symbol.dispose]: stop,
  };
}

function stateOf(secretsManager: SecretsManager, SecretId: string): State {
  const read = (operation: string, input: object): Record<string, unknown> => ({
    ...secretsManager.call(operation, { SecretId, ...input }, CALLER),
  });
  const description = read("DescribeSecret", {});
  const labels: Record<string, string[]> = Object(description.VersionIdsToStages);
  const { Versions } = read("ListSecretVersionIds", { IncludeDeprecated: true, MaxResults: 100 });
  const values = (Array.isArray(Versions) ? Versions : []).map(({ VersionId }) =>
    read("GetSecretValue", { VersionId }),
  );
  return ({ operation, input }) => {
    if (operation === "DescribeSecret") return { status: 200, body: JSON.stringify(description) };
    const { VersionId, VersionStage = "AWSCURRENT" }: { VersionId?: string; VersionStage?: string } = input;
    const version = VersionId ?? Object.keys(labels).find((id) => labels[id]?.includes(VersionStage));
    const value = values.find(
      (one) => one.VersionId === version && labels[String(version)]?.includes(VersionStage),
    );
    return value
      ? { status: 200, body: JSON.stringify(value) }
      : serviceFault(400, "ResourceNotFoundException");
  };
}

/** The fields of an answer that the function uses. Dates are left out: they differ each time. */
function gist({ body }: Answer): string {
  const { RotationEnabled, VersionIdsToStages, VersionId, SecretString, __type } = JSON.parse(body);
  return JSON.stringify([RotationEnabled, VersionIdsToStages, VersionId, SecretString, __type]);
}
