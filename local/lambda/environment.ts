import { type Exit, exitError, InvocationError, timeoutError } from "./errors.ts";
import { startRuntimeApi } from "./runtime-api.ts";
import { type RuntimeOptions, startRuntime } from "./runtime-process.ts";

/**
 * Lambda's limit for the init phase, in milliseconds. Afterward Lambda repeats init within the time of the invocation; here
 * the first init continues for that time instead.
 */
const INIT_TIMEOUT = 10_000;

/** An execution environment: one process, which handles one invocation at a time. */
export type ExecutionEnvironment = {
  /**
   * Resolves when the handler has returned, all of its log lines have been passed on, and the runtime waits for the next
   * invocation.
   * @returns the handler's result
   * @throws InvocationError
   */
  invoke(requestId: string, event: object): Promise<unknown>;
  isAlive(): boolean;
  /**
   * Stops the process with SIGSTOP; its connections stay open. The invocation rejects with Sandbox.Timedout after its
   * timeout, but the process stays: tests see how a server treats a client that has stopped answering.
   */
  freeze(): void;
  isFrozen(): boolean;
  /** Continues a frozen process with SIGCONT. Resolves when its handler or the process has ended. */
  wake(): Promise<void>;
  /** Id of the process. */
  pid: number;
  /** Resolves with the milliseconds from the start of the process to its first request for an invocation; never if there is none. */
  init: Promise<number>;
  /** Kills the process and resolves when it is gone. A running invocation rejects with Runtime.ExitError. */
  kill(): Promise<void>;
};

export type EnvironmentOptions = RuntimeOptions & { functionArn: string; timeoutSeconds: number };

/** Starts an execution environment. Its init may still run when the promise resolves: `invoke` waits for the init. */
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
    const frozenTimeout = Promise.withResolvers<void>();
    const killAfter = (milliseconds: number) =>
      setTimeout(() => {
        timedOut = true;
        if (frozen) frozenTimeout.resolve();
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
      await Promise.race([ready.promise, exited, frozenTimeout.promise]);
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
