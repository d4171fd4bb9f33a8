/**
 * `npm run check:prose`: whether pages, messages and test titles read as CONTRIBUTING.md asks. Prints one line for each
 * finding. Exit status: 0 there are none, 1 there are some.
 */
import { checkPage, checkSentence } from "./check.ts";
import { files, messagesIn, read, titlesIn } from "./texts.ts";

const findings: string[] = [];
for (const path of files("*.md")) {
  for (const { line, message } of checkPage(read(path))) findings.push(`${path}:${line}: ${message}`);
}
for (const path of files(
  "shared/*.ts",
  "functions/*.ts",
  "rescue/*.ts",
  "local/*.ts",
  "build/*.ts",
  "bench/*.ts",
  "deploy/*.ts",
)) {
  for (const sentence of messagesIn(path)) add(sentence);
}
for (const path of files("test/*.test.ts", "test/contract/cases/*.ts")) {
  for (const sentence of titlesIn(path)) add(sentence);
}

process.stdout.write(findings.map((finding) => `${finding}\n`).join(""));
process.exitCode = findings.length > 0 ? 1 : 0;

function add({ path, line, text }: { path: string; line: number; text: string }): void {
  for (const message of checkSentence(text)) findings.push(`${path}:${line}: ${message}`);
}
