import { ENGINES, type EngineName } from "../local/engines.ts";
import type { Screen } from "../local/rotate/screen.ts";
import { NoServer } from "../local/servers/find-program.ts";
import { measureFleet } from "./fleet/measure.ts";
import { FUNCTIONS, type RotationFunction } from "./functions.ts";
import { describeMachine } from "./machine.ts";
import { type BesideAws, measureBesideAws, OTHER_VERSIONS, TemplateFailed } from "./measures/beside-aws.ts";
import { measureBundle } from "./measures/bundle.ts";
import { measureColdStart } from "./measures/cold-start.ts";
import { measureMemory } from "./measures/memory.ts";
import { measureMemorySizes } from "./measures/memory-sizes.ts";
import { countRoundTrips } from "./measures/round-trips.ts";
import { measureWallTime } from "./measures/wall-time.ts";
import type { Options, Part } from "./options.ts";
import type { Absent, FunctionResults, Results } from "./results.ts";
import { type CpuShare, findCpuShare } from "./stage/cpu-share.ts";
import { whyNoPeakMemory } from "./stage/peak-memory.ts";
import { type Stage, startStage } from "./stage/stage.ts";
import { type AwsTemplates, findAwsTemplates } from "./subjects/aws-template.ts";
import { type Subjects, subjectsFor } from "./subjects/builds.ts";

interface Runs {
  readonly cold: number;
  readonly memory: number;
  readonly sizes: number;
  readonly wall: number;
  readonly aws: number;
}

/** Odd numbers: the median is then a measured value. */
const RUNS: Runs = { cold: 9, memory: 5, sizes: 5, wall: 5, aws: 7 };
const QUICK: Runs = { cold: 3, memory: 1, sizes: 1, wall: 1, aws: 3 };

interface Tools {
  readonly runs: Runs;
  readonly cpu: CpuShare;
  readonly templates: AwsTemplates | Absent;
  readonly screen: Screen;
  wants(part: Part): boolean;
}

/** Measures the parts that the options name, one after the other, and shows the current one on the screen. */
export async function measure(options: Options, screen: Screen): Promise<Results> {
  const templates = options.awsTemplates
    ? await findAwsTemplates(options.awsTemplates, options.python)
    : { absent: "--aws-templates names no checkout of them" };
  const tools: Tools = {
    runs: options.quick ? QUICK : RUNS,
    cpu: await findCpuShare(),
    templates,
    screen,
    wants: (part) => options.parts.includes(part),
  };
  const functions: Record<string, FunctionResults> = {};
  for (const rotation of FUNCTIONS.filter(({ engine }) => options.engines.includes(engine))) {
    functions[rotation.name] = tools.wants("bundle")
      ? { bundle: await screen.task(`${rotation.name}: bundle`, () => measureBundle(rotation)) }
      : {};
  }
  const databases: Partial<Record<EngineName, string>> = {};
  if (options.parts.some((part) => part !== "bundle" && part !== "fleet")) {
    for (const engine of options.engines) {
      const product = await measureEngine(engine, tools, functions);
      if (product) databases[engine] = product;
      await measureOtherVersions(engine, tools, functions);
    }
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    quick: options.quick,
    databases,
    awsTemplates: "versions" in templates ? templates.versions : undefined,
    functions,
    fleet: tools.wants("fleet") ? await screen.task("fleet", () => measureFleet(options.quick)) : undefined,
  };
}

/** @returns the name and version of the database; undefined if this machine has no server */
async function measureEngine(
  engine: EngineName,
  tools: Tools,
  results: Record<string, FunctionResults>,
): Promise<string | undefined> {
  const measured = await onStage(engine, undefined, tools, async (stage, subjects) => {
    for (const rotation of functionsOf(engine)) {
      Object.assign(results[rotation.name] ?? {}, await measureFunction(rotation, stage, subjects, tools));
    }
    return stage.product;
  });
  if (typeof measured === "string") return measured;
  for (const { name } of functionsOf(engine)) {
    const absent = {
      roundTrips: measured,
      coldStart: measured,
      memory: measured,
      memorySizes: measured,
      wallTime: measured,
      besideAws: measured,
    };
    Object.assign(results[name] ?? {}, absent);
  }
  return undefined;
}

