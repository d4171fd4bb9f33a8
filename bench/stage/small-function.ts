import type { ExecutionEnvironment } from "../../local/lambda/environment.ts";
import { DEFAULT_MEGABYTES, type Subject, startSubject } from "../subjects/subject.ts";
import type { CpuShare } from "./cpu-share.ts";
import type { Stage } from "./stage.ts";

/** Memory size in MB with one processor: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const ONE_PROCESSOR = 1769;

/** Runs with a process that, after its init, has the share of a processor that Lambda gives to its memory size. */
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
    const share = (subject.memoryMegabytes ?? DEFAULT_MEGABYTES) / ONE_PROCESSOR;
    limited = await cpu.limit(environment.pid, share);
    return await work(environment);
  } finally {
    await environment.kill();
    await limited?.[Symbol.asyncDispose]();
  }
}
