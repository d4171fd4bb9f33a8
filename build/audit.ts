import { options } from "./command.ts";
import { askRegistry } from "./npm-audit.ts";
import { shipped } from "./shipped.ts";

const HELP = `Asks the npm registry for known vulnerabilities of the packages of which something is in the bundles.

  npm run audit [-- options]

  --json          prints what was found as a JSON object instead
  --must-answer   fails, too, if the registry serves no such data
  --help          prints this

Vulnerabilities of tools that only build and test are counted and not held against the bundles: npm audit lists them.

Exit status: 0 none is known, or the registry serves no such data and a line says so; 1 there are some; 2 wrong options.`;

const chosen = options(HELP, "must-answer");
if (chosen) {
  const packages = shipped();
  const answer = askRegistry();
  const ours = answer.advisories.filter(({ installed }) =>
    installed.some((one) => packages.some(({ name, version }) => one === `${name}@${version}`)),
  );
  if (chosen.has("json")) {
    console.log(JSON.stringify({ unanswered: answer.unanswered, vulnerabilities: ours }, undefined, 2));
  } else if (answer.unanswered !== undefined) {
    console.log(`NOT AUDITED: the registry does not answer. ${answer.unanswered}`);
  } else {
    const others = answer.advisories.length - ours.length;
    console.log(`${ours.length} known vulnerabilities in ${packages.length} packages that are shipped`);
    if (others > 0) console.log(`${others} in packages that are not: npm audit`);
  }
  for (const { installed, severity, title, url } of ours) {
    console.error(`${installed.join(", ")}: ${severity}: ${title} ${url}`);
  }
  const failed = chosen.has("must-answer") && answer.unanswered !== undefined;
  process.exitCode = ours.length > 0 || failed ? 1 : 0;
}
