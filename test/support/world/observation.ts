import type { Step } from "../../../local/secrets-manager/events.ts";
import type { ApiRequest } from "../interception.ts";
import type { Accident } from "./operations.ts";
import type { Snapshot } from "./snapshot.ts";

/** One operation of a run: what was done, and all that could be seen of it. */
export interface Observation {
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** What the function asked of Secrets Manager, in order. */
  readonly requests: readonly ApiRequest[];
  /** How often the function connected to the database. */
  readonly connections: number;
  /** What the function wrote to its log. */
  readonly log: string;
  /** Set when it was one step. */
  readonly invocation?: Invocation;
  /** Whether two users take turns. */
  readonly twoUsers?: boolean;
  /** Set when the rotation service invoked the function, for a whole rotation: the version that it rotated in, or tried out. */
  readonly rotation?: { readonly token: string; readonly succeeded: boolean; readonly testOnly: boolean };
}

export interface Invocation {
  readonly step: Step;
  readonly token: string;
  /** One for each of the invocations that ran at the same time. */
  readonly succeeded: readonly boolean[];
  /** What happened on the way; undefined as well if it came too late to happen. */
  readonly accident: Accident["at"] | "fault" | "freeze" | undefined;
  /** Whether Lambda had to end one of them. */
  readonly timedOut?: boolean;
  /** Its events have a RotationToken; those of tests that play the service have none. */
  readonly byService?: boolean;
}

export function tokenOf({ invocation, rotation }: Observation): string | undefined {
  return invocation?.token ?? rotation?.token;
}

export function puts({ requests }: Pick<Observation, "requests">): ApiRequest[] {
  return requests.filter(({ operation }) => operation === "PutSecretValue");
}

export function moves({ requests }: Pick<Observation, "requests">): ApiRequest[] {
  return requests.filter(({ operation }) => operation === "UpdateSecretVersionStage");
}
