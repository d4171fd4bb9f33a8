import { options } from "./command.ts";
import { fetchAdvisories } from "./npm-audit.ts";
import { shipped } from "./shipped.ts";

const HELP = `Asks the npm registry for known vulnerabilities of the packages in the bundles.

  npm run audit [-- options]

  --json          prints the result as a JSON object
  --must-answer   fails, too, if the registry has no vulnerability data
  --help          prints this text

Vulnerabilities of packages that are not in the bundles, such as build tools, are only counted: npm audit lists them.

Exit status: 0 no vulnerability is known, or the registry has no vulnerability data, which a line reports; 1 at least one
vulnerability is known; 2 wrong options.`;

const chosen = options(HELP, "must-answer");
if (chosen) {
  const packages = shipped();
  const answer = fetchAdvisories();
  const ours = answer.advisories.filter(({ installed }) =>
    installed.some((one) => packages.some(({ name, version }) => one === `${name}@${version}`)),
  );
  if (chosen.has("json")) {
    console.log(JSON.stringify({ unanswered: answer.unanswered, vulnerabilities: ours }, undefined, 2));
  } else if (answer.unanswered !== undefined) {
    console.log(`NOT AUDITED: the registry does not answer. ${answer.unanswered}`);
  } else {
    const others = answer.advisories.length - ours.length;
    console.log(`${ours.length} known vulnerabilities in ${packages.length} packages in the bundles`);
    if (others > 0) console.log(`${others} in packages that are not in the bundles: npm audit lists them`);
  }
  for (const { installed, severity, title, url } of ours) {
    console.error(`${installed.join(", ")}: ${severity}: ${title} ${url}`);
  }
  const failed = chosen.has("must-answer") && answer.unanswered !== undefined;
  process.exitCode = ours.length > 0 || failed ? 1 : 0;
}
