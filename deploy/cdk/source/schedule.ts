import { Token } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

const MONTH = "(?:[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)";
const DAY = "(?:[1-9]|[12][0-9]|3[01])";
const WEEKDAY = "(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)";
const RATE = /^rate\((?:(?<hours>[4-9]|[1-9][0-9]{1,2}) hours|1 day|[1-9][0-9]{0,2} days)\)$/;
const CRON = new RegExp(
  `^cron\\(0 (?<hour>[0-9]|1[0-9]|2[0-3])(?<every>/(?:[4-9]|1[0-9]|2[0-3]))? ` +
    `(?:\\?|L|\\*(?:/${DAY})?|${DAY}(?:[,/-]${DAY})*) (?:\\*(?:/${MONTH})?|${MONTH}(?:[,/-]${MONTH})*) ` +
    `(?:\\?|\\*(?:/${WEEKDAY})?|${WEEKDAY}(?:L|#[1-5]|(?:[,/-]${WEEKDAY})*)) \\*\\)$`,
);

/**
 * Checks a schedule by the rules of AWS's User Guide
 * (https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html). Tokens are not checked: the
 * CDK does not know their values at synthesis.
 *
 * @param duration of the rotation window, such as 3h
 * @throws if AWS would reject the schedule
 */
export function assertSchedule(expression: string, duration: string | undefined): void {
  if (Token.isUnresolved(expression) || Token.isUnresolved(duration)) {
    return;
  }
  const { hours } = RATE.exec(expression)?.groups ?? {};
  const { hour = "0", every } = CRON.exec(expression)?.groups ?? {};
  if (!RATE.test(expression) && (!CRON.test(expression) || expression.split("?").length !== 2)) {
    throw new Error(
      `AWS does not accept the schedule ${expression}. Use cron(0 <hour> <day> <month> ? *), ` +
        "cron(0 <hour> ? <month> <weekday> *), rate(<number> days), or rate() of at least 4 hours.",
    );
  }
  if (duration === undefined) {
    return;
  }
  if (hours !== undefined || every !== undefined) {
    throw new Error(
      `A schedule in hours, such as ${expression}, takes no duration: AWS's window is one hour.`,
    );
  }
  if (!/^(?:[1-9]|1[0-9]|2[0-4])h$/.test(duration) || Number(hour) + Number.parseInt(duration, 10) > 24) {
    throw new Error(
      `The window of ${duration} for ${expression} does not end within the UTC day that it begins in.`,
    );
  }
}

/**
 * A monthly schedule that spreads secrets over the month: day (1 to 28) and hour (0 to 20, UTC) follow from a hash of the
 * construct's path, and so stay the same in every deployment.
 */
export function defaultSchedule({ node }: IConstruct): { expression: string; duration: string } {
  // node.addr is 42 hexadecimal digits, of which the first two are always c8.
  const number = (from: number) => Number.parseInt(node.addr.slice(from, from + 8), 16);
  return { expression: `cron(0 ${number(2) % 21} ${(number(10) % 28) + 1} * ? *)`, duration: "3h" };
}
