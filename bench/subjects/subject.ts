import { type ExecutionEnvironment, startEnvironment } from "../../local/lambda/environment.ts";
import { FUNCTION_ACCESS_KEY } from "../../local/stack.ts";
import type { Stage } from "../stage/stage.ts";

/** A measured function: one of this repository, or a peer. */
export interface Subject {
  /** The function's folder. */
  readonly folder: string;
  /** Default: "index.handler". */
  readonly handler?: string;
  /** Program and runtime client. Default: Node with local/lambda/bootstrap.ts. */
  readonly runtime?: { readonly interpreter: string; readonly bootstrap: string };
  readonly memoryMegabytes?: number;
}

/** Default of template.yaml. */
export const DEFAULT_MEGABYTES = 256;

/** Starts a process of the subject, like a new execution environment of Lambda. */
export async function startSubject(
  subject: Subject,
  stage: Pick<Stage, "secretsManagerUrl" | "caFile" | "trusted">,
): Promise<ExecutionEnvironment> {
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
        // The local CA, in the variables of Node and of Python.
        NODE_EXTRA_CA_CERTS: stage.caFile,
        AWS_CA_BUNDLE: stage.caFile,
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