/** Compares with AWS's templates on other versions of the engine's database. */
async function measureOtherVersions(
  engine: EngineName,
  tools: Tools,
  results: Record<string, FunctionResults>,
): Promise<void> {
  const versions = OTHER_VERSIONS[engine];
  if (versions === undefined || !tools.wants("beside-aws") || "absent" in tools.templates) return;
  for (const rotation of functionsOf(engine)) {
    const besideAwsOn: Record<string, BesideAws | Absent> = {};
    for (const version of versions) {
      besideAwsOn[nameOf(engine, version)] = await onStage(engine, version, tools, (stage, subjects) =>
        compareWithAws(rotation, stage, subjects, tools),
      );
    }
    Object.assign(results[rotation.name] ?? {}, { besideAwsOn });
  }
}

/** Starts a private server, and does the work with it. @returns the reason if this machine has no server */
async function onStage<Result>(
  engine: EngineName,
  version: string | undefined,
  { screen }: Tools,
  work: (stage: Stage, subjects: Subjects) => Promise<Result>,
): Promise<Result | Absent> {
  const name = nameOf(engine, version);
  try {
    const start = () => startStage(engine, version);
    await using stage = await screen.task(`Starting a private ${name} server`, start);
    await using subjects = await subjectsFor();
    return await work(stage, subjects);
  } catch (error) {
    if (!(error instanceof NoServer)) throw error;
    return { absent: `this machine has no ${name} server, and cannot fetch one` };
  }
}

function nameOf(engine: EngineName, version = ""): string {
  return `${ENGINES[engine].product} ${version}`.trim();
}

function functionsOf(engine: EngineName): readonly RotationFunction[] {
  return FUNCTIONS.filter((rotation) => rotation.engine === engine);
}

async function measureFunction(
  rotation: RotationFunction,
  stage: Stage,
  subjects: Subjects,
  tools: Tools,
): Promise<FunctionResults> {
  const { screen, runs, cpu, wants } = tools;
  const results: FunctionResults = {};
  const task = <Result>(what: string, work: () => Promise<Result>) =>
    screen.task(`${rotation.name}: ${what}`, work);

  if (wants("round-trips")) {
    results.roundTrips = await task("round trips", async () =>
      countRoundTrips(stage, await subjects.ours(rotation), rotation),
    );
  }
  if (wants("cold-start")) {
    results.coldStart = await task("cold starts", () =>
      measureColdStart(stage, subjects, rotation, runs.cold),
    );
  }
  if (wants("memory")) {
    const reason = whyNoPeakMemory();
    results.memory = reason
      ? { absent: reason }
      : await task("memory", () => measureMemory(stage, subjects, rotation, runs.memory));
  }
  if (wants("memory-sizes")) {
    results.memorySizes = await task("memory sizes", () =>
      measureMemorySizes(stage, subjects, rotation, cpu, runs.sizes),
    );
  }
  if (wants("wall-time")) {
    results.wallTime = await task("wall time", () =>
      measureWallTime(stage, subjects, rotation, cpu, runs.wall),
    );
  }
  if (wants("beside-aws")) results.besideAws = await compareWithAws(rotation, stage, subjects, tools);
  return results;
}

async function compareWithAws(
  rotation: RotationFunction,
  stage: Stage,
  subjects: Subjects,
  { screen, runs, cpu, templates }: Tools,
): Promise<BesideAws | Absent> {
  if ("absent" in templates) return templates;
  return await screen.task(`${rotation.name}: beside AWS's template on ${stage.product}`, () =>
    measureBesideAws(stage, subjects, templates, rotation, cpu, runs.aws).catch(absentIfTemplateFailed),
  );
}

/** A failure of AWS's template is a result: it does not support every server. @throws any other error */
function absentIfTemplateFailed(error: unknown): Absent {
  if (error instanceof TemplateFailed) return { absent: error.message };
  throw error;
}
