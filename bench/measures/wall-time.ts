import type { RotationFunction } from "../functions.ts";
import type { CpuShare } from "../stage/cpu-share.ts";
import { rotationIn, totalOf } from "../stage/rotation.ts";
import { withSmallShare } from "../stage/small-function.ts";
import type { Stage } from "../stage/stage.ts";
import { median } from "../statistics.ts";
import type { Subjects } from "../subjects/builds.ts";
import type { Subject } from "../subjects/subject.ts";

/** Milliseconds added to each round trip. */
export const LATENCIES = [1, 5, 20] as const;

/** Medians in milliseconds of the four steps of a rotation, one after the other. */
export interface Rotations {
  /** A secret's first rotation in a new process, including the init of the process. */
  readonly first: number;
  /** The next rotation, in the same process. */
  readonly warm: number;
}

export interface WallTime {
  readonly runs: number;
  /** The mechanism that limits the processor. */
  readonly means: string;
  /** Times of the function as deployed and of the plain esbuild bundle, measured in turn. */
  readonly byLatency: readonly {
    readonly latency: number;
    readonly ours: Rotations;
    readonly plain: Rotations;
  }[];
}

/** Measures rotations in a process that has a small function's share of a processor after its init. */
export async function measureWallTime(
  stage: Stage,
  subjects: Subjects,
  rotation: RotationFunction,
  cpu: CpuShare,
  runs: number,
): Promise<WallTime> {
  const ours = await subjects.ours(rotation);
  const plain = await subjects.plain(rotation);
  const measured = LATENCIES.map((latency) => ({
    latency,
    times: [] as Rotations[],
    peers: [] as Rotations[],
  }));
  for (let run = 0; run < runs; run++) {
    for (const { latency, times, peers } of measured) {
      stage.setLatency(latency);
      times.push(await rotateTwice(stage, ours, rotation, cpu));
      peers.push(await rotateTwice(stage, plain, rotation, cpu));
    }
  }
  stage.setLatency(0);
  return {
    runs,
    means: cpu.means,
    byLatency: measured.map(({ latency, times, peers }) => ({
      latency,
      ours: medianOf(times),
      plain: medianOf(peers),
    })),
  };
}

async function rotateTwice(
  stage: Stage,
  subject: Subject,
  { strategy }: RotationFunction,
  cpu: CpuShare,
): Promise<Rotations> {
  const user = await stage.newUser(strategy);
  return await withSmallShare(stage, subject, cpu, async (environment) => ({
    first: totalOf(await rotationIn({ environment, isNew: true }, stage, user)),
    warm: totalOf(await rotationIn({ environment, isNew: false }, stage, user)),
  }));
}

function medianOf(times: readonly Rotations[]): Rotations {
  return { first: median(times.map(({ first }) => first)), warm: median(times.map(({ warm }) => warm)) };
}
