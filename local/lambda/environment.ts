import { type Exit, exitError, InvocationError, timeoutError } from "./errors.ts";
import { startRuntimeApi } from "./runtime-api.ts";
import { type RuntimeOptions, startRuntime } from "./runtime-process.ts";

/**
 * Lambda's limit for the init phase, in milliseconds. When it is over, Lambda starts init anew, in the time that the
 * invocation has; we let the first one go on for as long.
 */
const INIT_TIMEOUT = 10_000;

/** An execution environment: one process, which handles one invocation at a time. */
export type ExecutionEnvironment = {
  /**
   * Resolves when the handler has returned and the runtime waits for the next invocation; everything that the handler
   * logged has then been handed on.
   * @returns what the handler has returned.
   * @throws InvocationError
   */
  invoke(requestId: string, event: object): Promise<unknown>;
  isAlive(): boolean;
  /**
   * Stops the process with SIGSTOP; its connections stay open. The invocation still rejects with Sandbox.Timedout when
   * its time is up, but the process is not ended: this shows what servers do for a client that has stopped answering.
   */
  freeze(): void;
  isFrozen(): boolean;
  /** Lets a frozen process go on with SIGCONT. Resolves when its handler has ended, or the process has. */
  wake(): Promise<void>;
  /** Of the process. */
  pid: number;
  /** Resolves with the milliseconds from the start of the process to its first request for an invocation; never if there is none. */
  init: Promise<number>;
  /** Ends the process at once and resolves when it is gone. What it was invoked for rejects with Runtime.ExitError. */
  kill(): Promise<void>;
};

export type EnvironmentOptions = RuntimeOptions & { functionArn: string; timeoutSeconds: number };

/** Starts an execution environment. Its init may still go on when this resolves: `invoke` waits for it. */
export async function startEnvironment(options: EnvironmentOptions): Promise<ExecutionEnvironment> {
  const { functionArn, timeoutSeconds } = options;
  const firstReady = Promise.withResolvers<number>();
  let ready = Promise.withResolvers<void>();
  let outcome: { readonly response: unknown } | InvocationError | undefined;
  let exit: Exit | undefined;
  let frozen = false;
  await using cleanUp = new AsyncDisposableStack();
  const api = await startRuntimeApi({
    onReady: () => {
      firstReady.resolve(performance.now());
      ready.resolve();
    },
    onResponse: (body) => {
      outcome = { response: JSON.parse(body) };
    },
    onError: (error) => {
      outcome = new InvocationError(error);
    },
  });
  cleanUp.use(api);
  const runtime = await startRuntime(options, api.address);
  const resources = cleanUp.move();
  const exited = runtime.exited.then(async (how) => {
    exit = how;
    await resources.disposeAsync();
  });

  const invoke = async (requestId: string, event: object) => {
    let timedOut = false;
    const givenUp = Promise.withResolvers<void>();
    const killAfter = (milliseconds: number) =>
      setTimeout(() => {
        timedOut = true;
        if (frozen) givenUp.resolve();
        else runtime.signal("SIGKILL");
      }, milliseconds);

    const initTimer = killAfter(INIT_TIMEOUT + timeoutSeconds * 1000);
    await Promise.race([ready.promise, exited]);
    clearTimeout(initTimer);
    if (exit === undefined) {
      const timer = killAfter(timeoutSeconds * 1000);
      ready = Promise.withResolvers();
      const deadline = Date.now() + timeoutSeconds * 1000;
      api.send({ requestId, body: JSON.stringify(event), deadline, functionArn });
      await Promise.race([ready.promise, exited, givenUp.promise]);
      clearTimeout(timer);
      await runtime.outputRead();
    }
    const result =
      outcome ?? (timedOut ? timeoutError(requestId, timeoutSeconds) : exitError(requestId, exit));
    outcome = undefined;
    if (result instanceof Error) throw result;
    return result.response;
  };
  return {
    invoke,
    pid: runtime.pid,
    init: firstReady.promise.then((readyAt) => readyAt - runtime.startedAt),
    isAlive: () => exit === undefined,
    freeze: () => {
      frozen = true;
      runtime.signal("SIGSTOP");
    },
    isFrozen: () => frozen,
    wake: async () => {
      runtime.signal("SIGCONT");
      await Promise.race([ready.promise, exited]);
    },
    kill: async () => {
      runtime.signal("SIGKILL");
      await exited;
    },
  };
}
