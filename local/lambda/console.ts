import { format } from "node:util";

let requestId = "-";

/** Sets the request id that every line carries from now on. */
export function setRequestId(id: string): void {
  requestId = id;
}

/**
 * Makes `console` write as in Lambda with the log format JSON: one object per line, on stdout, at every level. Source:
 * formatter.js and log-patch.js of aws-lambda-ric 4.
 */
export function logAsLambdaDoes(): void {
  const logger =
    (level: string) =>
    (...parameters: unknown[]) => {
      process.stdout.write(`${line(level, parameters)}\n`);
    };
  console.trace = logger("TRACE");
  console.debug = logger("DEBUG");
  console.log = console.info = logger("INFO");
  console.warn = logger("WARN");
  console.error = logger("ERROR");
}

/** Logs an error that the handler or its module throws, as Lambda does: with all own properties of the error. */
export function logError(error: unknown): void {
  console.error(error instanceof Error ? error : new Error(String(error)));
}

function line(level: string, [message, ...parameters]: unknown[]): string {
  const entry = { timestamp: new Date().toISOString(), level, requestId };
  if (parameters.length > 0) {
    const error = parameters.find((parameter) => parameter instanceof Error);
    return JSON.stringify({ ...entry, message: format(message, ...parameters), ...(error && named(error)) });
  }
  try {
    return JSON.stringify({ ...entry, message }, (_key, value: unknown) =>
      // Own enumerable properties come last, as in Lambda. A driver's `sql` or `detail` leaks into the log this way.
      value instanceof Error ? { ...named(value), ...value } : value,
    );
  } catch {
    // The message has a circular reference.
    return JSON.stringify({ ...entry, message: format(message) });
  }
}

function named(error: Error): object {
  return {
    errorType: error.constructor.name,
    errorMessage: error.message,
    stackTrace: error.stack?.split("\n"),
  };
}
