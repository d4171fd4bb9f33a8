import type { ExecutionEnvironment } from "../../local/lambda/environment.ts";
import { type Subject, startSubject } from "../subjects/subject.ts";
import type { CpuShare } from "./cpu-share.ts";
import type { Stage } from "./stage.ts";

/** Of a function with 256 MB, of which 1769 MB have one: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const SHARE = 256 / 1769;

/** Starts a process that has, from the end of its init on, the share of a processor that a small function has. */
export async function withSmallShare<Result>(
  stage: Stage,
  subject: Subject,
  cpu: CpuShare,
  work: (environment: ExecutionEnvironment) => Promise<Result>,
): Promise<Result> {
  const environment = await startSubject(subject, stage);
  let limited: AsyncDisposable | undefined;
  try {
    await environment.init;
    limited = await cpu.limit(environment.pid, SHARE);
    return await work(environment);
  } finally {
    await environment.kill();
    await limited?.[Symbol.asyncDispose]();
  }
}
