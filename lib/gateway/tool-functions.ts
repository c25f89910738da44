import type { aws_lambda as lambda } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { qualifiedToolName, type GatewayToolSpec } from './gateway-tool-spec';

/** The functions behind the tools of a gateway. */
export class ToolFunctions {
  private readonly entries: {
    readonly name: string;
    readonly qualified: string;
    readonly handler: lambda.IFunction;
  }[] = [];

  public add(tool: Pick<GatewayToolSpec, 'target' | 'name'>, handler: lambda.IFunction): void {
    this.entries.push({ name: tool.name, qualified: qualifiedToolName(tool), handler });
  }

  /**
   * The function behind the tool of this name, alone or with that of its target.
   *
   * @param scope begins the message of an error
   * @throws Error when there is none, or more than one
   */
  public get(scope: IConstruct, name: string): lambda.IFunction {
    const found = this.entries.filter((entry) => entry.name === name || entry.qualified === name);
    const [handler, ...others] = new Set(found.map((entry) => entry.handler));
    if (handler === undefined) {
      const names = [...new Set(this.entries.map((entry) => entry.name))];
      throw new Error(
        `${scope.node.path}: there is no function behind a tool "${name}"; there is one behind ${names.join(', ') || 'none'}`,
      );
    }
    if (others.length > 0) {
      throw new Error(
        `${scope.node.path}: several targets have a tool "${name}", each with a function of its own; ask for ${found.map(({ qualified }) => qualified).join(' or ')}`,
      );
    }
    return handler;
  }
}
