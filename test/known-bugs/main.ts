/** Prints which test shows the absence of which bug of AWS's templates: npm run known-bugs */
import { KNOWN_BUGS } from "./bugs.ts";
import { titlesWithIds } from "./titles.ts";

const titles = titlesWithIds();
let shown = 0;
for (const { id, where, bug } of KNOWN_BUGS) {
  const tests = titles.filter(({ ids }) => ids.includes(id));
  shown += tests.length > 0 ? 1 : 0;
  console.log(`${id.padEnd(4)} ${where.padEnd(9)} ${bug}`);
  for (const { file, text } of tests) {
    console.log(`       ${file}: ${text}`);
  }
  if (tests.length === 0) {
    console.log("       no test");
  }
}
console.log(`\n${shown} of ${KNOWN_BUGS.length} bugs have a test, ${titles.length} tests in all`);
process.exitCode = shown === KNOWN_BUGS.length ? 0 : 1;
