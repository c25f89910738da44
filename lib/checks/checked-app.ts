import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CfnResource, Stack, Stage } from 'aws-cdk-lib';
import type { IPolicyValidationContext } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { at, intrinsic, isRecord, literal, oneOrMore } from './template-value';

/** A resource as the template has it, overrides and included templates too. */
export interface CheckedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: unknown;
  readonly metadata: unknown;
  readonly dependsOn: readonly string[];
  readonly stack: CheckedStack;
  /** What defined the resource; the stack itself where a transform of the template added it. */
  readonly construct: IConstruct;
}

/** A stack or nested stack with its synthesized template. */
export interface CheckedStack {
  readonly construct: Stack;
  readonly templatePath: string;
  /** Undefined for a stack that can be deployed to any Region. */
  readonly region: string | undefined;
  readonly outputs: unknown;
  readonly resources: Map<string, CheckedResource>;
}

/** The synthesized templates of an app, with the references between their resources. */
export class CheckedApp {
  private readonly stacks = new Map<Stack, CheckedStack>();
  private readonly exports = new Map<string, { readonly stack: CheckedStack; readonly value: unknown }>();
  private readonly nestedStacks = new Map<IConstruct, CheckedStack>();
  private readonly byType = new Map<string, CheckedResource[]>();

  /**
   * @param context what the CDK passes to a validation plugin
   * @throws Error when a template cannot be read
   */
  constructor(context: Pick<IPolicyValidationContext, 'stackTemplates' | 'appConstruct'>) {
    const regions = new Map(context.stackTemplates.map((stack) => [resolve(stack.templatePath), stack.region]));
    const constructs = context.appConstruct.node.findAll();
    const resourceConstructs = new Map<Stack, CfnResource[]>(
      constructs.filter(Stack.isStack).map((stack) => [stack, []]),
    );
    for (const resource of constructs.filter(CfnResource.isCfnResource)) {
      resourceConstructs.get(Stack.of(resource))?.push(resource);
    }
    for (const [stack, resources] of resourceConstructs) {
      const templatePath = resolve(join(Stage.of(stack)?.outdir ?? '', stack.templateFile));
      const parent = stack.nestedStackParent && this.stacks.get(stack.nestedStackParent);
      if (parent === undefined && !regions.has(templatePath)) continue;
      const region = parent === undefined ? regions.get(templatePath) : parent.region;
      const checked = readStack(stack, templatePath, region, resources);
      this.stacks.set(stack, checked);
      this.register(checked);
    }
  }

  /** The resources of one type, of every stack, in the order of the templates. */
  public resourcesOfType(type: string): readonly CheckedResource[] {
    return this.byType.get(type) ?? [];
  }

  /** The resources of AgentCore, whatever their type. */
  public agentCoreResources(): readonly CheckedResource[] {
    return [...this.byType]
      .filter(([type]) => type.startsWith('AWS::BedrockAgentCore::'))
      .flatMap(([, found]) => found);
  }

  /** The resource that a `Ref` or `Fn::GetAtt` in `stack` means, across exports and nested stacks. */
  public resourceOf(stack: CheckedStack, value: unknown): CheckedResource | undefined {
    const [name, argument] = intrinsic(value) ?? [];
    if (name === 'Fn::ImportValue') {
      const found = this.exports.get(literal(argument) ?? '');
      return found && this.resourceOf(found.stack, found.value);
    }
    if (name !== 'Ref' && name !== 'Fn::GetAtt') return undefined;
    const [logicalId = '', ...attribute] =
      typeof argument === 'string' && name === 'Fn::GetAtt' ? argument.split('.') : oneOrMore(argument).map(String);
    const resource = stack.resources.get(logicalId);
    if (resource === undefined) return this.parameterOf(stack, logicalId);
    const [outputs, output] = attribute.join('.').split('.');
    return outputs === 'Outputs' && output !== undefined ? this.outputOf(resource, output) : resource;
  }

  private register(stack: CheckedStack): void {
    const { nestedStackResource } = stack.construct;
    if (nestedStackResource !== undefined) this.nestedStacks.set(nestedStackResource, stack);
    for (const resource of stack.resources.values()) {
      const found = this.byType.get(resource.type) ?? [];
      this.byType.set(resource.type, found);
      found.push(resource);
    }
    for (const output of isRecord(stack.outputs) ? Object.values(stack.outputs) : []) {
      const name = literal(at(output, 'Export', 'Name'));
      if (name !== undefined) this.exports.set(name, { stack, value: at(output, 'Value') });
    }
  }

  private parameterOf(stack: CheckedStack, name: string): CheckedResource | undefined {
    const { nestedStackParent, nestedStackResource } = stack.construct;
    const parent = nestedStackParent && this.stacks.get(nestedStackParent);
    if (parent === undefined || nestedStackResource === undefined) return undefined;
    const logicalId = String(parent.construct.resolve(nestedStackResource.logicalId));
    const value = at(parent.resources.get(logicalId)?.properties, 'Parameters', name);
    return this.resourceOf(parent, value);
  }

  private outputOf(resource: CheckedResource, output: string): CheckedResource | undefined {
    const nested = this.nestedStacks.get(resource.construct);
    return nested && this.resourceOf(nested, at(nested.outputs, output, 'Value'));
  }
}

function readStack(
  construct: Stack,
  templatePath: string,
  region: string | undefined,
  resourceConstructs: readonly CfnResource[],
): CheckedStack {
  const template = JSON.parse(readFileSync(templatePath, 'utf8')) as unknown;
  const constructs = new Map(resourceConstructs.map((one) => [String(construct.resolve(one.logicalId)), one]));
  const stack: CheckedStack = {
    construct,
    templatePath,
    region,
    outputs: at(template, 'Outputs'),
    resources: new Map(),
  };
  const resources = at(template, 'Resources');
  for (const [logicalId, resource] of isRecord(resources) ? Object.entries(resources) : []) {
    stack.resources.set(logicalId, {
      logicalId,
      type: String(at(resource, 'Type')),
      properties: at(resource, 'Properties') ?? {},
      metadata: at(resource, 'Metadata'),
      dependsOn: oneOrMore(at(resource, 'DependsOn')).map(String),
      stack,
      construct: constructs.get(logicalId) ?? construct,
    });
  }
  return stack;
}
