/** Prints which test shows the absence of which fault of AWS's templates: npm run known-bugs */
import { AWS_FAULTS } from "./bugs.ts";
import { titlesWithIds } from "./titles.ts";

const titles = titlesWithIds();
let shown = 0;
for (const { id, where, fault } of AWS_FAULTS) {
  const tests = titles.filter(({ ids }) => ids.includes(id));
  shown += tests.length > 0 ? 1 : 0;
  console.log(`${id.padEnd(4)} ${where.padEnd(9)} ${fault}`);
  for (const { file, text } of tests) {
    console.log(`       ${file}: ${text}`);
  }
  if (tests.length === 0) {
    console.log("       no test");
  }
}
console.log(`\n${shown} of ${AWS_FAULTS.length} faults have a test, ${titles.length} tests in all`);
process.exitCode = shown === AWS_FAULTS.length ? 0 : 1;
