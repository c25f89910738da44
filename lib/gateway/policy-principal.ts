import { GROUPS_CLAIM } from '../auth/agent-user-pool-base';
import { throwFindings } from '../private/validation';
import { NAMESPACE, PRINCIPAL_TYPES, type GatewayCallers } from './cedar-schema';
import { quoted } from './cedar-tokens';

/**
 * What stands before a value in the JSON of a list, and its quotation mark. In the text of another value a backslash would be
 * between the two; and where a value ends in a comma, its closing mark is followed by a comma or a bracket, with which no
 * value begins that is asked for. The developer guide does not say whether a gateway writes a space behind a comma.
 */
const LIST_PLACES = ['[', '[*,', '[*, '];

/**
 * Values that JSON writes in one way, whoever writes it, and that are not mistaken for the end of another: without quotation
 * mark, backslash, comma, brackets, what writers for web pages escape, and what is not ASCII.
 */
const LISTED_VALUE = /^[ !#-%'-+\--;=?-Z^-~]+$/;

/** The caller of a tool, as policies see it. */
export class GatewayPrincipal {
  /** Every user that the authorizer of the gateway lets in. */
  public static users(): GatewayPrincipal {
    return new GatewayPrincipal('user');
  }

  /** One user. @param subject the `sub` of the user's token */
  public static user(subject: string): GatewayPrincipal {
    return new GatewayPrincipal('user', subject);
  }

  /** Every IAM principal that may call the gateway. */
  public static iam(): GatewayPrincipal {
    return new GatewayPrincipal('iam');
  }

  /**
   * IAM principals by their ARN. A role calls as one of its sessions, `arn:aws:sts::<account>:assumed-role/<role>…`.
   *
   * @param pattern `*` stands for any text
   */
  public static iamLike(pattern: string): GatewayPrincipal {
    return new GatewayPrincipal('iam', undefined, [['principal.id', 'like', quoted(pattern)].join(' ')]);
  }

  private constructor(
    /** How a gateway tells such callers apart. */
    public readonly callers: GatewayCallers,
    private readonly subject?: string,
    private readonly conditions: readonly string[] = [],
  ) {}

  /**
   * Only those whose token has this claim with one of these values. Claims of users are tags in Cedar: texts. For a claim
   * that is a list see {@link withClaimIncluding}.
   *
   * @throws Error when the callers are IAM principals, which have no claims, and for the groups of Amazon Cognito, a list
   */
  public withClaim(claim: string, ...values: [string, ...string[]]): GatewayPrincipal {
    if (claim === GROUPS_CLAIM) {
      throw new Error(
        `GatewayPrincipal: claim "${claim}" is a list, which no single value is equal to, so that the policy would never apply; ask for it with withClaimIncluding`,
      );
    }
    const tag = `principal.getTag(${quoted(claim)})`;
    const [first, ...others] = values;
    return this.withTag(
      claim,
      others.length === 0 ? `${tag} == ${quoted(first)}` : `[${values.map(quoted).join(', ')}].contains(${tag})`,
    );
  }

  /**
   * Only those whose token has this claim with a text like this; for `scope`, for instance, which holds several.
   *
   * @param pattern `*` stands for any text
   * @throws Error when the callers are IAM principals, which have no claims
   */
  public withClaimLike(claim: string, pattern: string): GatewayPrincipal {
    return this.withTag(claim, `principal.getTag(${quoted(claim)}) like ${quoted(pattern)}`);
  }

  /**
   * Only those whose token has this claim with a list of texts that has one of these values; `cognito:groups`, for instance.
   * A list arrives as JSON, in which a value is found by where it begins: an entry that merely has it in its text does not
   * count. Ask for no claim that users write themselves, such as their name: a text that looks like a list is one here.
   *
   * @throws Error when a value has a character that makes it hard to find in JSON, and when the callers are IAM principals
   */
  public withClaimIncluding(claim: string, ...values: [string, ...string[]]): GatewayPrincipal {
    const hard = values.filter((value) => !LISTED_VALUE.test(value));
    throwFindings(
      'GatewayPrincipal',
      hard.map(
        (value) =>
          `claim "${claim}" is asked for ${JSON.stringify(value)}, which cannot be told apart in the JSON of a list; give letters and digits of ASCII, spaces and signs other than " \\ , [ ] < > &`,
      ),
    );
    const tag = `principal.getTag(${quoted(claim)})`;
    const questions = values.flatMap((value) =>
      LIST_PLACES.map((place) => `${tag} like "${place}\\"${value.replaceAll('*', '\\*')}\\"*"`),
    );
    return this.withTag(claim, `(${questions.join(' || ')})`);
  }

  /** The principal as Cedar: its part of the scope, and its conditions. */
  public toCedar(): { readonly scope: string; readonly conditions: readonly string[] } {
    const type = `${NAMESPACE}::${PRINCIPAL_TYPES[this.callers]}`;
    const scope = this.subject === undefined ? `principal is ${type}` : `principal == ${type}::${quoted(this.subject)}`;
    return { scope, conditions: this.conditions };
  }

  private withTag(claim: string, question: string): GatewayPrincipal {
    if (this.callers === 'iam') {
      throw new Error(
        `GatewayPrincipal: claim "${claim}" is asked of IAM principals, which bring no token; narrow them with iamLike, or call the gateway with the tokens of users`,
      );
    }
    const condition = `principal.hasTag(${quoted(claim)}) && ${question}`;
    return new GatewayPrincipal(this.callers, this.subject, [...this.conditions, condition]);
  }
}
