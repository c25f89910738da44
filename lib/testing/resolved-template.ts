import { physicalValue, type TemplateResource } from './physical-values';
import { isRecord, list } from './policy';

/** A CloudFormation template, as `Template.toJSON()` gives it or a file in the cloud assembly holds it. */
export interface TemplateJson {
  readonly Resources?: Readonly<Record<string, unknown>>;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Mappings?: Readonly<Record<string, unknown>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

/** What the template alone does not say. */
export interface ResolveOptions {
  /** @default '000000000000' */
  readonly account?: string;
  /** @default 'us-east-1' */
  readonly region?: string;
  /** @default 'aws' */
  readonly partition?: string;
  /** @default 'Stack' */
  readonly stackName?: string;
  /**
   * Values of template parameters.
   *
   * @default - each parameter's own default; a parameter of AWS Systems Manager has none
   */
  readonly parameters?: Readonly<Record<string, string>>;
  /**
   * The values that other stacks export, by name.
   *
   * @default - none
   */
  readonly imports?: (exportName: string) => string | undefined;
  /**
   * The physical value of a resource: `Ref` where `attribute` is undefined, otherwise `Fn::GetAtt`.
   * Undefined leaves it to the built-in values.
   *
   * @default - built-in values for the resource types that agents use
   */
  readonly attribute?: (resource: TemplateResource, attribute: string | undefined) => string | undefined;
  /**
   * The same, asked only for what the built-in values do not know.
   *
   * @default - none: what is not known is an error
   */
  readonly standIn?: (resource: TemplateResource, attribute: string | undefined) => string | undefined;
}

type Intrinsic = (argument: unknown) => unknown;

/**
 * A template whose intrinsic functions can be resolved to the values that a deployment would give.
 *
 * Fails on every function, reference or attribute it does not know; nothing is guessed.
 */
export class ResolvedTemplate {
  public readonly account: string;
  public readonly region: string;
  public readonly partition: string;
  public readonly stackName: string;

  private readonly intrinsics: Readonly<Record<string, Intrinsic>> = {
    Ref: (name) => this.ref(String(name)),
    'Fn::GetAtt': (argument) => {
      const [logicalId, ...attribute] = typeof argument === 'string' ? argument.split('.') : this.strings(argument);
      return this.getAtt(logicalId ?? '', attribute.join('.'));
    },
    'Fn::Join': (argument) => {
      const [separator, parts] = this.items(argument);
      return this.strings(parts).join(String(separator));
    },
    'Fn::Sub': (argument) => this.substitute(argument),
    'Fn::Select': (argument) => {
      const [index, choices] = this.items(argument);
      const chosen = this.items(choices)[Number(index)];
      if (chosen === undefined) throw new Error(`Fn::Select has no item ${String(index)}: ${JSON.stringify(argument)}`);
      return chosen;
    },
    'Fn::Split': (argument) => {
      const [separator, text] = this.items(argument);
      return String(text).split(String(separator));
    },
    'Fn::If': (argument) => {
      const [condition, whenTrue, whenFalse] = list(argument as unknown[]);
      return this.resolve(this.condition(String(condition)) ? whenTrue : whenFalse);
    },
    'Fn::FindInMap': (argument) => {
      const path = this.strings(argument);
      const found = path.reduce<unknown>((map, key) => (isRecord(map) ? map[key] : undefined), this.template.Mappings);
      if (found === undefined) throw new Error(`Fn::FindInMap finds nothing at ${path.join(' / ')}`);
      return found;
    },
    'Fn::ImportValue': (argument) => {
      const name = String(this.resolve(argument));
      const value = this.options.imports?.(name);
      if (value === undefined) throw new Error(`the export "${name}" is not known; give it in the option "imports"`);
      return value;
    },
    'Fn::Base64': (argument) => Buffer.from(String(this.resolve(argument))).toString('base64'),
    'Fn::Equals': (argument) => {
      const [left, right] = this.items(argument);
      return String(left) === String(right);
    },
    'Fn::And': (argument) => this.items(argument).every((item) => item === true),
    'Fn::Or': (argument) => this.items(argument).some((item) => item === true),
    'Fn::Not': (argument) => this.items(argument)[0] !== true,
    Condition: (name) => this.condition(String(name)),
  };

  constructor(
    private readonly template: TemplateJson,
    private readonly options: ResolveOptions = {},
  ) {
    this.account = options.account ?? '000000000000';
    this.region = options.region ?? 'us-east-1';
    this.partition = options.partition ?? 'aws';
    this.stackName = options.stackName ?? 'Stack';
  }

  /** Every resource whose condition holds, in the order of the template. */
  public resources(): { readonly logicalId: string; readonly type: string }[] {
    return Object.keys(this.template.Resources ?? {})
      .map((logicalId) => ({ logicalId, raw: this.rawResource(logicalId) }))
      .filter(({ raw }) => raw.Condition === undefined || this.condition(String(raw.Condition)))
      .map(({ logicalId, raw }) => ({ logicalId, type: String(raw.Type) }));
  }

  /** The resources of one type with their resolved properties. */
  public resourcesOfType(type: string): TemplateResource[] {
    return this.resources()
      .filter((resource) => resource.type === type)
      .map((resource) => ({ ...resource, properties: this.properties(resource.logicalId) }));
  }

  /** The resolved properties of one resource. */
  public properties(logicalId: string): Record<string, unknown> {
    return this.resolve(this.rawResource(logicalId).Properties ?? {}) as Record<string, unknown>;
  }

