/** One call of the function to Secrets Manager, with what observers of the service are never told. */
export interface ApiRequest {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** The service's answer, whether the function got it or not; undefined when the call was refused. */
  output?: Readonly<Record<string, unknown>>;
}

/**
 * One external effect of the function on its way: at a proxy, before it is handed on, and again when the other side has
 * answered and the function does not know yet.
 */
export interface Interception {
  readonly moment: "before" | "after";
  /** A call to Secrets Manager; a login to the database; a statement, or several in one message. */
  readonly kind: "call" | "login" | "statement";
  /** Operation, user name or SQL. SQL may hold a password: it is not for any output. */
  readonly text: string;
  /** The number of the connection since the gate was opened, from 1; 0 for calls. */
  readonly connection: number;
  /** Of a call. */
  readonly request?: ApiRequest;
  /** Whether this is a repetition by the SDK. */
  readonly retry: boolean;
}

/** An HTTP answer of Secrets Manager, or of a test in its place. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * What a proxy does: "pass" forwards, "cut" ends the connection, "silence" never answers, and an Answer replaces the
 * one of Secrets Manager. A test that kills the function's process returns "cut".
 */
export type Verdict = "pass" | "cut" | "silence" | Answer;

/** May return a promise, which holds the effect back until it resolves. */
export type OnInterception = (interception: Interception) => Verdict | Promise<Verdict>;

/** An error as Secrets Manager answers it. */
export function serviceFault(status: 400 | 500, type: string): Answer {
  return { status, body: JSON.stringify({ __type: type, Message: "Said by a test." }) };
}
