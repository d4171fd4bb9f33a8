import type { RotationFunction } from "../functions.ts";
import type { CpuShare } from "../stage/cpu-share.ts";
import { rotationIn, type StepTimes } from "../stage/rotation.ts";
import { withSmallShare } from "../stage/small-function.ts";
import type { Stage } from "../stage/stage.ts";
import { median } from "../statistics.ts";
import type { Subjects } from "../subjects/builds.ts";

/** Memory sizes of the measured functions, in MB. */
export const SIZES = [128, 192, 256, 384, 512, 768, 1024] as const;

/** Added latency of each round trip in milliseconds: about that of Secrets Manager and a database in the Region. */
export const LATENCY = 5;

/** Medians in milliseconds of a rotation in a new process, which is what Lambda runs for a monthly rotation. */
export interface Billed {
  readonly megabytes: number;
  /** Sum of init and the four steps, each rounded up to whole milliseconds, as Lambda bills them. */
  readonly milliseconds: number;
  /** The longest step, without init. */
  readonly longestStep: number;
}

export interface MemorySizes {
  readonly runs: number;
  /** The mechanism that limits the processor. */
  readonly means: string;
  readonly bySize: readonly Billed[];
}

/** Measures the billed time of a rotation and the longest step at each memory size. */
export async function measureMemorySizes(
  stage: Stage,
  subjects: Subjects,
  rotation: RotationFunction,
  cpu: CpuShare,
  runs: number,
): Promise<MemorySizes> {
  const subject = await subjects.ours(rotation);
  const measured = SIZES.map((memoryMegabytes) => ({ memoryMegabytes, times: [] as StepTimes[] }));
  stage.setLatency(LATENCY);
  for (let run = 0; run < runs; run++) {
    for (const { memoryMegabytes, times } of measured) {
      const user = await stage.newUser(rotation.strategy);
      times.push(
        await withSmallShare(stage, { ...subject, memoryMegabytes }, cpu, (environment) =>
          rotationIn({ environment, isNew: true }, stage, user),
        ),
      );
    }
  }
  stage.setLatency(0);
  return {
    runs,
    means: cpu.means,
    bySize: measured.map(({ memoryMegabytes, times }) => ({
      megabytes: memoryMegabytes,
      milliseconds: median(times.map(billed)),
      longestStep: median(times.map(longest)),
    })),
  };
}

function billed(times: StepTimes): number {
  return Object.values(times).reduce((sum, { init, handled }) => sum + Math.ceil(init + handled), 0);
}

function longest(times: StepTimes): number {
  return Math.max(...Object.values(times).map(({ handled }) => handled));
}
