/** What a linter finds that is not changed, and why. docs/deployment.md has the same list, by a test. */
export interface Declined {
  /** The rule's name at its tool: https://www.checkov.io, or cfn-lint. */
  readonly rule: string;
  readonly about: string;
  readonly because: string;
}

export const DECLINED: readonly Declined[] = [
  {
    rule: "CKV_AWS_115",
    about: "Functions without reserved concurrency",
    because:
      "With a low limit, invocations for one secret are throttled by those for another, and rotations start over.",
  },
  {
    rule: "CKV_AWS_116",
    about: "Functions without a dead letter queue",
    because: "Secrets Manager invokes synchronously: nothing would reach the queue.",
  },
  {
    rule: "CKV_AWS_173",
    about: "Environment variables without a customer managed key",
    because: "No variable has a secret, and Lambda encrypts them with a key of its own.",
  },
  {
    rule: "CKV_AWS_50",
    about: "Functions without X-Ray",
    because: "A rotation is four invocations, each with its own log lines. A tracer would enlarge the code.",
  },
  {
    rule: "CKV_AWS_23",
    about: "Rules of security groups without a description",
    because: "Each rule has one. The tool does not read rules in Fn::If.",
  },
  {
    rule: "CKV_AWS_338",
    about: "Logs kept for less than a year",
    because: "The default is 90 days; logRetentionInDays sets another.",
  },
  {
    rule: "CKV_AWS_304",
    about: "Secrets rotated more seldom than every 90 days",
    because: "They rotate once a month or a week. The tool does not read cron().",
  },
  {
    rule: "CKV_AWS_149",
    about: "Secrets without a customer managed key",
    because: "Only in examples, which show the default key. kmsKeyArn is for others.",
  },
  {
    rule: "CKV_AWS_118",
    about: "A database without enhanced monitoring",
    because: "Only in the example, whose subject is rotation.",
  },
  {
    rule: "CKV_AWS_162",
    about: "A database without IAM authentication",
    because: "Only in the example, whose subject is rotation.",
  },
  {
    rule: "W1028",
    about: "Branches of Fn::If that cannot be reached",
    because:
      "The release template repeats the variables of master-user functions in single-user functions, where they are left out.",
  },
];
