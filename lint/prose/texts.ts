import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import jsTokens from "js-tokens";

const ROOT = join(import.meta.dirname, "../..");

/** A sentence for people in a source file: a message, a help text or a test title. */
export interface Sentence {
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** Files below ROOT that git tracks, or would add. */
export function files(...patterns: readonly string[]): string[] {
  const list = execFileSync(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...patterns],
    {
      cwd: ROOT,
      encoding: "utf8",
    },
  );
  return [...new Set(list.split("\n"))].filter((path) => path !== "");
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** All string literals with at least three words. */
export function* messagesIn(path: string): Generator<Sentence> {
  for (const { text, line } of stringsOf(path)) {
    if (
      text.split(/\s+/).length > 2 &&
      !/^(?:SELECT|INSERT|GRANT|REVOKE|ALTER|CREATE|WITH|SET|DO)\b/.test(text.trim())
    ) {
      yield { path, line, text };
    }
  }
}

/** The titles of the tests in a file. */
export function* titlesIn(path: string): Generator<Sentence> {
  for (const { text, line, before } of stringsOf(path)) {
    if (/\b(?:test|it|describe)(?:\.\w+)*(?:\(.*\))?\($/s.test(before)) {
      yield { path, line, text };
    }
  }
}

interface Literal {
  readonly text: string;
  readonly line: number;
  /** The code right before the string, without white space. */
  readonly before: string;
}

function* stringsOf(path: string): Generator<Literal> {
  let line = 1;
  let before = "";
  for (const { type, value } of jsTokens(read(path))) {
    if (type === "StringLiteral" || type.endsWith("Template") || type === "NoSubstitutionTemplate") {
      yield { text: value.replace(/^["'`}]|(?:["'`]|\$\{)$/g, ""), line, before: before.slice(-4000) };
    }
    line += value.split("\n").length - 1;
    if (type !== "WhiteSpace" && type !== "LineTerminatorSequence" && !type.endsWith("Comment"))
      before += value;
  }
}
