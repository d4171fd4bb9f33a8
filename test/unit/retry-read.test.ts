import { beforeEach, describe, expect, it, vi } from "vitest";
import { deadlineOf } from "../../shared/protocol/deadline.ts";
import { readUntilFound } from "../../shared/protocol/retry-read.ts";
import { context } from "./invoke.ts";

const { waits } = vi.hoisted(() => ({ waits: [] as { milliseconds: number; signal: AbortSignal }[] }));

vi.mock("node:timers/promises", () => ({
  async setTimeout(milliseconds: number, _value: unknown, { signal }: { signal: AbortSignal }) {
    waits.push({ milliseconds, signal });
  },
}));

beforeEach(() => {
  waits.length = 0;
});

/** Reads one of the answers after the other. */
function reading(...answers: unknown[]): () => Promise<unknown> {
  return vi.fn(async () => answers.shift());
}

describe("readUntilFound", () => {
  it.each(["found", 0, false, "", null])("returns %j at once", async (answer) => {
    using deadline = deadlineOf(context());
    const read = reading(answer);

    const found = await readUntilFound(read, deadline);

    expect(found).toBe(answer);
    expect(read).toHaveBeenCalledTimes(1);
    expect(waits).toEqual([]);
  });

  it("reads again until there is an answer, also in the last attempt", async () => {
    using deadline = deadlineOf(context());
    const read = reading(undefined, undefined, undefined, undefined, "found");

    const found = await readUntilFound(read, deadline);

    expect(found).toBe("found");
    expect(waits).toHaveLength(4);
  });

  it("gives up after five attempts, without a last wait", async () => {
    using deadline = deadlineOf(context());
    const read = reading();

    const found = await readUntilFound(read, deadline);

    expect(found).toBeUndefined();
    expect(read).toHaveBeenCalledTimes(5);
    expect(waits).toHaveLength(4);
  });

  it.each([
    { random: 0, expected: [100, 200, 400, 800] },
    { random: 1, expected: [200, 400, 800, 1600] },
  ])(
    "waits twice as long each time, at most three seconds in all, when chance is $random",
    async (chance) => {
      using deadline = deadlineOf(context());
      const random = vi.spyOn(Math, "random").mockReturnValue(chance.random);

      await readUntilFound(reading(), deadline);
      random.mockRestore();

      expect(waits.map(({ milliseconds }) => milliseconds)).toEqual(chance.expected);
    },
  );

  it("ends its waits when the deadline is up", async () => {
    using deadline = deadlineOf(context());

    await readUntilFound(reading(), deadline);

    expect(waits.every(({ signal }) => signal === deadline.signal)).toBe(true);
  });

  it("does not repeat a read that fails", async () => {
    using deadline = deadlineOf(context());
    const read = vi.fn(async () => {
      throw new Error("refused");
    });

    const run = readUntilFound(read, deadline);

    await expect(run).rejects.toThrow("refused");
    expect(read).toHaveBeenCalledTimes(1);
  });
});
