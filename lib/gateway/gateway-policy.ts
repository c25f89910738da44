import { throwFindings } from '../private/validation';
import { ACTION_GROUPS } from './cedar-schema';
import { readCedar } from './cedar-statement';
import type { GatewayPolicyOptions, PolicyScope, WrittenPolicy } from './policy-source';
import { renderStatement, type GatewayStatement } from './policy-statement';
import { readPolicyFile, readPolicyFolder, readPolicyText, type PolicyText } from './policy-text';

/** What can be said about a policy in Cedar. */
export interface CedarPolicyOptions extends GatewayPolicyOptions {
  /**
   * Name of the policy, where the text is a single one: a letter, then letters, digits and underscores, 39 in all.
   *
   * @default - the `@id` before each
   */
  readonly name?: string;
}

/**
 * Who may call which tool of a gateway with what input, as Cedar policies. With the first one a gateway denies whatever
 * no policy permits; a `forbid` wins over every `permit`.
 *
 * In Cedar, `{{gatewayArn}}` stands for the ARN of the gateway:
 *
 * ```cedar
 * @id("small_refunds")
 * permit (
 *   principal is AgentCore::OAuthUser,
 *   action == AgentCore::Action::"Refunds___process_refund",
 *   resource == AgentCore::Gateway::"{{gatewayArn}}"
 * )
 * when { context.input.amount <= 1000 };
 * ```
 */
export abstract class GatewayPolicy {
  /**
   * The policies in a file, each of one statement. Each is named by `@id("<name>")` before it; one alone may be named by
   * the file. `@description("…")` and `@acceptFindings("<why>")` stand for the options of that name.
   *
   * @param path a relative one is taken from the working directory of the CDK app
   * @throws Error with everything that keeps the file from being read
   */
  public static fromFile(path: string, options: GatewayPolicyOptions = {}): GatewayPolicy {
    return new CedarPolicy('GatewayPolicy.fromFile', readPolicyFile(path, options));
  }

  /**
   * The policies in the `.cedar` files of a folder, in the order of the files' names, as {@link GatewayPolicy.fromFile}
   * reads them. Folders in it are not read.
   *
   * @param path a relative one is taken from the working directory of the CDK app
   * @throws Error with everything that keeps the files from being read
   */
  public static fromFolder(path: string, options: GatewayPolicyOptions = {}): GatewayPolicy {
    return new CedarPolicy('GatewayPolicy.fromFolder', readPolicyFolder(path, options));
  }

  /**
   * The policies in a text. It is trusted: a value from elsewhere that is put into it may say anything.
   *
   * @throws Error with everything that keeps the text from being read
   */
  public static fromCedar(text: string, options: CedarPolicyOptions = {}): GatewayPolicy {
    return new CedarPolicy('GatewayPolicy.fromCedar', readPolicyText(text, 'the text', options.name, options));
  }

  /** Lets calls through. */
  public static permit(statement: GatewayStatement): GatewayPolicy {
    return new TypedPolicy('permit', statement);
  }

  /** Denies calls, whatever permits them. */
  public static forbid(statement: GatewayStatement): GatewayPolicy {
    return new TypedPolicy('forbid', statement);
  }

  /** The policies for a gateway, and what speaks against writing them. Called by the gateway. */
  public abstract write(scope: PolicyScope): PolicyText;
}

class CedarPolicy extends GatewayPolicy {
  constructor(
    factory: string,
    private readonly read: PolicyText,
  ) {
    super();
    throwFindings(factory, read.findings);
  }

  public override write(): PolicyText {
    return this.read;
  }
}

class TypedPolicy extends GatewayPolicy {
  constructor(
    private readonly effect: WrittenPolicy['statement']['effect'],
    private readonly statement: GatewayStatement,
  ) {
    super();
  }

  public override write(scope: PolicyScope): PolicyText {
    const { name, description, acceptFindings = false } = this.statement;
    const { text, findings } = renderStatement(this.effect, this.statement, scope);
    const { statements } = readCedar(text);
    return {
      policies: statements.map((statement) => ({
        name,
        ...(description === undefined ? {} : { description }),
        acceptFindings,
        statement,
      })),
      findings: [...this.listFindings(), ...findings].map((finding) => `policy "${name}": ${finding}`),
    };
  }

  /** What would otherwise say, in a list of some tools, that every tool is meant. */
  private listFindings(): string[] {
    return (['tools', 'targets'] as const).flatMap((list) => {
      const names = this.statement[list];
      return [
        ...(names?.length === 0
          ? [`${list} is empty, which says neither that all nor that none are meant; name one, or leave it out`]
          : []),
        ...ACTION_GROUPS.filter((group) => names?.includes(group) === true).map(
          (group) =>
            `${list} has "${group}", which stands for every tool; leave tools and targets out if all are meant`,
        ),
      ];
    });
  }
}
