import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { RotationEvent } from "../../shared/protocol/event.ts";
import { cancelRemedy } from "../../shared/protocol/remedies.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { joinStatements, oneLine } from "../../shared/report/safe-text.ts";

describe("one line", () => {
  it("replaces line breaks, terminal codes and changes of text direction", () => {
    expect(oneLine("a\nb\u001b[2J\u0085\u2028\u202ec")).toBe("a\\u{a}b\\u{1b}[2J\\u{85}\\u{2028}\\u{202e}c");
  });

  it("bounds the length, and keeps the remedy", () => {
    const error = new RotationError("database", "x".repeat(1_000_000), "Do this.");

    expect(error.message.length).toBeLessThan(11_000);
    expect(error.message).toMatch(/… Do this\.$/);
  });

  it("keeps a text without such characters unchanged", () => {
    expect(oneLine("ünïcode 'é' $$ %s 👍")).toBe("ünïcode 'é' $$ %s 👍");
  });
});

describe("statements for a person to run", () => {
  it("are joined by semicolons", () => {
    expect(joinStatements(["GRANT a", "GRANT b"])).toBe("GRANT a; GRANT b");
  });

  it("are never cut in an error, however many there are", () => {
    const grants = Array.from({ length: 5000 }, (_, table) => `GRANT SELECT ON app.t${table} TO 'x'@'%'`);

    const { message } = new RotationError("missing-privilege", "It may not.", joinStatements(grants));

    const [, list = "", more] = /^It may not\. (.*) - and (\d+) more statements/.exec(message) ?? [];
    expect(list.split("; ")).toEqual(grants.slice(0, 5000 - Number(more)));
    expect(message).toMatch(/have been run$/);
  });
});

describe("a command in a remedy", () => {
  const event: RotationEvent = {
    Step: "setSecret",
    SecretId: "arn:aws:x:1:secret:a/b+c=d.e@f-g",
    ClientRequestToken: "",
  };

  it("quotes a token that contains shell syntax as one word", () => {
    const ClientRequestToken = "$(touch /tmp/x); echo 'it's done'";

    expect(cancelRemedy({ ...event, ClientRequestToken })).toMatch(
      / --remove-from-version-id '\$\(touch \/tmp\/x\); echo '\\''it'\\''s done'\\'''$/,
    );
  });

  it("has no quotes where none are needed", () => {
    const ClientRequestToken = randomUUID();

    expect(cancelRemedy({ ...event, ClientRequestToken })).toContain(
      `--secret-id ${event.SecretId} --version-stage AWSPENDING --remove-from-version-id ${ClientRequestToken}`,
    );
  });
});
