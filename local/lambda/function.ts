import { randomBytes, randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type ExecutionEnvironment, startEnvironment } from "./environment.ts";
import { type Credentials, refuseReserved } from "./variables.ts";

export type FunctionOptions = {
  /** The function's name, the last part of its ARN. */
  name: string;
  /** The built index.mjs, or the folder that holds it. It must export `handler`. */
  bundle: string;
  /** The function's environment variables. startFunction throws if one is reserved by Lambda. */
  environment?: Record<string, string>;
  /** URL of the Secrets Manager that the function uses. */
  secretsManagerUrl: string;
  /** The access key of the function's role: Secrets Manager knows the caller by the key. */
  accessKeyId?: string;
  /** Fractions are allowed. Default: 30. */
  timeoutSeconds?: number;
  /** Default: 256. */
  memoryMegabytes?: number;
  /** Receives every line that the function's processes write to stdout and stderr. */
  onLog?: (line: string) => void;
  /** Default: 123456789012. */
  account?: string;
  /** Default: us-east-1. */
  region?: string;
  /** Path of a runtime client, such as the index.mjs of AWS's aws-lambda-ric 4. Default: bootstrap.ts. */
  bootstrap?: string;
};

/** A function that runs as in Lambda: each execution environment is a process of its own. */
export type LambdaFunction = AsyncDisposable & {
  arn: string;
  /** Credentials in the environment of the function's processes. */
  credentials: Credentials;
  /**
   * Invokes the handler in an idle environment or else a new one, and waits for it.
   * @throws InvocationError with the handler's error, Runtime.ExitError or Sandbox.Timedout
   */
  invoke(event: object): Promise<void>;
  /** Does the same as `invoke`. @returns the handler's result */
  ask(event: object): Promise<unknown>;
  /** Replaces the environment variables. The next invocation starts a new process. */
  configure(environment: Record<string, string>): Promise<void>;
  /** Kills all processes, also during an invocation. The next invocation starts a new process. */
  kill(): Promise<void>;
  /**
   * Stops all processes that handle an invocation, with SIGSTOP. Their connections stay open, and their invocations
   * reject with Sandbox.Timedout after their timeout. The next invocation starts a new process.
   */
  freeze(): FrozenProcesses;
};

/** Processes that freeze() has stopped. Disposing kills them. */
export type FrozenProcesses = AsyncDisposable & {
  /** Continues the processes. Resolves when their handlers have ended. */
  wake(): Promise<void>;
};

/** Deploys a bundle to this machine. The first process is started by the first invocation: about 0.1 s. */
export async function startFunction(options: FunctionOptions): Promise<LambdaFunction> {
  const { name, environment = {}, secretsManagerUrl, accessKeyId = "ASIALOCALFUNCTION0000" } = options;
  const { account = "123456789012", region = "us-east-1" } = options;
  const { timeoutSeconds = 30, memoryMegabytes = 256, onLog = () => {}, bootstrap } = options;
  refuseReserved(environment);
  const module = await findModule(options.bundle);
  const arn = `arn:aws:lambda:${region}:${account}:function:${name}`;
  const credentials = {
    accessKeyId,
    secretAccessKey: randomBytes(30).toString("base64url"),
    sessionToken: randomBytes(60).toString("base64url"),
  };
  const deployment = {
    name,
    region,
    credentials,
    memoryMegabytes,
    secretsManagerUrl,
    environment,
    taskRoot: dirname(module),
    handler: `${basename(module, ".mjs")}.handler`,
  };
  const starting = new Set<Promise<ExecutionEnvironment>>();
  const environments = new Set<ExecutionEnvironment>();
  const idle: ExecutionEnvironment[] = [];
  let disposed = false;

  const killAll = async () => {
    await Promise.allSettled(starting);
    await Promise.all([...environments].map((one) => one.kill()));
  };
  const acquire = async () => {
    for (let warm = idle.pop(); warm !== undefined; warm = idle.pop()) if (warm.isAlive()) return warm;
    const start = startEnvironment({ deployment, functionArn: arn, timeoutSeconds, onLog, bootstrap });
    starting.add(start);
    try {
      const cold = await start;
      environments.add(cold);
      return cold;
    } finally {
      starting.delete(start);
    }
  };
  const running: LambdaFunction = {
    arn,
    credentials,
    invoke: async (event) => {
      await running.ask(event);
    },
    ask: async (event) => {
      if (disposed) throw new Error(`The function ${name} has been disposed of.`);
      const environment = await acquire();
      try {
        return await environment.invoke(randomUUID(), event);
      } finally {
        if (!environment.isAlive()) environments.delete(environment);
        else if (!environment.isFrozen()) idle.push(environment);
      }
    },
    configure: async (changed) => {
      refuseReserved(changed);
      deployment.environment = changed;
      await killAll();
    },
    kill: killAll,
    freeze: () => {
      const working = [...environments].filter((one) => !idle.includes(one) && !one.isFrozen());
      for (const one of working) one.freeze();
      return {
        wake: async () => {
          await Promise.all(working.map((one) => one.wake()));
        },
        [Symbol.asyncDispose]: async () => {
          await Promise.all(working.map((one) => one.kill()));
          for (const one of working) environments.delete(one);
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      disposed = true;
      await killAll();
    },
  };
  return running;
}

async function findModule(bundle: string): Promise<string> {
  const path = resolve(bundle);
  const module = path.endsWith(".mjs") ? path : join(path, "index.mjs");
  await stat(module).catch((cause: unknown) => {
    throw new Error(`There is no bundle at ${module}. Build it first: npm run build`, { cause });
  });
  return module;
}
