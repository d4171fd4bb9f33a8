import { ACCOUNT, BOUNDARY, FUNCTION, LOG_GROUP, OTHER_ACCOUNT, OTHER_FUNCTION, REGION } from "../account.ts";
import { OPEN_HOUSE } from "../others.ts";
import { type Case, lets, refuses, refusesElsewhere, type Setting } from "./case.ts";
import { person } from "./person.ts";

const DEPLOY = "deploy.json";
const STACK = "deploy-stack.json";

const ROLE = `arn:aws:iam::${ACCOUNT}:role/rotation/rotate-Role-1A2B3C`;
const OTHER_ROLE = `arn:aws:iam::${ACCOUNT}:role/admin`;
const DASHBOARD = `arn:aws:cloudwatch::${ACCOUNT}:dashboard/rotate-rotation`;
const ALARM = `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:rotate-ErrorsAlarm-1A2B3C`;
const RULE = `arn:aws:events:${REGION}:${ACCOUNT}:rule/rotate-FailedRotations-1A2B3C`;
const STACK_ARN = `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/rotate/9d4cb84b-ad69-40c0-a0ab-cead36b967e8`;
const TRANSFORM = `arn:aws:cloudformation:${REGION}:aws:transform/Serverless-2016-10-31`;
const OBJECT = "arn:aws:s3:::artifacts/rotate/0123456789abcdef";
const STREAM = `${LOG_GROUP}:log-stream:2026/01/01/[$LATEST]0123456789abcdef`;

const bounded = person(DEPLOY, { "iam:PermissionsBoundary": BOUNDARY });
const unbounded = person(DEPLOY);
const otherBoundary = person(DEPLOY, {
  "iam:PermissionsBoundary": `arn:aws:iam::${ACCOUNT}:policy/other`,
});
const toLambda = person(DEPLOY, { "iam:PassedToService": "lambda.amazonaws.com" });
const admitting = (principal: string) => person(DEPLOY, { "lambda:Principal": principal });
const secretsManager = admitting("secretsmanager.amazonaws.com");

/** All actions of a service on what belongs to a stack; the same on a resource of another name is refused. */
function manages(
  setting: Setting,
  service: string,
  actions: string[],
  resource: string,
  another: string,
): Case[] {
  const full = actions.map((action) => `${service}:${action}`);
  const [first = ""] = full;
  return [
    ...full.map((action) => lets(action, setting, action, resource)),
    ...full.map((action) => refuses(`${action} on another name`, setting, action, another)),
    ...refusesElsewhere(first, setting, first, resource),
  ];
}

