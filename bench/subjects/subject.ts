import { type ExecutionEnvironment, startEnvironment } from "../../local/lambda/environment.ts";
import { FUNCTION_ACCESS_KEY } from "../../local/stack.ts";
import type { Stage } from "../stage/stage.ts";

/** A function that is measured: ours, or something that it is compared to. */
export interface Subject {
  /** The folder that is deployed. */
  readonly folder: string;
  /** "index.handler" unless told. */
  readonly handler?: string;
  /** Another program than Node with our runtime client: what runs, and what it is given to run. */
  readonly runtime?: { readonly interpreter: string; readonly bootstrap: string };
  readonly memoryMegabytes?: number;
}

/** The template's default. */
export const DEFAULT_MEGABYTES = 256;

/** Starts a process for it, as Lambda does for a new execution environment. */
export async function startSubject(subject: Subject, stage: Stage): Promise<ExecutionEnvironment> {
  const { folder, handler = "index.handler", runtime, memoryMegabytes = DEFAULT_MEGABYTES } = subject;
  const log: string[] = [];
  const environment = await startEnvironment({
    deployment: {
      name: "measured",
      region: "us-east-1",
      credentials: { accessKeyId: FUNCTION_ACCESS_KEY, secretAccessKey: "local", sessionToken: "local" },
      memoryMegabytes,
      taskRoot: folder,
      handler,
      secretsManagerUrl: stage.secretsManagerUrl,
      environment: {
        SECRETS_MANAGER_ENDPOINT: stage.secretsManagerUrl,
        // Secrets Manager's certificate here is from nobody whom the world trusts. Node's name for it, and Python's.
        NODE_EXTRA_CA_CERTS: stage.authorities,
        AWS_CA_BUNDLE: stage.authorities,
        DATABASE_CA_FILE: stage.trusted,
      },
    },
    functionArn: "arn:aws:lambda:us-east-1:123456789012:function:measured",
    timeoutSeconds: 30,
    onLog: (line) => log.push(line),
    bootstrap: runtime?.bootstrap,
    interpreter: runtime?.interpreter,
  });
  const invoke = (requestId: string, event: object) =>
    environment.invoke(requestId, event).catch((error: unknown) => {
      const cause = error instanceof Error ? error.message : String(error);
      throw new Error(`${cause} Its log ended with: ${log.slice(-3).join("\n")}`, { cause: error });
    });
  return { ...environment, invoke };
}
