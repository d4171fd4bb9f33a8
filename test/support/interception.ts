/** One call of the function to Secrets Manager, with input and output, which observers of the service do not get. */
export interface ApiRequest {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** The service's answer, whether the function received it or not. Undefined if the service refused the call. */
  output?: Readonly<Record<string, unknown>>;
}

/**
 * One external effect of the function, intercepted at a proxy: before the proxy forwards it, and again after the other
 * side has answered. The function does not have the answer yet.
 */
export interface Interception {
  readonly moment: "before" | "after";
  /** A call to Secrets Manager; a login to the database; one statement, or several in one message. */
  readonly kind: "call" | "login" | "statement";
  /** Operation, user name or SQL. SQL may contain a password: do not print it. */
  readonly text: string;
  /** Number of the connection since the proxy was opened, from 1. 0 for calls. */
  readonly connection: number;
  /** Set for calls. */
  readonly request?: ApiRequest;
  /** Whether this is a retry by the SDK. */
  readonly retry: boolean;
}

/** An HTTP answer of Secrets Manager, or of a test in its place. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * The decision of a proxy. "pass" forwards, "cut" ends the connection, "silence" never answers, and an Answer replaces
 * the one of Secrets Manager. A test that kills the function's process returns "cut".
 */
export type Verdict = "pass" | "cut" | "silence" | Answer;

/** Decides about an interception. A returned promise holds the effect back until it resolves. */
export type OnInterception = (interception: Interception) => Verdict | Promise<Verdict>;

/** An error answer of Secrets Manager. */
export function serviceFault(status: 400 | 500, type: string): Answer {
  return { status, body: JSON.stringify({ __type: type, Message: "Said by a test." }) };
}
