import { expect, test } from "vitest";
import { checkPage, checkSentence } from "../../lint/prose/check.ts";
import { messagesIn, titlesIn } from "../../lint/prose/texts.ts";

test.each([
  "The step was not done 30 s after it began.",
  "The role app may not log in, which somebody has decided.",
  "refuses app, saying why to nobody",
  "a stranger is refused with the statement that marks it; executed, the same token takes it over",
  "Whom somebody has locked stays locked.",
  "Who is in was let in",
  "What rescue does is waited for by nobody",
  "the only host that a master may log in to whose secret RDS manages",
  "a server's words are nobody's",
])("finds %j", (sentence) => {
  expect(checkSentence(sentence)).not.toEqual([]);
});

test.each([
  "createSecret timed out after 30 s. The last operation was GetSecretValue.",
  "The role app has NOLOGIN. To allow logins, run as an administrator: ALTER ROLE app LOGIN",
  "refuses to take over a user without an ownership marker, and succeeds after the suggested statement",
  "A locked account is never unlocked: an administrator locked it on purpose.",
])("accepts %j", (sentence) => {
  expect(checkSentence(sentence)).toEqual([]);
});

test("finds sentences in paragraphs, headings and tables, with their lines, and none in code or quotations", () => {
  const page = [
    "# What nobody needs",
    "",
    'Run `somebody`. AWS says "somebody".',
    "",
    "| a | b |",
    "| - | - |",
    "| whoever | x |",
    "",
    "```",
    "nobody",
    "```",
    "",
    `${"word ".repeat(40)}end.`,
  ].join("\n");

  expect(checkPage(page).map(({ line }) => line)).toEqual([1, 7, 13]);
});

test("reads the messages and the titles of source files", () => {
  const messages = [...messagesIn("shared/protocol/guard.ts")].map(({ text }) => text);
  const titles = [...titlesIn("test/docs/prose.test.ts")].map(({ text }) => text);

  expect(messages).toContain("The secret is scheduled for deletion.");
  expect(titles).toContain("reads the messages and the titles of source files");
  expect(titles).toContain("finds %j");
});
