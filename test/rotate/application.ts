import { expect, it } from "vitest";
import { type RetryOptions, startApplication, type Traffic } from "../../local/rotate/client/client.ts";
import { parseOptions } from "../../local/rotate/options.ts";
import { rotate } from "../../local/rotate/rotate.ts";
import { silentScreen } from "../../local/rotate/screen.ts";
import { startSetup } from "../../local/rotate/setup.ts";

const ROTATIONS = 5;

const quiet = { rotationStarts: () => {}, stepEnds: () => {}, rotationEnds: () => {} };

/** Traffic of an application during several rotations, one after the other. */
export async function trafficDuring(
  engine: string,
  strategy: string,
  retry?: RetryOptions,
): Promise<Traffic> {
  const options = parseOptions(["--engine", engine, "--strategy", strategy]);
  await using setup = await startSetup(options, silentScreen);
  const application = startApplication(setup, retry);
  try {
    const { proof } = await rotate(setup, ROTATIONS, quiet, application.settle);
    expect(proof.asPromised).toBe(true);
  } finally {
    await application.stop();
  }
  const { traffic } = application;
  expect(traffic.logins).toBeGreaterThan(10 * ROTATIONS);
  return traffic;
}

/** Tests the strategies of an engine. `rejectsLogins` is whether the application meets rejected logins. */
export function keepsAnsweringOn(
  engine: string,
  strategies: Record<string, { rejectsLogins: boolean }>,
): void {
  it.each(Object.entries(strategies))(
    `no query of an application fails during rotations by ${engine}-%s`,
    async (strategy, { rejectsLogins }) => {
      const { failedQueries, rejectedLogins } = await trafficDuring(engine, strategy);

      expect(failedQueries).toBe(0);
      expect(rejectedLogins > 0).toBe(rejectsLogins);
    },
    120_000,
  );
}
