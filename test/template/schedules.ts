/**
 * Schedules as the template takes them, an expression and optionally a window. The rules are those of the User Guide's
 * page on rotation schedules (https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html).
 */
export const ACCEPTED = [
  "cron(0 3 1 * ? *)",
  "cron(0 3 1 * ? *) for 3h",
  "cron(0 0 1 * ? *) for 24h",
  "cron(0 21 ? * SUN *) for 3h",
  "cron(0 23 ? * SUN *) for 1h",
  "cron(0 3 ? * SUN#1 *) for 3h",
  "cron(0 3 ? * 6L *)",
  "cron(0 0/8 * * ? *)",
  "cron(0 2/10 * * ? *)",
  "cron(0 16 L * ? *)",
  "cron(0 8 1/7 * ? *)",
  "cron(0 8 1,15 JAN,APR,JUL,OCT ? *)",
  "cron(0 8 ? 1/3 MON-FRI *)",
  "rate(4 hours)",
  "rate(1 day)",
  "rate(10 days)",
  "rate(10 days) for 3h",
];

export const REFUSED = [
  // A window that ends after the UTC day that it begins in.
  "cron(0 22 ? * SUN *) for 3h",
  "cron(0 1 1 * ? *) for 24h",
  "cron(0 23 1 * ? *) for 2h",
  "rate(10 days) for 25h",
  "rate(10 days) for 0h",
  // Longer than until the next rotation.
  "cron(0 0/8 * * ? *) for 9h",
  "rate(4 hours) for 5h",
  // More often than every four hours.
  "rate(1 hour)",
  "rate(3 hours)",
  "cron(0 0/3 * * ? *)",
  "cron(0 * * * ? *)",
  // Minutes other than 0, a year, both day fields, neither, too few fields, values that do not exist.
  "cron(30 3 * * ? *)",
  "cron(0 3 1 * ? 2026)",
  "cron(0 3 1 * MON *)",
  "cron(0 3 * * * *)",
  "cron(0 3 ? * ? *)",
  "cron(0 3 1 * ?)",
  "cron(0 24 1 * ? *)",
  "cron(0 3 32 * ? *)",
  "cron(0 3 0 * ? *)",
  "cron(0 3 1 13 ? *)",
  "cron(0 3 ? * 8 *)",
  "rate(0 days)",
  "rate(1000 days)",
  "rate(5 minutes)",
  "30 days",
];

/** The two properties of AWS::SecretsManager::RotationSchedule. */
export function rulesOf(schedule: string): { ScheduleExpression: string; Duration?: string } {
  const [ScheduleExpression = "", Duration] = schedule.split(" for ");
  return { ScheduleExpression, ...(Duration && { Duration }) };
}