export const DEPLOYER: Readonly<Record<string, readonly Case[]>> = {
  [DEPLOY]: [
    ...manages(
      bounded,
      "iam",
      ["CreateRole", "PutRolePolicy", "DeleteRolePolicy", "PutRolePermissionsBoundary"],
      ROLE,
      OTHER_ROLE,
    ),
    ...["iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"].flatMap((action) => [
      refuses(`${action} without the boundary`, unbounded, action, ROLE),
      refuses(`${action} with another boundary`, otherBoundary, action, ROLE),
    ]),
    refuses("a managed policy at a role", bounded, "iam:AttachRolePolicy", ROLE),
    refuses("to take the boundary off", unbounded, "iam:DeleteRolePermissionsBoundary", ROLE),
    ...manages(
      unbounded,
      "iam",
      [
        ...["GetRole", "GetRolePolicy", "ListRolePolicies", "ListAttachedRolePolicies", "UpdateRole"],
        ...["UpdateRoleDescription", "UpdateAssumeRolePolicy", "DeleteRole", "TagRole", "UntagRole"],
      ],
      ROLE,
      OTHER_ROLE,
    ),
    ...manages(toLambda, "iam", ["PassRole"], ROLE, OTHER_ROLE),
    refuses("a role for another service", person(DEPLOY), "iam:PassRole", ROLE),
    refuses(
      "a role for EC2",
      person(DEPLOY, { "iam:PassedToService": "ec2.amazonaws.com" }),
      "iam:PassRole",
      ROLE,
    ),
    ...manages(
      unbounded,
      "lambda",
      [
        ...["CreateFunction", "GetFunction", "GetFunctionConfiguration", "GetFunctionCodeSigningConfig"],
        ...["PutFunctionCodeSigningConfig", "DeleteFunctionCodeSigningConfig", "GetRuntimeManagementConfig"],
        ...["PutRuntimeManagementConfig", "UpdateFunctionCode", "UpdateFunctionConfiguration"],
        ...["DeleteFunction", "GetPolicy", "ListTags", "TagResource", "UntagResource"],
      ],
      FUNCTION,
      OTHER_FUNCTION,
    ),
    refuses("to invoke the function", unbounded, "lambda:InvokeFunction", FUNCTION),
    ...manages(secretsManager, "lambda", ["AddPermission", "RemovePermission"], FUNCTION, OTHER_FUNCTION),
    refuses("another principal for the function", admitting(OTHER_ACCOUNT), "lambda:AddPermission", FUNCTION),
    refuses("a permission without a principal", unbounded, "lambda:AddPermission", FUNCTION),
    ...manages(
      unbounded,
      "logs",
      [
        ...["CreateLogGroup", "DeleteLogGroup", "PutRetentionPolicy", "DeleteRetentionPolicy"],
        ...["AssociateKmsKey", "DisassociateKmsKey", "ListTagsForResource", "TagResource", "UntagResource"],
        ...["PutMetricFilter", "DescribeMetricFilters", "DeleteMetricFilter"],
      ],
      LOG_GROUP,
      LOG_GROUP.replace("lambda/rotate", "lambda/other"),
    ),
    refuses("to read the log", unbounded, "logs:GetLogEvents", STREAM),
    lets("log groups be found", unbounded, "logs:DescribeLogGroups", "*"),
    refuses("queries of logs", unbounded, "logs:DescribeQueries", "*"),
    ...["PutQueryDefinition", "DescribeQueryDefinitions", "DeleteQueryDefinition"].map((action) =>
      lets(action, unbounded, `logs:${action}`, "*"),
    ),
    ...manages(
      unbounded,
      "cloudwatch",
      ["PutDashboard", "GetDashboard", "DeleteDashboards"],
      DASHBOARD,
      DASHBOARD.replace("rotate", "other"),
    ),
    refuses("to list dashboards", unbounded, "cloudwatch:ListDashboards", "*"),
    ...manages(
      unbounded,
      "cloudwatch",
      [
        ...["PutMetricAlarm", "DescribeAlarms", "DeleteAlarms", "ListTagsForResource"],
        ...["TagResource", "UntagResource"],
      ],
      ALARM,
      ALARM.replace("rotate", "other"),
    ),
    refuses("to silence an alarm", unbounded, "cloudwatch:DisableAlarmActions", ALARM),
    ...manages(
      unbounded,
      "events",
      [
        ...["PutRule", "DescribeRule", "DeleteRule", "PutTargets", "ListTargetsByRule", "RemoveTargets"],
        ...["ListTagsForResource", "TagResource", "UntagResource"],
      ],
      RULE,
      RULE.replace("rotate", "other"),
    ),
    refuses("to switch a rule off", unbounded, "events:DisableRule", RULE),
    ...["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"].map((action) =>
      lets(action, unbounded, action, "*"),
    ),
    refuses("to see instances", unbounded, "ec2:DescribeInstances", "*"),
  ],
  [STACK]: [
    ...manages(
      person(STACK),
      "cloudformation",
      [
        ...["CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet", "DeleteChangeSet", "DescribeStacks"],
        ...["DescribeStackEvents", "DescribeStackResources", "ListStackResources", "GetTemplate"],
        ...["GetTemplateSummary", "DeleteStack"],
      ],
      STACK_ARN,
      STACK_ARN.replace("stack/rotate", "stack/other"),
    ),
    refuses("another policy for the stack", person(STACK), "cloudformation:SetStackPolicy", STACK_ARN),
    lets(
      "the transform of AWS SAM",
      { ...person(STACK), resourcePolicy: OPEN_HOUSE },
      "cloudformation:CreateChangeSet",
      TRANSFORM,
    ),
    refuses(
      "another transform",
      { ...person(STACK), resourcePolicy: OPEN_HOUSE },
      "cloudformation:CreateChangeSet",
      TRANSFORM.replace("Serverless-2016-10-31", "Include"),
    ),
    ...refusesElsewhere("the transform", person(STACK), "cloudformation:CreateChangeSet", TRANSFORM),
    refuses(
      "anything else of the transform",
      { ...person(STACK), resourcePolicy: OPEN_HOUSE },
      "cloudformation:UpdateStack",
      TRANSFORM,
    ),
    ...["s3:GetObject", "s3:PutObject"].flatMap((action) => [
      lets(action, person(STACK), action, OBJECT),
      refuses(`${action} in another bucket`, person(STACK), action, OBJECT.replace("artifacts", "others")),
    ]),
    refuses(
      "an artifact of another partition",
      person(STACK),
      "s3:GetObject",
      OBJECT.replace("aws", "aws-cn"),
    ),
    refuses("to delete an artifact", person(STACK), "s3:DeleteObject", OBJECT),
  ],
};
