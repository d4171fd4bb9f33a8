import type { Step } from "../../../local/secrets-manager/events.ts";
import type { ApiRequest } from "../interception.ts";
import type { Accident } from "./operations.ts";
import type { Snapshot } from "./snapshot.ts";

/** One operation of a run, and everything that can be observed of it. */
export interface Observation {
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** Calls of the function to Secrets Manager, in order. */
  readonly requests: readonly ApiRequest[];
  /** Number of connections that the function opened to the database. */
  readonly connections: number;
  /** The function's log. */
  readonly log: string;
  /** Set if the operation was one step. */
  readonly invocation?: Invocation;
  /** Whether two users alternate. */
  readonly twoUsers?: boolean;
  /**
   * Set if the rotation service invoked the function for a whole rotation. `token` is the version that it rotated in or
   * tried out.
   */
  readonly rotation?: { readonly token: string; readonly succeeded: boolean; readonly testOnly: boolean };
}

export interface Invocation {
  readonly step: Step;
  readonly token: string;
  /** One entry for each invocation that ran at the same time. */
  readonly succeeded: readonly boolean[];
  /** The accident during the invocation. Undefined also if the invocation ended before the accident's moment. */
  readonly accident: Accident["at"] | "fault" | "freeze" | undefined;
  /** Whether Lambda had to end one of the invocations. */
  readonly timedOut?: boolean;
  /** Whether the events have a RotationToken. Those of tests that play the service have none. */
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