  /** One property of a resource, resolved; the others may hold what cannot be. */
  public property(logicalId: string, name: string): unknown {
    const properties = this.rawResource(logicalId).Properties;
    return this.resolve(isRecord(properties) ? properties[name] : undefined);
  }

  /** The values that the template exports, by name. Only the export that is asked for is resolved. */
  public exported(exportName: string): string | undefined {
    const output = Object.values(this.template.Outputs ?? {}).find(
      (candidate) =>
        isRecord(candidate) && isRecord(candidate.Export) && this.resolve(candidate.Export.Name) === exportName,
    );
    return isRecord(output) ? String(this.resolve(output.Value)) : undefined;
  }

  /** The values of the template's outputs. */
  public outputs(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.template.Outputs ?? {}).map(([name, output]) => [
        name,
        String(this.resolve(isRecord(output) ? output.Value : output)),
      ]),
    );
  }

  /** `value` with every intrinsic function replaced by what it stands for. */
  public resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.resolve(item)).filter((item) => item !== undefined);
    if (!isRecord(value)) return value;
    const [key, ...others] = Object.keys(value);
    if (key !== undefined && others.length === 0) {
      if (value.Ref === 'AWS::NoValue') return undefined;
      const intrinsic = this.intrinsics[key];
      // `Condition` is a function only with a name as its argument; in a policy it is an ordinary key.
      if (intrinsic !== undefined && (key !== 'Condition' || typeof value[key] === 'string')) {
        return intrinsic(value[key]);
      }
      if (key.startsWith('Fn::')) {
        throw new Error(`${key} cannot be resolved; known are ${Object.keys(this.intrinsics).join(', ')}`);
      }
    }
    return Object.fromEntries(
      Object.entries(value)
        .map(([name, item]) => [name, this.resolve(item)] as const)
        .filter(([, item]) => item !== undefined),
    );
  }

  /** What `Ref` gives for a pseudo parameter, a parameter or a resource. */
  public ref(name: string): string {
    const parameter = this.pseudoParameter(name) ?? this.options.parameters?.[name] ?? this.parameterDefault(name);
    return parameter ?? this.physical(name, undefined);
  }

  /** What `Fn::GetAtt` gives for an attribute of a resource. */
  public getAtt(logicalId: string, attribute: string): string {
    return this.physical(logicalId, attribute);
  }

  private physical(logicalId: string, attribute: string | undefined): string {
    const raw = this.rawResource(logicalId);
    const resource: TemplateResource = {
      logicalId,
      type: String(raw.Type),
      // Names only: resolving all properties here could need the very value that is asked for.
      properties: this.resolve(
        Object.fromEntries(
          Object.entries(raw.Properties ?? {}).filter(([key]) => /Name$|^(Path|Domain|Identifier)$/.test(key)),
        ),
      ) as Record<string, unknown>,
    };
    const { partition, region, account, stackName } = this;
    const value =
      this.options.attribute?.(resource, attribute) ??
      physicalValue(resource, attribute, { partition, region, account, stackName }) ??
      this.options.standIn?.(resource, attribute);
    if (value === undefined) {
      const what = attribute === undefined ? 'Ref' : `attribute ${attribute}`;
      throw new Error(`the ${what} of ${logicalId} (${resource.type}) is not known; give it in the option "attribute"`);
    }
    return value;
  }

  private rawResource(logicalId: string): Record<string, unknown> {
    const raw = this.template.Resources?.[logicalId];
    if (!isRecord(raw)) throw new Error(`the template has no resource, parameter or pseudo parameter "${logicalId}"`);
    return raw;
  }

  private pseudoParameter(name: string): string | undefined {
    const values: Record<string, string> = {
      'AWS::AccountId': this.account,
      'AWS::Region': this.region,
      'AWS::Partition': this.partition,
      'AWS::StackName': this.stackName,
      'AWS::StackId': `arn:${this.partition}:cloudformation:${this.region}:${this.account}:stack/${this.stackName}/00000000-0000-0000-0000-000000000000`,
      'AWS::URLSuffix': this.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com',
    };
    return values[name];
  }

  private parameterDefault(name: string): string | undefined {
    const parameter = this.template.Parameters?.[name];
    if (!isRecord(parameter)) return undefined;
    if (String(parameter.Type).startsWith('AWS::SSM::Parameter::')) {
      throw new Error(
        `parameter "${name}" is read from AWS Systems Manager at deployment; give its value in the option "parameters"`,
      );
    }
    if (parameter.Default === undefined) {
      throw new Error(`parameter "${name}" has no default; give its value in the option "parameters"`);
    }
    return String(parameter.Default);
  }

  private condition(name: string): boolean {
    const condition = this.template.Conditions?.[name];
    if (condition === undefined) throw new Error(`the template has no condition "${name}"`);
    return this.resolve(condition) === true;
  }

  private substitute(argument: unknown): string {
    const [text, variables] = typeof argument === 'string' ? [argument, {}] : list(argument as unknown[]);
    return String(text).replace(/\$\{(!?)([^}]*)\}/g, (_, literal: string, name: string) => {
      if (literal !== '') return `\${${name}}`;
      const own = isRecord(variables) ? variables[name] : undefined;
      if (own !== undefined) return String(this.resolve(own));
      return name.includes('.')
        ? this.getAtt(name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1))
        : this.ref(name);
    });
  }

  private items(argument: unknown): unknown[] {
    const resolved = this.resolve(argument);
    if (!Array.isArray(resolved)) throw new Error(`expected a list, got ${JSON.stringify(resolved)}`);
    return resolved as unknown[];
  }

  private strings(argument: unknown): string[] {
    return this.items(argument).map(String);
  }
}
