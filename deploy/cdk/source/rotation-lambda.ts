import { Aws } from "aws-cdk-lib";
import { Grant, type IGrantable, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { type FunctionProps, Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct, IDependable } from "constructs";

const SECRETS_MANAGER = "secretsmanager.amazonaws.com";

/**
 * A function that Secrets Manager may invoke for this account alone. `secret.addRotationSchedule({ rotationLambda })` calls
 * grantInvoke() for Secrets Manager. The CDK's implementation would add a permission without SourceAccount, and a secret of
 * another account could then invoke the function (https://github.com/aws/aws-cdk/issues/28406). This class returns the
 * existing permission instead.
 */
export class RotationLambda extends LambdaFunction {
  /** Secrets Manager's permission. A rotation schedule depends on it: AWS rejects a schedule without the permission. */
  readonly mayInvoke: IDependable;

  constructor(scope: Construct, id: string, props: FunctionProps) {
    super(scope, id, props);
    const name = "SecretsManagerMayInvoke";
    this.addPermission(name, {
      principal: new ServicePrincipal(SECRETS_MANAGER),
      sourceAccount: Aws.ACCOUNT_ID,
    });
    this.mayInvoke = this.node.findChild(name);
  }

  override grantInvoke(grantee: IGrantable): Grant {
    const principal = grantee.grantPrincipal;
    if (!("service" in principal) || principal.service !== SECRETS_MANAGER) {
      return super.grantInvoke(grantee);
    }
    return Grant.addToPrincipalOrResource({
      grantee,
      actions: ["lambda:InvokeFunction"],
      resourceArns: [this.functionArn],
      resource: {
        env: this.env,
        addToResourcePolicy: () => ({ statementAdded: true, policyDependable: this.mayInvoke }),
      },
    });
  }
}
